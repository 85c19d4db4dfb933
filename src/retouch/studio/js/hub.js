// What the pages around the studio share: opening one, its states, its lists and its dialogs.

import { call, read } from "./api.js";
import { $, announce, copy, el, icon } from "./dom.js";
import { explain } from "./problems.js";
import { openPage } from "./shell.js";

/** Sign in, and start the page if the key that was signed in with has the scope. */
export async function openHub(scope, start) {
  const session = await openPage();
  if (session.scopes.includes(scope)) await start(session);
  else $("#hub").replaceChildren(el("h1", {}, $("#hub h1").textContent), el("section", { class: "card" }, withoutScope(scope)));
  document.body.dataset.loaded = "yes";
}

function withoutScope(scope) {
  return empty("key", `Your key does not have the scope “${scope}”`,
    "Sign out and sign in with a key that has it, or with a one-time link: ", el("code", {}, "retouch signin"), " prints one on the server.");
}

/** Send a JSON object, and answer with what comes back. */
export async function send(method, path, body, headers = {}) {
  const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
  const answer = await call(path, { method, ...content });
  return answer.status === 204 ? null : answer.json();
}

/** Put what `work` answers into a place; what went wrong goes there too, with a button to try again.
    What had the focus there has it again, if it has an id and is still there. */
export async function fill(place, work) {
  place.setAttribute("aria-busy", "true");
  const put = (...content) => {
    const held = place.contains(document.activeElement) ? document.activeElement.id : "";
    place.replaceChildren(...content);
    if (held) document.getElementById(held)?.focus({ preventScroll: true });
  };
  try {
    put(...[await work()].flat().filter(Boolean));
  } catch (error) {
    put(trouble(error, () => fill(place, work)));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

/** What stands where nothing is yet. */
export function empty(name, title, ...text) {
  return el("div", { class: "nothing" }, el("span", { class: "nothing-mark", "aria-hidden": "true" }, icon(name)), el("h2", {}, title), el("p", {}, ...text));
}

/** What stands where something could not be read. */
export function trouble(error, again) {
  const { message, advice } = explain(error);
  return el("div", { class: "nothing trouble", role: "alert" },
    el("span", { class: "nothing-mark", "aria-hidden": "true" }, icon("warning")),
    el("h2", {}, message),
    el("p", {}, error.status === 403 ? "Sign in with a key that may." : advice),
    el("button", { type: "button", class: "button", onclick: again }, icon("again"), "Try again"));
}

export const badge = (text, kind = "") => el("span", { class: `badge ${kind}` }, text);

/** Names and values side by side; what is null is left out. */
export function facts(pairs) {
  return el("dl", { class: "facts" }, Object.entries(pairs).filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** A table: columns are {name, number}; rows are lists of cells, the first of them heads the row. */
export function table(caption, columns, rows) {
  const kind = (index) => (columns[index].number ? "number" : null);
  return el("table", { class: "table" },
    el("caption", { class: "offscreen" }, caption),
    el("thead", {}, el("tr", {}, columns.map(({ name }, index) => el("th", { scope: "col", class: kind(index) }, name)))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell, index) =>
      index ? el("td", { class: kind(index) }, cell) : el("th", { scope: "row", class: kind(0) }, cell))))));
}

/** A list of the API that is shown a page at a time: `draw` is called with everything read so far. */
export class Paged {
  constructor(path, more, draw) {
    this.path = path;
    this.button = more;
    this.draw = draw;
    this.items = [];
    this.more = false;
    more.addEventListener("click", async () => {
      more.disabled = true;
      try {
        await this.next();
      } catch (error) {
        tell(error);
      } finally {
        more.disabled = false;
      }
    });
  }

  /** Read from the start. */
  async load() {
    this.items = [];
    await this.next();
  }

  async next() {
    const last = this.items.at(-1);
    const path = `${this.path}${this.path.includes("?") ? "&" : "?"}limit=50${last ? `&after=${encodeURIComponent(last.id)}` : ""}`;
    const page = await read(path);
    this.items = [...this.items, ...page.data];
    this.more = page.has_more;
    this.button.hidden = !this.more;
    this.draw(this.items);
  }
}

/** Say in a corner of the page what was done, or what went wrong. */
export function tell(said) {
  const failed = said instanceof Error;
  const { message, advice } = failed ? explain(said) : { message: said, advice: "" };
  $(".toast")?.remove();
  const toast = el("div", { class: failed ? "toast warning" : "toast" }, icon(failed ? "warning" : "check"), el("p", {}, `${message} ${advice}`.trim()),
    el("button", { type: "button", class: "button icon-only ghost", "aria-label": "Dismiss", onclick: () => toast.remove() }, icon("close")));
  document.body.append(toast);
  announce(toast.textContent);
  if (!failed) setTimeout(() => toast.remove(), 6000);
}

/** Dialogs so far: one may open above another, and each has a title of its own. */
let dialogs = 0;

/** A dialog with a heading; it is gone once it is closed. `content` gets a function that closes it. */
export function dialog(title, content, { wide = false } = {}) {
  const id = `dialog-title-${dialogs += 1}`;
  const root = el("dialog", { class: wide ? "dialog" : "dialog narrow", "aria-labelledby": id });
  // At once, not with the event: the next dialog may open before that.
  const close = () => { root.close(); root.remove(); };
  root.append(
    el("div", { class: "dialog-head" },
      el("h2", { id }, title),
      el("button", { type: "button", class: "button icon-only ghost", "aria-label": "Close", onclick: close }, icon("close"))),
    ...[content(close, root)].flat(Infinity).filter(Boolean));
  root.addEventListener("close", () => root.remove());
  document.body.append(root);
  root.showModal();
  return root;
}

/** Ask before something that cannot be undone; answers whether to do it. */
export function ask(title, text, action) {
  return new Promise((resolve) => {
    let said = false;
    const root = dialog(title, (close) => [
      el("p", {}, text),
      el("div", { class: "dialog-actions end" },
        el("button", { type: "button", class: "button", onclick: close, autofocus: true }, "Cancel"),
        el("button", { type: "button", class: "button danger", onclick: () => { said = true; close(); } }, action)),
    ]);
    root.addEventListener("close", () => resolve(said));
  });
}

/** A field with its label, and a line that says more. `name` is the API's, so that errors find it. */
export function field(name, label, control, hint = "") {
  control.id = `field-${name}`;
  if (control.tagName !== "DIV") control.name = name;
  const note = hint && el("p", { class: "fine", id: `${control.id}-hint` }, hint);
  if (note) control.setAttribute("aria-describedby", note.id);
  return el("div", { class: "field" }, el("label", { class: "field-label", htmlFor: control.id }, label), control, note);
}

/** A form in a dialog: sends once at a time, and shows at the field what the API says is wrong with it. */
export function form(fields, action, submit, close) {
  const message = el("p", { class: "problem-line", role: "alert", hidden: true });
  const button = el("button", { type: "submit", class: "button primary" }, action);
  const root = el("form", { class: "stack form", noValidate: true }, fields, message,
    el("div", { class: "dialog-actions end" }, el("button", { type: "button", class: "button", onclick: close }, "Cancel"), button));
  root.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    message.hidden = true;
    for (const control of root.elements) control.removeAttribute("aria-invalid");
    try {
      await submit(root.elements);
    } catch (error) {
      const { message: said, advice, field: at } = explain(error);
      message.textContent = error.param ? said : `${said} ${advice}`;
      message.hidden = false;
      const control = at && root.elements.namedItem(at);
      control?.setAttribute?.("aria-invalid", "true");
      control?.focus?.();
    } finally {
      button.disabled = false;
    }
  });
  return root;
}

/** A number of a form, or undefined where nothing is written. */
export function numberOf(control) {
  if (control.validity.badInput) throw Object.assign(new Error("That is not a number."), { param: control.name });
  return control.value === "" ? undefined : Number(control.value);
}

/** Text that is to be taken away whole, with the button that copies it. */
export function copyable(text, label) {
  const words = el("span", {}, "Copy");
  const button = el("button", { type: "button", class: "button", "aria-label": `Copy ${label}`, onclick: async () => {
    await copy(text());
    words.textContent = "Copied";
    announce("Copied");
  } }, icon("copy"), words);
  button.reset = () => { words.textContent = "Copy"; };
  return button;
}
