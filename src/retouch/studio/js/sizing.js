// How large the result is to be: as the model likes, an exact size, or a shape and the length of its longest edge.

import { $, $$, el, show } from "./dom.js";
import { EDGES, sizeOf } from "./sizes.js";

const SUGGESTED = ["1024x1024", "1536x1024", "1024x1536"];

export class Sizing {
  constructor(changed) {
    this.changed = changed;
    this.model = null;
    this.photo = null;
    this.account = null;
    this.wanted = "auto"; // or exact, or shape: what the reader chose, also while a model cannot do it
    $("#size").addEventListener("change", () => $("#sizing").scrollIntoView({ block: "nearest" }));
    for (const id of ["size", "size-width", "size-height", "resolution", "aspect_ratio"]) {
      $(`#${id}`).addEventListener("input", changed);
    }
    $("#size-by").addEventListener("click", (event) => {
      const by = event.target.closest("button")?.dataset.by;
      if (!by) return;
      this.wanted = by;
      this.changed();
      $("#sizing").scrollIntoView({ block: "nearest" });
    });
  }

  /** What bounds the choice: the model, the photo with its room (or null), and the account (or null where unknown). */
  set({ model, photo, account }) {
    Object.assign(this, { model, photo, account });
    this.#drawSizes();
    this.#drawShapes();
    this.draw();
  }

  /** What was chosen may have changed. */
  draw() {
    if (!this.model) return;
    const { by } = this;
    for (const button of $$("#size-by button")) button.setAttribute("aria-pressed", String(button.dataset.by === by));
    $('#size-by [data-by="shape"]').disabled = Boolean(this.hindrance);
    show($("#exact-size"), by === "exact");
    show($("#custom-size"), by === "exact" && $("#size").value === "custom");
    show($("#shaped-size"), by === "shape");
    const note = this.#note();
    $("#size-note").textContent = note;
    show($("#size-note"), Boolean(note));
  }

  get by() {
    return this.wanted === "shape" && this.hindrance ? "auto" : this.wanted;
  }

  /** The resolution that is asked for, or null. */
  get resolution() {
    return this.by === "shape" ? $("#resolution").value : null;
  }

  /** Why this model gives no resolution to this account, or "". */
  get hindrance() {
    const { model, account } = this;
    if (!model.resolutions.length) return `${model.id} takes exact sizes alone.`;
    if (model.resolutions.some((one) => this.#allows(one))) return "";
    return `Your tier, ${account.tier}, goes up to ${account.resolutions.at(-1)}; ${model.id} begins at ${model.resolutions[0]}.`;
  }

  fields() {
    if (this.by === "shape") {
      const shape = $("#aspect_ratio").value;
      return { resolution: this.resolution, ...(shape ? { aspect_ratio: shape } : {}) };
    }
    if (this.by === "auto") return {};
    const size = $("#size").value;
    return { size: size === "custom" ? `${$("#size-width").value}x${$("#size-height").value}` : size };
  }

  /** Take over the size of an earlier edit, as far as this model and account allow it. */
  reuse({ size, resolution, aspect_ratio: shape }) {
    const known = (select, value) => [...$(select).options].some((option) => option.value === value && !option.disabled);
    const exact = /^(\d+)x(\d+)$/.exec(size ?? "");
    this.wanted = "auto";
    if (known("#resolution", resolution)) {
      this.wanted = "shape";
      $("#resolution").value = resolution;
      $("#aspect_ratio").value = known("#aspect_ratio", shape) ? shape : "";
    } else if (exact && (known("#size", size) || known("#size", "custom"))) {
      this.wanted = "exact";
      $("#size").value = known("#size", size) ? size : "custom";
      [, $("#size-width").value, $("#size-height").value] = exact;
    }
    this.draw();
  }

  #allows(resolution) {
    return !this.account || this.account.resolutions.includes(resolution);
  }

  #note() {
    const { model, photo, account } = this;
    if (this.by !== "shape") return [this.hindrance, this.#cut(this.fields().size ?? "")].filter(Boolean).join(" ");
    const beyond = model.resolutions.some((one) => !this.#allows(one)) ? ` Your tier, ${account.tier}, goes up to ${account.resolutions.at(-1)}.` : "";
    const made = sizeOf(this.resolution, $("#aspect_ratio").value, photo);
    if (!made) return `Its longer edge has ${EDGES[this.resolution]} pixels.${beyond}`;
    return `${made.width} × ${made.height} pixels. ${this.#cut(`${made.width}x${made.height}`)}${beyond}`.trim();
  }

  /** What becomes of a photo of another shape. */
  #cut(size) {
    const [width, height] = size.split("x").map(Number);
    if (!this.photo || !width || !height) return "";
    const apart = Math.abs(Math.log((width / height) / (this.photo.width / this.photo.height)));
    return apart > 0.01 ? "The photo is cut to this shape." : "";
  }

  #drawSizes() {
    const { model, photo } = this;
    const sizes = new Map();
    const any = model.sizes === "any";
    if (photo && any) sizes.set(`${photo.width}x${photo.height}`, `As the photo (${photo.width} × ${photo.height})`);
    for (const size of any ? SUGGESTED : model.sizes) {
      if (!sizes.has(size)) sizes.set(size, size.replace("x", " × "));
    }
    if (any) sizes.set("custom", "Another size…");
    options($("#size"), [...sizes].map(([value, text]) => ({ value, text })), [...sizes.keys()][0], this.wanted === "exact");
  }

  #drawShapes() {
    const { model } = this;
    const shapes = model.aspect_ratios.filter((one) => one !== "auto").map((one) => ({ value: one, text: one }));
    options($("#aspect_ratio"), [{ value: "", text: "As the photo" }, ...shapes], "");
    const allowed = model.resolutions.filter((one) => this.#allows(one));
    const usual = allowed.includes("1k") ? "1k" : allowed.at(-1);
    options($("#resolution"), model.resolutions.map((one) => {
      const off = !this.#allows(one);
      const more = off ? "not with your tier" : one.endsWith("px") ? "" : `${EDGES[one]} px`;
      return { value: one, text: [one, more].filter(Boolean).join(" · "), off };
    }), usual);
  }
}

/** Give a select other options; what was chosen stays if it was (`keep`) and may, else `usual` is. */
function options(select, wanted, usual, keep = true) {
  const { value } = select;
  const now = [...select.options].map((option) => `${option.value} ${option.text} ${option.disabled}`);
  if (now.join() === wanted.map(({ value: one, text, off }) => `${one} ${text} ${Boolean(off)}`).join()) return;
  select.replaceChildren(...wanted.map(({ value: one, text, off }) => el("option", { value: one, disabled: off }, text)));
  select.value = keep && wanted.some((option) => option.value === value && !option.off) ? value : usual ?? "";
}
