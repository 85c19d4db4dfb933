// The rail of tools, what they offer above the photo, and the keys that choose them.

import { chooseMask } from "./arrivals.js";
import { maskFile, maskRows } from "./compose.js";
import { $, $$, announce, download, show } from "./dom.js";
import { Tools } from "./tools.js";

const TOOL_KEYS = { b: "brush", e: "eraser", r: "rectangle", l: "lasso", f: "frame", h: "hand" };
const ZOOM_KEYS = { 0: "fit", 1: "full", "+": "in", "=": "in", "-": "out" };

export class Marks {
  /** `changed` is called after each step, `wanted` when a tool is chosen while results are shown. */
  constructor(stage, frame, { changed, wanted }) {
    this.stage = stage;
    this.frame = frame;
    this.changed = changed;
    this.marking = false;
    this.tools = new Tools(stage, { changed, toolChanged: () => this.#toolChanged() });
    $("#rail").addEventListener("click", (event) => {
      const { tool, act } = event.target.closest("button")?.dataset ?? {};
      if (tool) {
        wanted();
        this.tools.choose(tool);
      }
      if (act) this.act(act);
    });
    $("#area-options").addEventListener("click", (event) => this.#setMode(event.target.closest("[data-mode]")?.dataset.mode));
    $("#brush-size").addEventListener("input", (event) => this.tools.setSize(this.#most ** (event.target.value / 100)));
    $("#zoom").addEventListener("click", (event) => this.#zoom(event.target.closest("[data-zoom]")?.dataset.zoom));
    stage.addEventListener("view", () => { $("#zoom-level").textContent = `${Math.round(stage.view.scale * 100)} %`; });
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#toolChanged();
  }

  /** Show the tools for a photo, or with `marking` off put them aside. */
  show(marking) {
    this.marking = marking;
    const { tool } = this.tools;
    show($("#brush-options"), marking && (tool === "brush" || tool === "eraser"));
    show($("#area-options"), marking && (tool === "rectangle" || tool === "lasso"));
    show($("#frame-options"), marking && tool === "frame");
    $("#zoom").classList.toggle("gone", !marking);
    this.refresh();
  }

  /** Which steps are possible now. */
  refresh() {
    const mask = this.marking ? this.stage.mask : null;
    const possible = { undo: mask?.canUndo, redo: mask?.canRedo, clear: mask && !mask.empty, "mask-download": mask && !mask.empty };
    for (const button of $$("#rail [data-act]")) button.disabled = !(possible[button.dataset.act] ?? mask);
  }

  act(name) {
    if (!this.marking) return;
    const { mask, extension } = this.stage;
    if (name === "undo") this.#step(mask.undo(), "Undone");
    else if (name === "redo") this.#step(mask.redo(), "Done again");
    else if (name === "invert") this.#change(() => mask.invert(), "Mask inverted");
    else if (name === "clear") this.#change(() => mask.fillRect(0, 0, mask.width, mask.height, 0), "Mask cleared");
    else if (name === "mask-upload") chooseMask();
    else if (name === "mask-download") maskFile(mask, extension).then((blob) => download(blob, "mask.png"));
  }

  /** Take over a mask from a file. Raises a sentence when it does not fit. */
  async open(file) {
    const { mask } = this.stage;
    const rows = await maskRows(file, mask.width, mask.height);
    this.#change(() => mask.load(rows), "Mask opened");
  }

  get #most() {
    return Math.max(64, Math.max(this.stage.width, this.stage.height) / 2);
  }

  #toolChanged() {
    const { tool, size } = this.tools ?? { tool: "brush", size: 40 };
    for (const button of $$("#rail [data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    this.stage.root.dataset.tool = tool;
    this.frame.show(tool === "frame");
    $("#brush-size").value = Math.round((100 * Math.log(size)) / Math.log(this.#most));
    $("#brush-pixels").textContent = `${Math.round(size)} px`;
    if (this.tools) this.show(this.marking);
  }

  #setMode(mode) {
    if (!mode) return;
    this.tools.mode = mode;
    for (const button of $$("[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  }

  #change(work, said) {
    this.stage.mask.begin();
    work();
    this.#step(this.stage.mask.commit(), said);
  }

  #step(done, said) {
    if (!done) return;
    this.stage.changed();
    this.changed();
    announce(said);
  }

  #zoom(how) {
    const { stage } = this;
    if (how === "in") stage.zoom(1.25);
    else if (how === "out") stage.zoom(0.8);
    else if (how === "full") stage.zoom(1 / stage.view.scale);
    else if (how === "fit") stage.fit();
  }

  #key(event) {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "range";
    if (typing || !this.marking || $("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      this.act(key === "y" || event.shiftKey ? "redo" : "undo");
    } else if (event.altKey) {
      return;
    } else if (TOOL_KEYS[key]) this.tools.choose(TOOL_KEYS[key]);
    else if (ZOOM_KEYS[key]) this.#zoom(ZOOM_KEYS[key]);
    else if (key === "i") this.act("invert");
    else if (key === "[" || key === "]") this.tools.setSize(this.tools.size * (key === "]" ? 1.2 : 1 / 1.2));
  }
}
