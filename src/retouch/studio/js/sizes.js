// Sizes of pictures, as the API has them and in words.

/** The longest edge of each resolution, pixels (docs/reference/api.md). */
export const EDGES = { "640px": 640, "1k": 1024, "2k": 2048, "4k": 4096 };

/** The exact size of a resolution in a shape `a:b`, rounded as the API does; an empty shape is the photo's. Null if unknown. */
export function sizeOf(resolution, shape, photo) {
  if (!shape && !photo) return null;
  const [across, down] = shape ? shape.split(":").map(Number) : [photo.width, photo.height];
  const longest = Math.max(across, down);
  const scaled = (edge) => Math.max(1, Math.floor((2 * edge * EDGES[resolution] + longest) / (2 * longest)));
  return { width: scaled(across), height: scaled(down) };
}

/** The size that an earlier edit asked for, in words; null where it was left to the model. */
export function sizeAsked({ size, resolution, aspect_ratio: shape }) {
  if (resolution in EDGES) return [resolution, shape && shape !== "auto" ? shape : null].filter(Boolean).join(", ");
  return size && size !== "auto" ? size.replace("x", " × ") : null;
}
