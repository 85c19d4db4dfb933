// What tools draw into a mask. Each answers the rectangle that it changed, in pixels of the photo.

/** A stroke of a round brush from one point to another, with an edge that is soft over one pixel. */
export function stroke(mask, x0, y0, x1, y1, radius, erase = false) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  const ux = length ? (x1 - x0) / length : 1;
  const uy = length ? (y1 - y0) / length : 0;
  const outer = radius + 0.5;
  const inner = Math.max(0, radius - 0.5);
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - outer));
  const bottom = Math.min(mask.height, Math.ceil(Math.max(y0, y1) + outer) + 1);
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - outer));
  const right = Math.min(mask.width, Math.ceil(Math.max(x0, x1) + outer) + 1);
  const value = erase ? 0 : 255;
  // Pixel centres are at +0.5.
  const span = (y, reach) => {
    let low = Infinity;
    let high = -Infinity;
    const widen = (from, to) => {
      if (from <= to) { low = Math.min(low, from); high = Math.max(high, to); }
    };
    for (const [cx, cy] of [[x0, y0], [x1, y1]]) {
      const dy = y - cy;
      if (Math.abs(dy) <= reach) {
        const half = Math.sqrt(reach * reach - dy * dy);
        widen(cx - half, cx + half);
      }
    }
    if (length) {
      // Between the ends: 0 <= along <= length and |across| <= reach, both linear in x.
      let from = -Infinity;
      let to = Infinity;
      const clip = (slope, offset, least, most) => {
        if (Math.abs(slope) < 1e-9) {
          if (offset < least || offset > most) { from = 1; to = 0; }
          return;
        }
        const a = (least - offset) / slope;
        const b = (most - offset) / slope;
        from = Math.max(from, Math.min(a, b));
        to = Math.min(to, Math.max(a, b));
      };
      const dy = y - y0;
      clip(ux, -x0 * ux + dy * uy, 0, length);
      clip(-uy, x0 * uy + dy * ux, -reach, reach);
      widen(from, to);
    }
    return [low, high];
  };
  const distance = (x, y) => {
    const along = Math.min(length, Math.max(0, (x - x0) * ux + (y - y0) * uy));
    return Math.hypot(x - x0 - ux * along, y - y0 - uy * along);
  };
  for (let y = top; y < bottom; y++) {
    const [outLow, outHigh] = span(y + 0.5, outer);
    if (outLow > outHigh) continue;
    const from = Math.max(left, Math.floor(outLow - 0.5));
    const to = Math.min(right, Math.ceil(outHigh + 0.5));
    const [inLow, inHigh] = span(y + 0.5, inner);
    let fullFrom = to;
    let fullTo = to;
    if (inLow <= inHigh) {
      fullFrom = Math.max(from, Math.ceil(inLow - 0.5));
      fullTo = Math.min(to, Math.floor(inHigh - 0.5) + 1);
      if (fullFrom < fullTo) mask.fillSpan(y, fullFrom, fullTo, value);
      else fullFrom = fullTo = to;
    }
    for (let x = from; x < to; x++) {
      if (x === fullFrom && fullFrom < fullTo) { x = fullTo - 1; continue; }
      const share = Math.min(1, outer - distance(x + 0.5, y + 0.5));
      if (share > 0) mask.blend(x, y, Math.round(share * 255), erase);
    }
  }
  return { left, top, right, bottom };
}

/** A rectangle between two corners. */
export function rectangle(mask, x0, y0, x1, y1, erase = false) {
  const left = Math.max(0, Math.round(Math.min(x0, x1)));
  const top = Math.max(0, Math.round(Math.min(y0, y1)));
  const right = Math.min(mask.width, Math.round(Math.max(x0, x1)));
  const bottom = Math.min(mask.height, Math.round(Math.max(y0, y1)));
  mask.fillRect(left, top, right, bottom, erase ? 0 : 255);
  return { left, top, right, bottom };
}

/** The inside of a closed outline, given as points [x, y]; overlapping parts count as inside. */
export function outline(mask, points, erase = false) {
  if (points.length < 3) return { left: 0, top: 0, right: 0, bottom: 0 };
  const ys = points.map((point) => point[1]);
  const top = Math.max(0, Math.floor(Math.min(...ys)));
  const bottom = Math.min(mask.height, Math.ceil(Math.max(...ys)));
  let left = mask.width;
  let right = 0;
  for (let y = top; y < bottom; y++) {
    const crossings = [];
    points.forEach(([ax, ay], index) => {
      const [bx, by] = points[(index + 1) % points.length];
      const centre = y + 0.5;
      if ((ay <= centre) === (by <= centre)) return;
      crossings.push([ax + ((centre - ay) / (by - ay)) * (bx - ax), ay < by ? 1 : -1]);
    });
    crossings.sort((one, other) => one[0] - other[0]);
    let winding = 0;
    crossings.forEach(([x, turn], index) => {
      winding += turn;
      if (winding === 0 || index + 1 === crossings.length) return;
      const from = Math.max(0, Math.ceil(x - 0.5));
      const to = Math.min(mask.width, Math.ceil(crossings[index + 1][0] - 0.5));
      if (from >= to) return;
      mask.fillSpan(y, from, to, erase ? 0 : 255);
      left = Math.min(left, from);
      right = Math.max(right, to);
    });
  }
  return { left, top, right, bottom };
}
