// The area to edit, one byte per pixel at the photo's own resolution: 255 = edit, 0 = keep, in between in proportion.
//
// It lies in square tiles. A tile that is all 0 or all 255 is just that number, so that a 24-megapixel photo with a
// few strokes costs a few hundred kilobytes, and undoing a stroke means putting back the tiles that it touched.

export const TILE = 256;
const UNDO_BYTES = 192 * 1024 * 1024;

export class Mask {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.columns = Math.ceil(width / TILE);
    this.rows = Math.ceil(height / TILE);
    this.tiles = new Array(this.columns * this.rows).fill(0);
    this.done = [];
    this.undone = [];
    this.before = null;
  }

  get empty() {
    return this.tiles.every((tile) => tile === 0);
  }

  get canUndo() {
    return this.done.length > 0;
  }

  get canRedo() {
    return this.undone.length > 0;
  }

  /** The share of the photo that is marked, 0 to 1. */
  coverage() {
    let sum = 0;
    this.tiles.forEach((tile, index) => {
      const [wide, high] = this.#inside(index);
      if (typeof tile === "number") {
        sum += tile * wide * high;
        return;
      }
      for (let y = 0; y < high; y++) {
        for (let at = y * TILE, end = at + wide; at < end; at++) sum += tile[at];
      }
    });
    return sum / 255 / (this.width * this.height);
  }

  /** The value of one pixel. */
  at(x, y) {
    const tile = this.tiles[(y / TILE | 0) * this.columns + (x / TILE | 0)];
    return typeof tile === "number" ? tile : tile[(y % TILE) * TILE + (x % TILE)];
  }

  /** One row as bytes, for packing into a file. */
  row(y, into = new Uint8Array(this.width)) {
    const first = (y / TILE | 0) * this.columns;
    for (let column = 0; column < this.columns; column++) {
      const tile = this.tiles[first + column];
      const from = column * TILE;
      const to = Math.min(from + TILE, this.width);
      if (typeof tile === "number") into.fill(tile, from, to);
      else into.set(tile.subarray((y % TILE) * TILE, (y % TILE) * TILE + to - from), from);
    }
    return into;
  }

  /** Begin a step that can be undone as one. */
  begin() {
    this.before = new Map();
  }

  /** End the step; false when it changed nothing. */
  commit() {
    const before = this.before;
    this.before = null;
    if (!before || before.size === 0) return false;
    for (const index of before.keys()) this.#settle(index);
    this.done.push(before);
    this.undone = [];
    let bytes = 0;
    for (let step = this.done.length - 1; step >= 0; step--) {
      for (const tile of this.done[step].values()) bytes += typeof tile === "number" ? 8 : tile.length;
      if (bytes > UNDO_BYTES && step < this.done.length - 1) {
        this.done.splice(0, step + 1);
        break;
      }
    }
    return true;
  }

  /** Give the step up: everything is as it was when it began. */
  abandon() {
    for (const [index, tile] of this.before ?? []) this.tiles[index] = tile;
    this.before = null;
  }

  undo() {
    return this.#swap(this.done, this.undone);
  }

  redo() {
    return this.#swap(this.undone, this.done);
  }

  /** Set pixels [from, to) of row y to a value. The caller has clipped them to the photo. */
  fillSpan(y, from, to, value) {
    while (from < to) {
      const index = (y / TILE | 0) * this.columns + (from / TILE | 0);
      const end = Math.min(to, ((from / TILE | 0) + 1) * TILE);
      if (this.tiles[index] !== value) {
        const start = (y % TILE) * TILE + (from % TILE);
        this.#open(index).fill(value, start, start + end - from);
      }
      from = end;
    }
  }

  /** Raise (or with `erase` lower) one pixel to a share of coverage, 0 to 255. */
  blend(x, y, share, erase) {
    const old = this.at(x, y);
    const value = erase ? Math.min(old, 255 - share) : Math.max(old, share);
    if (value === old) return;
    this.#open((y / TILE | 0) * this.columns + (x / TILE | 0))[(y % TILE) * TILE + (x % TILE)] = value;
  }

  /** Set every pixel of the rectangle [left, right) x [top, bottom); whole tiles cost nothing. */
  fillRect(left, top, right, bottom, value) {
    left = Math.max(0, left); top = Math.max(0, top);
    right = Math.min(this.width, right); bottom = Math.min(this.height, bottom);
    if (left >= right || top >= bottom) return;
    for (let row = top / TILE | 0; row * TILE < bottom; row++) {
      for (let column = left / TILE | 0; column * TILE < right; column++) {
        const index = row * this.columns + column;
        if (this.tiles[index] === value) continue;
        const [x0, y0] = [column * TILE, row * TILE];
        const [wide, high] = this.#inside(index);
        if (left <= x0 && top <= y0 && right >= x0 + wide && bottom >= y0 + high) {
          this.#keep(index);
          this.tiles[index] = value;
          continue;
        }
        const tile = this.#open(index);
        const from = Math.max(left, x0) - x0;
        const to = Math.min(right, x0 + TILE) - x0;
        for (let y = Math.max(top, y0); y < Math.min(bottom, y0 + TILE); y++) {
          tile.fill(value, (y - y0) * TILE + from, (y - y0) * TILE + to);
        }
      }
    }
  }

  /** Mark what was not, and the other way round. */
  invert() {
    this.tiles.forEach((tile, index) => {
      this.#keep(index);
      if (typeof tile === "number") this.tiles[index] = 255 - tile;
      else this.tiles[index] = tile.map((value) => 255 - value);
    });
  }

  /** Take over whole rows: `read(y)` gives one row of bytes. */
  load(read) {
    for (let y = 0; y < this.height; y++) {
      const row = read(y);
      const first = (y / TILE | 0) * this.columns;
      for (let column = 0; column < this.columns; column++) {
        const from = column * TILE;
        const to = Math.min(from + TILE, this.width);
        this.#open(first + column).set(row.subarray(from, to), (y % TILE) * TILE);
      }
      if (y % TILE === TILE - 1) for (let column = 0; column < this.columns; column++) this.#settle(first + column);
    }
  }

  #inside(index) {
    const x = (index % this.columns) * TILE;
    const y = (index / this.columns | 0) * TILE;
    return [Math.min(TILE, this.width - x), Math.min(TILE, this.height - y)];
  }

  #keep(index) {
    if (this.before && !this.before.has(index)) {
      const tile = this.tiles[index];
      this.before.set(index, typeof tile === "number" ? tile : tile.slice());
    }
  }

  #open(index) {
    this.#keep(index);
    const tile = this.tiles[index];
    if (typeof tile !== "number") return tile;
    return (this.tiles[index] = new Uint8Array(TILE * TILE).fill(tile));
  }

  #settle(index) {
    const tile = this.tiles[index];
    if (typeof tile === "number") return;
    const [wide, high] = this.#inside(index);
    const first = tile[0];
    if (first !== 0 && first !== 255) return;
    for (let y = 0; y < high; y++) {
      for (let at = y * TILE, end = at + wide; at < end; at++) if (tile[at] !== first) return;
    }
    this.tiles[index] = first;
  }

  #swap(from, to) {
    const step = from.pop();
    if (!step) return false;
    const back = new Map();
    for (const [index, tile] of step) {
      back.set(index, this.tiles[index]);
      this.tiles[index] = tile;
    }
    to.push(back);
    return true;
  }
}
