// Where the photo lies on the screen: scale in screen pixels per photo pixel, x and y of its upper left corner.

export const MOST = 16;

export class View {
  constructor() {
    this.scale = 1;
    this.x = 0;
    this.y = 0;
  }

  /** The whole of a rectangle of the photo in the middle, never enlarged beyond its own pixels. */
  fit(box, wide, high, margin = 24) {
    const width = box.right - box.left;
    const height = box.bottom - box.top;
    this.scale = Math.min((wide - 2 * margin) / width, (high - 2 * margin) / height, 1);
    this.scale = Math.max(this.scale, 0.01);
    this.x = (wide - width * this.scale) / 2 - box.left * this.scale;
    this.y = (high - height * this.scale) / 2 - box.top * this.scale;
  }

  /** Zoom by a factor, with the point under (px, py) staying there. */
  zoom(factor, px, py, least = 0.02) {
    const scale = Math.min(MOST, Math.max(least, this.scale * factor));
    this.x = px - ((px - this.x) * scale) / this.scale;
    this.y = py - ((py - this.y) * scale) / this.scale;
    this.scale = scale;
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
  }

  /** Keep at least some of the photo in sight. */
  hold(width, height, wide, high, least = 48) {
    this.x = Math.min(wide - least, Math.max(least - width * this.scale, this.x));
    this.y = Math.min(high - least, Math.max(least - height * this.scale, this.y));
  }

  toPhoto(px, py) {
    return [(px - this.x) / this.scale, (py - this.y) / this.scale];
  }

  toScreen(x, y) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }
}
