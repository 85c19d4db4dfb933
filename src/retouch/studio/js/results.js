// Results beside what they came from: a slider over both, or both side by side, and what to do next.

import { $, el, icon, show } from "./dom.js";

const px = (picture) => `${picture.width} × ${picture.height}`;

export class Results {
  constructor({ again, code }) {
    this.again = again;
    this.code = code;
    this.root = $("#result");
    this.by = "slider";
    this.takes = [];
    this.chosen = 0;
    this.before = null;
    this.notes = [];
    $("#compare-by").addEventListener("click", (event) => {
      const by = event.target.closest("[data-compare]")?.dataset.compare;
      if (by) this.#compareBy(by);
    });
  }

  get any() {
    return this.takes.length > 0;
  }

  /** Room for so many images, not there yet. `before` is {url, width, height, name}. */
  expect(count, before) {
    this.#forget();
    this.before = before;
    this.takes = Array.from({ length: count }, () => ({ state: "waiting" }));
    this.chosen = 0;
    this.notes = [];
    this.#draw();
  }

  /** A preview, or with `done` the image itself: {blob, width, height, format}. */
  put(index, picture, done) {
    while (this.takes.length <= index) this.takes.push({ state: "waiting" });
    const old = this.takes[index];
    if (old.url) URL.revokeObjectURL(old.url);
    this.takes[index] = {
      ...picture, url: URL.createObjectURL(picture.blob), state: done ? "done" : "preview", previews: (old.previews ?? 0) + (done ? 0 : 1),
    };
    this.#draw();
  }

  /** No more will come: those that are not done are dropped. */
  settle(notes = []) {
    this.takes = this.takes.filter((take) => {
      if (take.state !== "done" && take.url) URL.revokeObjectURL(take.url);
      return take.state === "done";
    });
    this.chosen = Math.min(this.chosen, Math.max(0, this.takes.length - 1));
    this.notes = notes;
    this.#draw();
  }

  choose(index) {
    this.chosen = index;
    this.#draw();
  }

  #forget() {
    for (const { url } of [...this.takes, this.before ?? {}]) if (url) URL.revokeObjectURL(url);
    this.takes = [];
  }

  #compareBy(by) {
    this.by = by;
    for (const button of $("#compare-by").children) button.setAttribute("aria-pressed", String(button.dataset.compare === by));
    this.#draw();
  }

  #draw() {
    const take = this.takes[this.chosen];
    if (!take) {
      $("#compare").replaceChildren();
      $("#takes").replaceChildren();
      $("#result-bar").replaceChildren();
      return;
    }
    this.#drawCompare(take);
    this.#drawTakes();
    this.#drawBar(take);
  }

  #drawCompare(take) {
    const { before } = this;
    const place = $("#compare");
    const ready = Boolean(take.url);
    const shape = ready ? take : before;
    const same = ready && Math.abs(take.width / take.height - before.width / before.height) < 0.01;
    const slider = this.by === "slider" && (same || !ready);
    const frameOf = (picture, alt, caption) =>
      el("figure", { class: "side" },
        fitted(picture, el("img", { src: picture.url, alt, draggable: false })),
        el("figcaption", {}, caption));
    place.className = `compare ${slider ? "by-slider" : "by-sides"}`;
    if (!slider) {
      place.replaceChildren(
        frameOf(before, "Before", `Before · ${px(before)}`),
        ready
          ? frameOf(take, "After", `After · ${px(take)}`)
          : el("figure", { class: "side" }, fitted(before, el("span", { class: "waiting" })), el("figcaption", {}, "After")));
      return;
    }
    const after = ready ? el("img", { src: take.url, alt: "After", class: "after", draggable: false }) : null;
    const range = el("input", { type: "range", min: 0, max: 100, value: this.split ?? 50, step: 0.5, class: "split", "aria-label": "How much of the result is shown" });
    const box = fitted(shape,
      el("img", { src: before.url, alt: "Before", draggable: false }),
      after,
      take.state === "done" ? [el("span", { class: "tag before-tag", "aria-hidden": "true" }, "Before"), el("span", { class: "tag after-tag", "aria-hidden": "true" }, "After"), range, el("span", { class: "split-line", "aria-hidden": "true" })] : null,
      take.state === "waiting" ? el("span", { class: "waiting" }) : null,
      take.state === "preview" ? el("span", { class: "tag after-tag" }, `Preview ${take.previews}`) : null);
    const move = () => {
      this.split = Number(range.value);
      box.style.setProperty("--split", `${take.state === "done" ? this.split : 0}%`);
    };
    range.addEventListener("input", move);
    move();
    const focused = document.activeElement?.classList.contains("split");
    place.replaceChildren(box);
    if (focused && range.isConnected) range.focus();
  }

  #drawTakes() {
    const place = $("#takes");
    show(place, this.takes.length > 1);
    place.replaceChildren(...this.takes.map((take, index) =>
      el("button", {
        type: "button", class: `take ${take.state}`, "aria-pressed": String(index === this.chosen),
        "aria-label": `Result ${index + 1}${take.state === "done" ? "" : ", under way"}`, onclick: () => this.choose(index),
      }, take.url ? el("img", { src: take.url, alt: "" }) : el("span", { class: "waiting" }))));
  }

  #drawBar(take) {
    const done = take.state === "done";
    const name = `edited-${this.chosen + 1}.${take.format === "jpeg" ? "jpg" : take.format}`;
    $("#result-bar").replaceChildren(
      el("p", { class: "fine" }, done ? [`${px(take)} ${take.format.toUpperCase()}`, ...this.notes].join(" · ") : "Under way…"),
      ...(done ? [el("div", { class: "row" },
        el("button", { type: "button", class: "button", onclick: () => this.again(take), id: "again" }, icon("again"), "Edit this again"),
        el("button", { type: "button", class: "button", onclick: () => this.code() }, icon("code"), "Code"),
        el("a", { class: "button primary", href: take.url, download: name, id: "download" }, icon("download"), "Download"))] : []));
  }
}

/** A box of a picture's shape that fills its place. */
function fitted(picture, ...children) {
  const box = el("div", { class: "fitted" }, ...children);
  box.style.setProperty("--ratio", picture.width / picture.height);
  box.style.setProperty("--most", `${picture.width}px`);
  return box;
}
