// The settings: what to do, which model, how many, and what it costs.

import { $, $$, el, icon, show } from "./dom.js";
import { abilities, credits, examplesFor, lockedBy, priceOf, priceRange } from "./models.js";
import { Sizing } from "./sizing.js";

const SETTINGS = ["prompt", "n", "size", "resolution", "aspect_ratio", "quality", "background", "output_format", "output_compression"];
const USUAL_COMPRESSION = 90;

export class Panel {
  constructor(changed) {
    this.changed = changed;
    this.models = [];
    this.model = null;
    this.photo = null;
    this.situation = "whole";
    this.account = null; // or its tier, the resolutions it may ask for, and its balance
    const update = () => this.#update();
    this.sizing = new Sizing(update);
    for (const id of ["prompt", "n", "quality", "background", "output_format", "output_compression"]) {
      $(`#${id}`).addEventListener("input", update);
    }
    for (const button of $$("[data-step]")) {
      button.addEventListener("click", () => {
        $("#n").value = this.n + Number(button.dataset.step);
        update();
      });
    }
    $("#n").addEventListener("change", () => {
      $("#n").value = this.n;
      update();
    });
    $("#model").addEventListener("click", () => this.#openModels($("#models").hidden));
    $("#models").addEventListener("keydown", (event) => {
      if (event.key === "Escape" || event.key === "Enter") {
        event.preventDefault();
        this.#openModels(false);
        $("#model").focus();
      }
    });
  }

  setModels(models) {
    this.models = [...models].sort((a, b) => this.#usable(b) - this.#usable(a));
    const remembered = stored("retouch-model");
    this.#drawModels();
    this.choose((this.models.find((model) => model.id === remembered && this.#usable(model)) ?? this.models[0])?.id);
  }

  choose(id) {
    this.model = this.models.find((model) => model.id === id) ?? null;
    if (!this.model) return;
    store("retouch-model", id);
    for (const radio of $$("#models input")) radio.checked = radio.value === id;
    $("#model").replaceChildren(...describe(this.model, lockedBy(this.model, this.account), "model-name"), el("span", { class: "chevron" }, icon("down")));
    $("#n").max = this.model.limits.n;
    this.#drawExamples();
    this.#bound();
    this.#update();
  }

  /** What is on the desk: the photo's size, and whether it is `whole`, `marked` or `extended`. */
  setDesk(photo, situation) {
    this.photo = photo;
    if (situation !== this.situation || !$("#examples").children.length) {
      this.situation = situation;
      this.#drawExamples();
    }
    this.#bound();
    this.#update();
  }

  /** Who pays, as GET /v1/account has it. */
  setAccount(account) {
    this.account = account;
    this.#bound();
    this.#update();
  }

  get n() {
    return Math.min(this.model?.limits.n ?? 10, Math.max(1, Math.round(Number($("#n").value)) || 1));
  }

  get prompt() {
    return $("#prompt").value.trim();
  }

  /** The fields to send: only what is not left to the model. */
  fields() {
    const fields = { model: this.model.id, prompt: this.prompt };
    if (this.n > 1) fields.n = String(this.n);
    Object.assign(fields, this.sizing.fields());
    for (const name of ["quality", "background", "output_format"]) {
      const { value } = $(`#${name}`);
      if (value) fields[name] = value;
    }
    if (fields.output_format) fields.output_compression = $("#output_compression").value;
    return fields;
  }

  /** Take over the settings of an earlier edit. */
  reuse(fields) {
    const set = (id, value) => { $(`#${id}`).value = value ?? ""; };
    set("prompt", fields.prompt);
    if (fields.model) this.choose(fields.model);
    set("n", fields.n ?? 1);
    for (const name of ["quality", "background", "output_format"]) {
      const known = [...$(`#${name}`).options].some((option) => option.value === fields[name]);
      set(name, known ? fields[name] : "");
    }
    set("output_compression", fields.output_compression ?? (fields.output_format ? 100 : USUAL_COMPRESSION)); // 100 is the API's
    this.sizing.reuse(fields);
    this.#update();
  }

  /** Mark the control that an error is about. */
  blame(field) {
    for (const name of SETTINGS) $(`#${name}`).removeAttribute("aria-invalid");
    const control = SETTINGS.includes(field) ? $(`#${field}`) : null;
    control?.setAttribute("aria-invalid", "true");
    return control;
  }

  #update() {
    const { model } = this;
    if (!model) return;
    const format = $("#output_format");
    const transparent = $("#background").value === "transparent";
    for (const option of format.options) option.disabled = option.value === "jpeg" && transparent;
    if (transparent && format.value === "jpeg") format.value = "";
    show($("#compression-field"), format.value !== "");
    $("#compression-value").textContent = $("#output_compression").value;
    this.sizing.draw();
    for (const button of $$("[data-step]")) {
      const next = this.n + Number(button.dataset.step);
      button.disabled = next < 1 || next > model.limits.n;
    }
    const { length } = this.prompt;
    $("#prompt-length").textContent = length > model.limits.prompt_characters * 0.8 ? `${length} / ${model.limits.prompt_characters}` : "";
    const each = priceOf(model, $("#quality").value, this.sizing.resolution);
    $("#cost").textContent = credits(each * this.n);
    const what = this.n > 1 ? `${this.n} images × ${credits(each)}` : "This edit costs";
    const bounded = this.account && !this.account.unlimited;
    $("#cost-detail").textContent = bounded ? `${what} · you have ${credits(this.account.balance)}` : what;
    this.changed();
  }

  #drawExamples() {
    if (!this.model) return;
    $("#examples").replaceChildren(...examplesFor(this.model, this.situation).map((text) =>
      el("button", {
        type: "button", class: "chip", onclick: () => {
          $("#prompt").value = text;
          $("#prompt").focus();
          this.#update();
        },
      }, text)));
  }

  /** Whether a model works here, and for this account. */
  #usable(model) {
    return model.available && !lockedBy(model, this.account);
  }

  #bound() {
    if (this.model) this.sizing.set({ model: this.model, photo: this.photo, account: this.account });
  }

  #openModels(open) {
    show($("#models"), open);
    $("#model").setAttribute("aria-expanded", String(open));
    if (!open) return;
    $("#models").scrollIntoView({ block: "nearest" });
    $("#models input:checked")?.focus({ preventScroll: true });
  }

  #drawModels() {
    const row = (model) => {
      const radio = el("input", { type: "radio", name: "model", value: model.id, disabled: !this.#usable(model), onchange: () => this.choose(model.id) });
      return el("label", { class: `model ${this.#usable(model) ? "" : "missing"}` }, radio, ...describe(model, lockedBy(model, this.account)));
    };
    const there = this.models.filter((model) => model.available).map(row);
    const missing = this.models.filter((model) => !model.available).map(row);
    $("#models").replaceChildren(
      ...there,
      ...(missing.length ? [el("details", { class: "missing-models" }, el("summary", {}, `${missing.length} more, not set up here`), ...missing)] : []));
  }
}

function describe(model, locked, id) {
  return [
    el("span", { class: "model-text" },
      el("span", { class: "model-line" }, el("span", { class: "model-id", id }, model.id), el("span", { class: "price number" }, priceRange(model))),
      el("span", { class: "fine" }, model.missing ?? (locked || model.summary)),
      model.available ? el("span", { class: "abilities" }, abilities(model).map((text) => el("span", { class: "ability" }, text))) : null),
  ];
}

function stored(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

function store(name, value) {
  try { localStorage.setItem(name, value); } catch { /* storage may be off */ }
}
