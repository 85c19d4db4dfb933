// Pointers and keys that draw into the mask: mouse, pen and finger, two fingers to pinch, and the arrow keys.

import { $, announce, show } from "./dom.js";
import { outline, rectangle, stroke } from "./paint.js";

const NAMES = { brush: "Brush", eraser: "Eraser", rectangle: "Rectangle", lasso: "Lasso", frame: "Extend", hand: "Move the view" };

export class Tools {
  constructor(stage, { changed, toolChanged }) {
    this.stage = stage;
    this.changed = changed;
    this.toolChanged = toolChanged;
    this.tool = "brush";
    this.mode = "add"; // what rectangle and lasso do
    this.size = 40; // diameter of the brush, pixels of the photo
    this.pointers = new Map();
    this.drawing = null;
    this.space = false;
    this.cursor = $("#brush-cursor");
    this.point = null; // where the arrow keys are, in pixels of the photo
    const root = stage.root;
    root.addEventListener("pointerdown", (event) => this.#down(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    root.addEventListener("pointerup", (event) => this.#up(event));
    root.addEventListener("pointercancel", (event) => this.#up(event, true));
    root.addEventListener("pointerleave", () => show(this.cursor, false));
    root.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    root.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("blur", () => this.#lift(true));
    root.addEventListener("contextmenu", (event) => event.preventDefault());
    // Two fingers on the photo zoom the photo, not the page: not every browser heeds touch-action alone.
    root.addEventListener("touchmove", (event) => event.preventDefault(), { passive: false });
    document.addEventListener("keydown", (event) => this.#space(event, true));
    document.addEventListener("keyup", (event) => this.#space(event, false));
    stage.addEventListener("view", () => this.point && this.#placeCursor(...stage.view.toScreen(...this.point)));
  }

  /** A brush that suits the photo. */
  reset() {
    this.setSize(Math.max(8, Math.round(Math.max(this.stage.width, this.stage.height) / 22)));
    this.point = null;
    this.drawing = null;
  }

  choose(tool) {
    this.#lift(true);
    this.tool = tool;
    this.toolChanged(tool);
    show(this.cursor, false);
    announce(NAMES[tool]);
  }

  setSize(size) {
    const most = Math.max(64, Math.max(this.stage.width, this.stage.height));
    this.size = Math.min(most, Math.max(1, size));
    this.toolChanged(this.tool);
    if (!this.cursor.hidden) this.#placeCursor();
  }

  get #erases() {
    return this.tool === "eraser" || ((this.tool === "rectangle" || this.tool === "lasso") && this.mode === "erase");
  }

  #at(event) {
    const box = this.stage.root.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #down(event) {
    if (!this.stage.width) return;
    this.stage.root.focus({ preventScroll: true });
    this.stage.root.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.#at(event));
    this.point = null;
    if (this.pointers.size === 2) {
      this.#lift(true);
      this.drawing = { kind: "pinch" };
      return;
    }
    if (this.pointers.size > 2) return;
    const moves = this.space || event.button === 1 || this.tool === "hand" || this.tool === "frame";
    if (moves) this.drawing = { kind: "pan" };
    else if (event.button === 0) this.#press(this.stage.view.toPhoto(...this.#at(event)), event.altKey);
    this.#cursorAt(event);
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId);
    const [x, y] = this.#at(event);
    if (before && this.drawing?.kind === "pinch") this.#pinch(event.pointerId, [x, y]);
    else if (before && this.drawing?.kind === "pan") this.stage.pan(x - before[0], y - before[1]);
    else if (before && this.drawing) {
      const steps = event.getCoalescedEvents?.() ?? [];
      for (const step of steps.length ? steps : [event]) this.#drag(this.stage.view.toPhoto(...this.#at(step)));
    }
    if (before) this.pointers.set(event.pointerId, [x, y]);
    this.#cursorAt(event);
  }

  #up(event, givenUp = false) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.drawing?.kind === "pinch") {
      if (this.pointers.size === 0) this.drawing = null;
      return;
    }
    this.#lift(givenUp);
    if (event.pointerType === "touch") show(this.cursor, false);
  }

  #pinch(id, now) {
    const other = [...this.pointers].find(([key]) => key !== id)?.[1];
    const before = this.pointers.get(id);
    if (!other) return;
    const distance = (a, b) => Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1]));
    this.stage.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    this.stage.zoom(distance(now, other) / distance(before, other), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  }

  /** Put the tool down at a point of the photo. */
  #press(point, other = false) {
    const { mask } = this.stage;
    const erase = this.#erases !== other;
    mask.begin();
    this.drawing = { kind: this.tool, erase, start: point, last: point, points: [point] };
    if (this.tool === "brush" || this.tool === "eraser") {
      this.drawing.kind = "stroke";
      this.stage.changed(stroke(mask, ...point, ...point, this.size / 2, erase));
    }
  }

  #drag(point) {
    const drawing = this.drawing;
    if (!drawing) return;
    if (drawing.kind === "stroke") {
      this.stage.changed(stroke(this.stage.mask, ...drawing.last, ...point, this.size / 2, drawing.erase));
    } else if (drawing.kind === "rectangle") {
      const [[ax, ay], [bx, by]] = [drawing.start, point];
      this.stage.outline([[ax, ay], [bx, ay], [bx, by], [ax, by]]);
    } else if (drawing.kind === "lasso") {
      drawing.points.push(point);
      this.stage.outline(drawing.points, false);
    }
    drawing.last = point;
  }

  /** Take the tool up: what was drawn becomes one step that can be undone. */
  #lift(givenUp = false) {
    const drawing = this.drawing;
    this.drawing = null;
    this.stage.outline(null);
    if (!drawing || drawing.kind === "pan" || drawing.kind === "pinch") return;
    const { mask } = this.stage;
    if (givenUp) {
      mask.abandon();
      this.stage.changed();
      return;
    }
    if (drawing.kind === "rectangle") this.stage.changed(rectangle(mask, ...drawing.start, ...drawing.last, drawing.erase));
    if (drawing.kind === "lasso") this.stage.changed(outline(mask, drawing.points, drawing.erase));
    if (mask.commit()) this.changed();
  }

  #wheel(event) {
    event.preventDefault();
    if (!this.stage.width) return;
    const lines = event.deltaMode === 1 ? 16 : 1;
    if (event.ctrlKey || event.metaKey) {
      this.stage.zoom(Math.exp((-event.deltaY * lines) / 300), ...this.#at(event));
    } else if ((this.tool === "brush" || this.tool === "eraser") && !event.shiftKey) {
      this.setSize(this.size * Math.exp((-event.deltaY * lines) / 800));
    } else {
      this.stage.pan(-event.deltaX * lines, -event.deltaY * lines);
    }
    this.#cursorAt(event);
  }

  #space(event, down) {
    if (event.code !== "Space" || /^(INPUT|TEXTAREA|SELECT|BUTTON)$/.test(event.target.tagName ?? "")) return;
    if (this.stage.root.hidden) return;
    this.space = down;
    this.stage.root.classList.toggle("moving", down);
    if (down) event.preventDefault();
  }

  /** Arrow keys move a point, Enter puts the tool down and lifts it. */
  #key(event) {
    const { stage } = this;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !stage.width) return;
    if (arrow) {
      event.preventDefault();
      const step = event.shiftKey ? 60 : 12;
      if (this.tool === "hand" || this.tool === "frame") {
        stage.pan(-arrow[0] * step, -arrow[1] * step);
        return;
      }
      this.point ??= stage.view.toPhoto(stage.wide / 2, stage.high / 2);
      const reach = step / stage.view.scale;
      this.point = [
        Math.min(stage.width, Math.max(0, this.point[0] + arrow[0] * reach)),
        Math.min(stage.height, Math.max(0, this.point[1] + arrow[1] * reach)),
      ];
      this.#drag(this.point);
      this.#placeCursor(...stage.view.toScreen(...this.point));
      show(this.cursor, true);
    } else if (event.key === "Enter" && this.tool !== "hand" && this.tool !== "frame") {
      event.preventDefault();
      if (this.drawing) {
        this.#lift();
        announce("Lifted");
      } else {
        this.point ??= stage.view.toPhoto(stage.wide / 2, stage.high / 2);
        this.#press(this.point);
        this.#placeCursor(...stage.view.toScreen(...this.point));
        show(this.cursor, true);
        announce(`${NAMES[this.tool]} down`);
      }
    } else if (event.key === "Escape" && this.drawing) {
      event.preventDefault();
      this.#lift(true);
      announce("Given up");
    }
  }

  #cursorAt(event) {
    const drawn = !this.space && event.pointerType !== "touch" && this.drawing?.kind !== "pan";
    const round = this.tool === "brush" || this.tool === "eraser";
    show(this.cursor, drawn && round);
    if (drawn && round) this.#placeCursor(...this.#at(event));
  }

  #placeCursor(x = this.cursorX ?? 0, y = this.cursorY ?? 0) {
    this.cursorX = x;
    this.cursorY = y;
    const round = this.tool === "brush" || this.tool === "eraser";
    const wide = round ? Math.max(4, this.size * this.stage.view.scale) : 10;
    Object.assign(this.cursor.style, { width: `${wide}px`, height: `${wide}px`, transform: `translate(${x - wide / 2}px, ${y - wide / 2}px)` });
  }
}
