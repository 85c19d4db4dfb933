// What the page has to say about an edit: a sentence with what to do, beside the button.

import { $, el, icon, show } from "./dom.js";

export class Message {
  constructor() {
    this.place = $("#problem");
  }

  /** Show a sentence; `kind` is "warning" for what went wrong. */
  tell(text, kind) {
    this.place.classList.toggle("warning", kind === "warning");
    this.place.replaceChildren(
      icon(kind ?? "check"),
      el("p", {}, text),
      el("button", { type: "button", class: "button icon-only ghost", "aria-label": "Dismiss", onclick: () => this.hide() }, icon("close")));
    show(this.place, true);
    this.place.scrollIntoView({ block: "nearest" });
  }

  hide() {
    show(this.place, false);
  }
}
