// What is sent: the photo's own file as it is, or with room around it a new PNG; and the mask as a file.

import { GREY_ALPHA, RGBA, encodePng } from "./png.js";

const BAND = 128;

/** The mask as a PNG whose transparent pixels are the area to edit, or null when nothing is marked. */
export async function maskFile(mask, extension) {
  const { left, top, right, bottom } = extension;
  const roomy = left + top + right + bottom > 0;
  if (mask.empty && !roomy) return null;
  const width = mask.width + left + right;
  const height = mask.height + top + bottom;
  const values = new Uint8Array(mask.width);
  const bytes = new Uint8Array(width * 2);
  return encodePng(width, height, GREY_ALPHA, (y) => {
    bytes.fill(0);
    if (y >= top && y < top + mask.height) {
      mask.row(y - top, values);
      for (let x = 0; x < mask.width; x++) bytes[(left + x) * 2 + 1] = 255 - values[x];
    }
    return bytes;
  });
}

/** The photo in the middle of transparent room, as a PNG. */
export async function roomyFile(bitmap, extension) {
  const { left, top, right, bottom } = extension;
  const width = bitmap.width + left + right;
  const height = bitmap.height + top + bottom;
  const canvas = new OffscreenCanvas(bitmap.width, BAND);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const bytes = new Uint8Array(width * 4);
  let band = -1;
  let pixels = null;
  return encodePng(width, height, RGBA, (y) => {
    bytes.fill(0);
    const row = y - top;
    if (row < 0 || row >= bitmap.height) return bytes;
    if ((row / BAND | 0) !== band) {
      band = row / BAND | 0;
      const high = Math.min(BAND, bitmap.height - band * BAND);
      context.clearRect(0, 0, bitmap.width, BAND);
      context.drawImage(bitmap, 0, band * BAND, bitmap.width, high, 0, 0, bitmap.width, high);
      pixels = context.getImageData(0, 0, bitmap.width, high).data;
    }
    const from = (row % BAND) * bitmap.width * 4;
    bytes.set(pixels.subarray(from, from + bitmap.width * 4), left * 4);
    return bytes;
  });
}

/** A function that reads the rows of a mask file as 255 = edit, by the API's own rule; raises when it does not fit. */
export async function maskRows(file, width, height) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name} cannot be read as a picture. Choose a PNG.`);
  });
  if (bitmap.width !== width || bitmap.height !== height) {
    throw new Error(`The mask is ${bitmap.width} × ${bitmap.height}, the photo ${width} × ${height}. Choose a mask of exactly the photo's size.`);
  }
  const canvas = new OffscreenCanvas(width, BAND);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const rows = (visit) => {
    for (let top = 0; top < height; top += BAND) {
      const high = Math.min(BAND, height - top);
      context.clearRect(0, 0, width, BAND);
      context.drawImage(bitmap, 0, top, width, high, 0, 0, width, high);
      const { data } = context.getImageData(0, 0, width, high);
      for (let y = 0; y < high; y++) visit(top + y, data.subarray(y * width * 4, (y + 1) * width * 4));
    }
  };
  // Transparency decides; where everything is opaque, white is the area to edit (docs/how-to/masks.md).
  let opaque = true;
  rows((_, row) => {
    for (let at = 3; opaque && at < row.length; at += 4) opaque = row[at] === 255;
  });
  const read = new Uint8Array(width * height);
  rows((y, row) => {
    for (let x = 0, at = 0; x < width; x++, at += 4) {
      read[y * width + x] = opaque
        ? Math.round(0.299 * row[at] + 0.587 * row[at + 1] + 0.114 * row[at + 2])
        : 255 - row[at + 3];
    }
  });
  return (y) => read.subarray(y * width, (y + 1) * width);
}
