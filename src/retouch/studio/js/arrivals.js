// How files come to the desk: chosen, pasted, dropped.

import { $, show } from "./dom.js";

/** Hand over photos and masks however they come. */
export function takeFiles({ photos, mask }) {
  $("#choose").addEventListener("click", choosePhotos);
  for (const [id, take] of [["#file-input", photos], ["#mask-input", mask]]) {
    $(id).addEventListener("change", (event) => {
      const files = [...event.target.files];
      event.target.value = ""; // so that the same file can be chosen again
      if (files.length) take(files);
    });
  }
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    photos(files);
  });
  takeDrops(photos);
}

export function choosePhotos() {
  $("#file-input").click();
}

export function chooseMask() {
  $("#mask-input").click();
}

function takeDrops(photos) {
  const veil = $("#drop-veil");
  let depth = 0; // dragging over an element inside fires leave and enter again
  const move = (by) => {
    depth = Math.max(0, depth + by);
    show(veil, depth > 0);
  };
  document.addEventListener("dragenter", (event) => event.dataTransfer?.types.includes("Files") && move(1));
  document.addEventListener("dragleave", () => move(-1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    move(-depth);
    photos([...event.dataTransfer.files]);
  });
}
