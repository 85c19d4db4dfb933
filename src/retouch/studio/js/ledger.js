// A ledger as a table.

import { el } from "./dom.js";
import { at, number, signed } from "./format.js";
import { badge, table } from "./hub.js";

const KINDS = { grant: ["Grant", "good"], charge: ["Charge", ""], refund: ["Refund", "good"], adjustment: ["Adjustment", "warn"] };

/** Lines of a ledger as the API has them, the newest first; `linked` to their edits where those are the reader's own. */
export function ledgerTable(entries, { linked = true } = {}) {
  const columns = [{ name: "What" }, { name: "Amount", number: true }, { name: "Balance", number: true }];
  return table("Ledger, the newest first", columns, entries.map((entry) => {
    const [word, kind] = KINDS[entry.kind] ?? [entry.kind, ""];
    return [
      el("div", { class: "item-text" },
        el("span", { class: "item-title" }, badge(word, kind), entry.note || null,
          linked && entry.edit_id && el("a", { href: `/studio/history#${entry.edit_id}` }, "Show the edit")),
        el("time", { class: "fine", dateTime: new Date(entry.created_at * 1000).toISOString() }, at(entry.created_at))),
      el("span", { class: entry.amount > 0 ? "amount-up" : "" }, signed(entry.amount)),
      number(entry.balance),
    ];
  }));
}
