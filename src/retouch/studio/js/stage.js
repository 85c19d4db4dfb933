// The desk: the photo and its mask on two canvases the size of the screen, whatever the size of the photo.
//
// The photo is drawn from ever halved copies, so that a 24-megapixel one costs no more than one that fits the screen.
// The mask's tint is painted pixel by pixel from the mask's tiles, and only where something changed since the last
// frame.

import { TILE } from "./mask.js";
import { View } from "./view.js";
import { $, show, svg } from "./dom.js";

const TINT = [255, 74, 38];
const TINT_STRENGTH = 0.55;
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

const PAINT = new Uint32Array(256).map((_, value) => {
  const [red, green, blue] = TINT;
  const alpha = Math.round(value * TINT_STRENGTH);
  return LITTLE_ENDIAN
    ? ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0
    : ((red << 24) | (green << 16) | (blue << 8) | alpha) >>> 0;
});

/** Copies of a picture, each half as wide as the one before, down to a screen's width. */
export async function halves(bitmap) {
  const levels = [bitmap];
  while (levels.at(-1).width > 1024 || levels.at(-1).height > 1024) {
    const last = levels.at(-1);
    levels.push(await createImageBitmap(last, {
      resizeWidth: Math.max(1, last.width >> 1), resizeHeight: Math.max(1, last.height >> 1), resizeQuality: "medium",
    }));
  }
  return levels;
}

export class Stage extends EventTarget {
  constructor() {
    super();
    this.root = $("#stage");
    this.photoCanvas = $("#photo");
    this.tintCanvas = $("#tint");
    this.overlay = $("#overlay");
    this.ground = $("#ground");
    this.photo = this.photoCanvas.getContext("2d");
    this.tint = this.tintCanvas.getContext("2d");
    this.view = new View();
    this.levels = null;
    this.mask = null;
    this.extension = { left: 0, top: 0, right: 0, bottom: 0 };
    this.wide = 0;
    this.high = 0;
    this.touched = false; // whether the reader has moved the view
    this.moved = true;
    this.dirty = null;
    this.pending = 0;
    new ResizeObserver(() => this.#resize()).observe(this.root);
  }

  get width() {
    return this.levels?.[0].width ?? 0;
  }

  get height() {
    return this.levels?.[0].height ?? 0;
  }

  /** The picture with the room around it that the frame asks for, in pixels of the photo. */
  get box() {
    const { left, top, right, bottom } = this.extension;
    return { left: -left, top: -top, right: this.width + right, bottom: this.height + bottom };
  }

  async setPhoto(bitmap, mask) {
    this.levels = await halves(bitmap);
    this.mask = mask;
    this.extension = { left: 0, top: 0, right: 0, bottom: 0 };
    this.#resize();
    this.fit();
  }

  setMask(mask) {
    this.mask = mask;
    this.changed();
  }

  fit() {
    if (!this.wide || !this.levels) return;
    this.touched = false;
    this.view.fit(this.box, this.wide, this.high, Math.min(32, this.wide * 0.05));
    this.move();
  }

  zoom(factor, px = this.wide / 2, py = this.high / 2) {
    this.touched = true;
    this.view.zoom(factor, px, py);
    this.move();
  }

  pan(dx, dy) {
    this.touched = true;
    this.view.pan(dx, dy);
    this.move();
  }

  /** The view has changed: draw everything anew in the next frame. */
  move() {
    this.view.hold(this.width, this.height, this.wide, this.high);
    this.moved = true;
    this.#schedule();
    this.dispatchEvent(new Event("view"));
  }

  /** The mask has changed within a rectangle of the photo, or anywhere. */
  changed(area = { left: 0, top: 0, right: this.width, bottom: this.height }) {
    const dirty = this.dirty;
    this.dirty = dirty
      ? {
          left: Math.min(dirty.left, area.left), top: Math.min(dirty.top, area.top),
          right: Math.max(dirty.right, area.right), bottom: Math.max(dirty.bottom, area.bottom),
        }
      : { ...area };
    this.#schedule();
  }

  /** Show an outline while a shape is drawn: points of the photo, or null for none. */
  outline(points, closed = true) {
    if (!points) {
      this.overlay.replaceChildren();
      return;
    }
    const path = points.map(([x, y]) => this.view.toScreen(x, y).map((at) => at.toFixed(1)).join(",")).join(" ");
    const name = closed ? "polygon" : "polyline";
    this.overlay.replaceChildren(
      svg(name, { points: path, class: "ants under" }), svg(name, { points: path, class: "ants" }),
    );
  }

  #resize() {
    const { clientWidth: wide, clientHeight: high } = this.root;
    if (!wide || !high) return;
    const density = Math.min(2, window.devicePixelRatio || 1);
    const first = !this.wide;
    const [dx, dy] = [(wide - this.wide) / 2, (high - this.high) / 2];
    this.wide = wide;
    this.high = high;
    this.density = density;
    for (const canvas of [this.photoCanvas, this.tintCanvas]) {
      canvas.width = Math.round(wide * density);
      canvas.height = Math.round(high * density);
      place(canvas, 0, 0, wide, high); // the root may be a fraction of a pixel larger
    }
    this.overlay.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    if (first || !this.touched) this.fit();
    else this.pan(dx, dy);
  }

  #schedule() {
    if (!this.pending) this.pending = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.pending = 0;
    if (!this.levels) return;
    if (this.moved) {
      this.#drawPhoto();
      this.#drawTint({ left: 0, top: 0, right: this.tintCanvas.width, bottom: this.tintCanvas.height });
    } else if (this.dirty) {
      const { scale, x, y } = this.view;
      const [s, density] = [scale * this.density, this.density];
      this.#drawTint({
        left: Math.max(0, Math.floor(this.dirty.left * s + x * density) - 1),
        top: Math.max(0, Math.floor(this.dirty.top * s + y * density) - 1),
        right: Math.min(this.tintCanvas.width, Math.ceil(this.dirty.right * s + x * density) + 1),
        bottom: Math.min(this.tintCanvas.height, Math.ceil(this.dirty.bottom * s + y * density) + 1),
      });
    }
    this.moved = false;
    this.dirty = null;
  }

  #drawPhoto() {
    const { width: wide, height: high } = this.photoCanvas;
    const { density } = this;
    const scale = this.view.scale * density;
    const level = Math.min(this.levels.length - 1, Math.max(0, Math.floor(Math.log2(1 / scale))));
    const [left, top] = [Math.round(this.view.x * density), Math.round(this.view.y * density)];
    const width = Math.round(this.view.x * density + this.width * scale) - left;
    const height = Math.round(this.view.y * density + this.height * scale) - top;
    this.photo.clearRect(0, 0, wide, high);
    this.photo.imageSmoothingEnabled = scale < 3;
    this.photo.imageSmoothingQuality = "medium";
    this.photo.drawImage(this.levels[level], left, top, width, height);
    // A pixel smaller all round: at an edge between two pixels of the screen it would shimmer through.
    place(this.ground, (left + 1) / density, (top + 1) / density, (width - 2) / density, (height - 2) / density);
  }

  #drawTint({ left, top, right, bottom }) {
    const [wide, high] = [right - left, bottom - top];
    if (wide <= 0 || high <= 0) return;
    const mask = this.mask;
    const scale = this.view.scale * this.density;
    const [x, y] = [this.view.x * this.density, this.view.y * this.density];
    const image = this.tint.createImageData(wide, high);
    const pixels = new Uint32Array(image.data.buffer);
    const columns = new Int32Array(wide);
    for (let at = 0; at < wide; at++) {
      const column = Math.floor((left + at + 0.5 - x) / scale);
      columns[at] = column >= 0 && column < mask.width ? column : -1;
    }
    for (let line = 0; line < high; line++) {
      const row = Math.floor((top + line + 0.5 - y) / scale);
      if (row < 0 || row >= mask.height) continue;
      const first = (row / TILE | 0) * mask.columns;
      const inside = (row % TILE) * TILE;
      let known = -1;
      let tile = 0;
      let out = line * wide;
      for (let at = 0; at < wide; at++, out++) {
        const column = columns[at];
        if (column < 0) continue;
        const index = column >> 8;
        if (index !== known) {
          known = index;
          tile = mask.tiles[first + index];
        }
        const value = typeof tile === "number" ? tile : tile[inside + (column & 255)];
        if (value) pixels[out] = PAINT[value];
      }
    }
    this.tint.putImageData(image, left, top);
  }

  show(visible) {
    show(this.root, visible);
    if (visible) this.#resize();
  }
}

/** Put an element at a place of the stage, screen pixels. */
export function place(element, left, top, width, height) {
  Object.assign(element.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
}
