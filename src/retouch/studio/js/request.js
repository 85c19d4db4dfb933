// The edit as it will be sent: its fields and files. `desk` is {photos, stage, frame, panel}.

import { maskFile, roomyFile } from "./compose.js";
import { unfit } from "./models.js";

/** {base, fields, images, mask}: names of files alone, as the code dialog shows them. */
export function describe({ photos, stage, frame, panel }) {
  const [photo, ...others] = photos;
  const fields = panel.fields();
  // A model of any size keeps the photo's own pixels; one of fixed sizes chooses the best of them itself.
  if (frame.used && !fields.size && !fields.resolution && panel.model.sizes === "any") fields.size = `${panel.photo.width}x${panel.photo.height}`;
  const marked = photo && (frame.used || !stage.mask.empty);
  return {
    base: location.origin,
    fields,
    images: photo ? [nameOf(photo, frame), ...others.map((other) => other.name)] : ["photo.jpg"],
    mask: marked ? "mask.png" : null,
  };
}

/** The body of the request. */
export async function formOf(desk) {
  const { photos, stage } = desk;
  const edit = describe(desk);
  const form = new FormData();
  for (const [name, value] of Object.entries(edit.fields)) form.append(name, value);
  form.append("image[]", await photoFile(desk), edit.images[0]);
  for (const photo of photos.slice(1)) form.append("image[]", photo.blob, photo.name);
  const mask = await maskFile(stage.mask, stage.extension);
  if (mask) form.append("mask", mask, edit.mask);
  return form;
}

/** The files that the code reads and the reader may not have: [{name, blob()}]. */
export function filesMade(desk) {
  const edit = describe(desk);
  const [photo] = desk.photos;
  const files = [];
  if (photo && (desk.frame.used || photo.made)) files.push({ name: edit.images[0], blob: () => photoFile(desk) });
  if (edit.mask) files.push({ name: edit.mask, blob: () => maskFile(desk.stage.mask, desk.stage.extension) });
  return files;
}

/** Why the edit cannot be sent yet: {message, field}, or null. */
export function obstacle({ photos, panel }) {
  if (!photos.length) return { message: "There is no photo yet. Drop one on the desk, paste one, or choose one.", field: "image" };
  if (!panel.prompt) return { message: "Say what should change, or choose one of the examples.", field: "prompt" };
  return unfit(panel.model, { photos: photos.length, prompt: panel.prompt, account: panel.account });
}

/** What "before" shows, at a screen's size: the photo, with the room around it. */
export async function beforePicture({ photos, stage, panel }) {
  const [photo] = photos;
  const { left, top } = stage.extension;
  const { width, height } = panel.photo;
  const scale = Math.min(1, 2048 / Math.max(width, height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  const level = stage.levels.findLast((one) => one.width >= photo.width * scale) ?? photo.bitmap;
  context.drawImage(level, left * scale, top * scale, photo.width * scale, photo.height * scale);
  const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.95 });
  return { url: URL.createObjectURL(blob), width, height };
}

const photoFile = async ({ photos: [photo], stage, frame }) =>
  frame.used ? roomyFile(photo.bitmap, stage.extension) : photo.blob;

const nameOf = (photo, frame) => (frame.used ? `${photo.name.replace(/\.[^.]*$/, "")}-extended.png` : photo.name);
