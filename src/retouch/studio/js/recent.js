// The account's earlier edits, newest first: searched by what was said, opened again, or their settings taken over.

import { read } from "./api.js";
import { $, el, icon, show } from "./dom.js";
import { here } from "./links.js";
import { credits } from "./models.js";
import { explain } from "./problems.js";
import { sizeAsked } from "./sizes.js";

const PAGE = 20;
const STATES = { queued: "waiting", running: "under way", complete: "", failed: "failed", canceled: "cancelled" };

const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export class Recent {
  constructor({ reuse, open }) {
    this.reuse = reuse;
    this.open = open;
    this.edits = [];
    this.more = false;
    this.root = $("#history");
    this.root.addEventListener("toggle", () => this.root.open && this.#load(true));
    $("#history-search").addEventListener("input", () => this.#draw());
    $("#history-more").addEventListener("click", () => this.#load(false));
  }

  /** Another page leads here with an edit in the address: take over its result, if that is kept, and its settings. */
  async arrive() {
    const id = new URLSearchParams(location.hash.slice(1)).get("edit");
    if (!id) return;
    history.replaceState(null, "", location.pathname);
    const edit = await read(`/v1/edits/${encodeURIComponent(id)}`);
    const output = edit.outputs.find(({ url }) => url);
    if (output) await this.#openOutput(output);
    this.#take(edit);
  }

  /** An edit has ended: show it if the list is open. */
  refresh() {
    if (this.root.open) this.#load(true);
  }

  async #load(anew) {
    const after = anew || !this.edits.length ? "" : `&after=${this.edits.at(-1).id}`;
    const note = $("#history-note");
    if (!this.edits.length) note.textContent = "Loading…";
    try {
      const page = await read(`/v1/edits?limit=${PAGE}${after}`);
      this.edits = after ? [...this.edits, ...page.data] : page.data;
      this.more = page.has_more;
      this.#draw();
    } catch (error) {
      const { message, advice } = explain(error);
      note.textContent = `${message} ${advice}`;
    }
  }

  #draw() {
    const wanted = $("#history-search").value.trim().toLowerCase();
    const found = this.edits.filter(({ prompt, model }) => `${prompt} ${model}`.toLowerCase().includes(wanted));
    $("#history-list").replaceChildren(...found.map((edit) => this.#entry(edit)));
    show($("#history-more"), this.more);
    show($("#history-search"), this.edits.length > 1);
    $("#history-note").textContent = !this.edits.length
      ? "Your edits will be listed here."
      : found.length ? "" : `None of the ${this.edits.length} edits listed says “${wanted}”.`;
  }

  #entry(edit) {
    const output = edit.outputs.find(({ url }) => url);
    const facts = [when.format(edit.created_at * 1000), edit.model, sizeAsked(edit.parameters), STATES[edit.state] ?? edit.state, credits(edit.charged - edit.refunded)];
    return el("li", { class: "past" },
      output
        ? el("button", { type: "button", class: "past-image", "aria-label": `Open the result of: ${edit.prompt}`, onclick: () => this.#openOutput(output) },
            el("img", { src: here(output.url), alt: "", loading: "lazy" }))
        : el("span", { class: "past-image", "aria-hidden": "true" }, icon(edit.state === "failed" ? "warning" : "image")),
      el("div", { class: "past-text" },
        el("p", { class: "past-prompt" }, edit.prompt || "No prompt"),
        el("p", { class: "fine" }, facts.filter(Boolean).join(" · ")),
        edit.error ? el("p", { class: "fine" }, edit.error.message) : ""),
      el("button", { type: "button", class: "button icon-only ghost", "aria-label": `Use these settings again: ${edit.prompt}`, title: "Use these settings again", onclick: () => this.#take(edit) }, icon("again")));
  }

  async #openOutput(output) {
    try {
      const answer = await fetch(here(output.url));
      if (!answer.ok) throw new Error("This picture has expired. Make the edit again with its settings.");
      await this.open(await answer.blob(), `edited.${output.output_format === "jpeg" ? "jpg" : output.output_format}`);
    } catch (error) {
      $("#history-note").textContent = error.message;
    }
  }

  #take({ prompt, model, images, parameters }) {
    this.reuse({ ...parameters, prompt, model, n: images.asked });
    $("#prompt").focus();
  }
}
