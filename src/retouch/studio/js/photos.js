// The photos on the desk: the first is the one that is edited, the others are shown to the model beside it.

import { $, el, icon, show } from "./dom.js";

/** A photo from a file: {name, blob, bitmap, width, height, url}. Raises a sentence when the browser cannot read it. */
export async function openPhoto(blob, name = blob.name || "photo.png") {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch {
    throw new Error(`${name} cannot be shown by this browser. Save it as PNG, JPEG or WebP and choose it again.`);
  }
  return { name, blob, bitmap, width: bitmap.width, height: bitmap.height, url: URL.createObjectURL(blob) };
}

export function closePhoto(photo) {
  photo.bitmap.close();
  URL.revokeObjectURL(photo.url);
}

export class Strip {
  constructor({ first, remove, add }) {
    this.first = first;
    this.remove = remove;
    this.add = add;
  }

  draw(photos) {
    const place = $("#strip");
    show(place, photos.length > 0);
    place.replaceChildren(
      ...photos.map((photo, index) =>
        el("div", { class: `thumb ${index === 0 ? "first" : ""}` },
          el("button", {
            type: "button", class: "thumb-image", onclick: () => this.first(photo), "aria-pressed": String(index === 0),
            "aria-label": index === 0 ? `${photo.name}, the photo to edit` : `Edit ${photo.name} instead`, title: photo.name,
          }, el("img", { src: photo.url, alt: "" })),
          el("button", {
            type: "button", class: "thumb-remove", "aria-label": `Remove ${photo.name}`, onclick: () => this.remove(photo),
          }, icon("close")))),
      el("button", { type: "button", class: "button ghost", onclick: this.add }, icon("plus"), "Add photos"),
      photos.length > 1 ? el("p", { class: "fine" }, "The first photo is edited; the others are shown to the model.") : "",
    );
  }
}
