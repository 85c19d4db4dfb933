// Bars over days, one colour for each series, and the words and table that say the same.

import { el, svg } from "./dom.js";

const ROOM = { left: 46, right: 8, top: 10, bottom: 28 };
const WIDEST = 46;

/** Steps of an axis from 0 that people count in: 1, 2 or 5 times a power of ten; whole numbers only. */
export function ticks(most, wanted = 4) {
  const rough = Math.max(1, most / wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough);
  return Array.from({ length: Math.max(1, Math.ceil(most / step)) + 1 }, (_, index) => index * step);
}

/** Stacked bars. `draw` takes columns of {label, short, values} and the names of the values. */
export class Bars {
  constructor(place) {
    this.place = place;
    this.columns = [];
    new ResizeObserver(() => this.#draw()).observe(place);
    place.addEventListener("pointermove", (event) => this.#point(event));
    place.addEventListener("pointerleave", () => this.#choose(-1));
  }

  draw(columns, names, { label, format }) {
    Object.assign(this, { columns, names, label, format });
    this.#draw();
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.place;
    if (!this.columns.length || !width) return;
    const most = Math.max(...this.columns.map(total));
    const steps = ticks(most);
    const [wide, high] = [width - ROOM.left - ROOM.right, height - ROOM.top - ROOM.bottom];
    const y = (value) => ROOM.top + high - (value / steps.at(-1)) * high;
    this.step = wide / this.columns.length;
    this.backs = this.columns.map((_, index) =>
      svg("rect", { class: "column", x: ROOM.left + index * this.step, y: ROOM.top, width: this.step, height: high }));
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": this.label },
      ...steps.flatMap((value) => [
        svg("line", { class: "grid", x1: ROOM.left, x2: width - ROOM.right, y1: y(value), y2: y(value) }),
        svg("text", { x: ROOM.left - 8, y: y(value) + 4, "text-anchor": "end" }, this.format(value)),
      ]),
      ...this.backs,
      ...this.columns.flatMap((column, index) => this.#bars(column, ROOM.left + (index + 0.5) * this.step, y)),
      ...this.#labels(width, height));
    this.place.replaceChildren(root);
  }

  #bars({ values }, middle, y) {
    const width = Math.max(1, Math.min(WIDEST, this.step * 0.72));
    let below = 0;
    return values.map((value, series) => {
      const [top, bottom] = [y(below + value), y(below)];
      below += value;
      return value > 0 && svg("rect", { class: `series-${series}`, x: middle - width / 2, y: top, width, height: Math.max(1, bottom - top), rx: Math.min(2, width / 4) });
    }).filter(Boolean);
  }

  /** As many days as have room to be named, the latest among them. */
  #labels(width, height) {
    const each = Math.ceil(64 / this.step);
    const last = this.columns.length - 1;
    return this.columns.map(({ short }, index) => (last - index) % each === 0
      && svg("text", { x: Math.min(ROOM.left + (index + 0.5) * this.step, width - 22), y: height - 8, "text-anchor": "middle" }, short)).filter(Boolean);
  }

  #point(event) {
    const x = event.clientX - this.place.getBoundingClientRect().left - ROOM.left;
    const index = Math.floor(x / this.step);
    this.#choose(index >= 0 && index < this.columns.length ? index : -1);
  }

  #choose(chosen) {
    this.backs?.forEach((back, index) => back.classList.toggle("chosen", index === chosen));
    this.tip?.remove();
    if (chosen < 0) return;
    const column = this.columns[chosen];
    const parts = column.values.map((value, series) => value > 0 && el("span", {}, swatch(series), this.names[series], el("b", {}, this.format(value))));
    this.tip = el("div", { class: "chart-tip", "aria-hidden": "true" }, el("strong", {}, column.label),
      parts,
      el("span", {}, "Together", el("b", {}, this.format(total(column)))));
    this.place.append(this.tip);
    const middle = ROOM.left + (chosen + 0.5) * this.step;
    const right = middle + 14 + this.tip.offsetWidth < this.place.clientWidth;
    this.tip.style.translate = `${right ? middle + 14 : Math.max(0, middle - 14 - this.tip.offsetWidth)}px 8px`;
  }
}

const total = ({ values }) => values.reduce((sum, value) => sum + value, 0);

const swatch = (series) => el("i", { class: `swatch series-${series}`, "aria-hidden": "true" });

/** What the colours stand for. */
export const legend = (names) => names.map((name, series) => el("li", {}, swatch(series), name));

/** A bar of a share from 0 to 1; the number stands beside it, so it says nothing of its own. */
export function share(part) {
  const bar = el("span", {});
  bar.style.width = `${Math.max(part > 0 ? 1 : 0, 100 * part)}%`;
  return el("span", { class: "share", "aria-hidden": "true" }, bar);
}
