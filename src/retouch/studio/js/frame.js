// Room around the photo for a model to fill: dragged by its edges and corners, or typed.

import { $, el } from "./dom.js";
import { place } from "./stage.js";

const EDGES = { n: ["top"], s: ["bottom"], w: ["left"], e: ["right"], nw: ["top", "left"], ne: ["top", "right"], sw: ["bottom", "left"], se: ["bottom", "right"] };
const MOST = 8192;

/** The room on each side that brings a photo to an aspect, split evenly. Pure. */
export function roomFor(width, height, across, down) {
  const wanted = across / down;
  if (width / height < wanted) {
    const more = Math.round(height * wanted) - width;
    return { left: more >> 1, right: more - (more >> 1), top: 0, bottom: 0 };
  }
  const more = Math.round(width / wanted) - height;
  return { left: 0, right: 0, top: more >> 1, bottom: more - (more >> 1) };
}

export class Frame {
  constructor(stage, changed) {
    this.stage = stage;
    this.changed = changed;
    this.root = $("#frame");
    this.room = $("#room"); // behind the photo: what the model is to fill
    this.label = el("span", { class: "frame-size number" });
    this.root.replaceChildren(this.label, ...Object.keys(EDGES).map((name) => this.#handle(name)));
    this.inputs = Object.fromEntries(["left", "top", "right", "bottom"].map((side) => [side, $(`#extend-${side}`)]));
    for (const [side, input] of Object.entries(this.inputs)) {
      input.addEventListener("change", () => this.set({ ...stage.extension, [side]: Number(input.value) || 0 }, true));
    }
    $("#aspects").addEventListener("click", (event) => {
      const aspect = event.target.closest("[data-aspect]")?.dataset.aspect;
      if (aspect) this.set(roomFor(stage.width, stage.height, ...aspect.split(":").map(Number)), true);
    });
    stage.addEventListener("view", () => this.place());
  }

  get used() {
    return Object.values(this.stage.extension).some((room) => room > 0);
  }

  set(extension, fit = false) {
    const { width, height } = this.stage;
    const clean = {};
    for (const [side, room] of Object.entries(extension)) {
      const edge = side === "left" || side === "right" ? width : height;
      clean[side] = Math.min(Math.max(0, Math.round(room)), Math.max(0, MOST - edge));
    }
    this.stage.extension = clean;
    for (const [side, input] of Object.entries(this.inputs)) input.value = clean[side];
    if (fit) this.stage.fit();
    this.place();
    this.changed();
  }

  show(active) {
    this.active = active;
    this.place();
  }

  place() {
    const { stage } = this;
    this.root.hidden = !(this.active || this.used) || !stage.width;
    this.root.classList.toggle("active", Boolean(this.active));
    const box = stage.box;
    const [left, top] = stage.view.toScreen(box.left, box.top);
    const [right, bottom] = stage.view.toScreen(box.right, box.bottom);
    for (const element of [this.root, this.room]) place(element, left, top, right - left, bottom - top);
    this.room.hidden = !this.used;
    this.label.textContent = `${box.right - box.left} × ${box.bottom - box.top}`;
  }

  #handle(name) {
    const handle = el("span", { class: `handle ${name}` });
    handle.dataset.edge = name;
    let start = null;
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      handle.setPointerCapture(event.pointerId);
      start = { x: event.clientX, y: event.clientY, extension: { ...this.stage.extension } };
    });
    handle.addEventListener("pointermove", (event) => {
      if (!start) return;
      const scale = this.stage.view.scale;
      const [dx, dy] = [(event.clientX - start.x) / scale, (event.clientY - start.y) / scale];
      const next = { ...start.extension };
      for (const side of EDGES[name]) next[side] += { left: -dx, right: dx, top: -dy, bottom: dy }[side];
      this.set(next);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      handle.addEventListener(end, () => {
        if (start) this.stage.fit();
        start = null;
      });
    }
    return handle;
  }
}
