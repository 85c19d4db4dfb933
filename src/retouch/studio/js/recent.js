// The account's earlier edits.

export class Recent {
  refresh() {}
}
