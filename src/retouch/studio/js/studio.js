// The studio: photos in, a mask drawn on them, an edit made, its results beside what they came from.

import { read } from "./api.js";
import { choosePhotos, takeFiles } from "./arrivals.js";
import { CodeDialog } from "./code.js";
import { $, $$, announce, show } from "./dom.js";
import { Frame } from "./frame.js";
import { Marks } from "./marks.js";
import { Mask } from "./mask.js";
import { Message } from "./message.js";
import { Panel } from "./panel.js";
import { Strip, closePhoto, openPhoto } from "./photos.js";
import { explain } from "./problems.js";
import { Recent } from "./recent.js";
import { beforePicture, describe, filesMade, formOf, obstacle } from "./request.js";
import { Results } from "./results.js";
import { Run } from "./run.js";
import { openPage } from "./shell.js";
import { Stage } from "./stage.js";

const photos = []; // the first is the one that is edited
let view = "mark"; // or "result"

const message = new Message();
const stage = new Stage();
const frame = new Frame(stage, () => (frame.used ? redrawn() : deskChanged()));
const panel = new Panel(() => { $("#run").textContent = panel.n > 1 ? `Edit ${panel.n} images` : "Edit"; });
const marks = new Marks(stage, frame, { changed: redrawn, wanted: () => view === "result" && photos.length && setView("mark") });
const run = new Run();
const results = new Results({ again: editAgain, code: showCode });
const code = new CodeDialog();
const strip = new Strip({ first: makeFirst, remove: removePhoto, add: choosePhotos });
const recent = new Recent({ reuse: (fields) => panel.reuse(fields), open: openAlone });
const desk = { photos, stage, frame, panel };

// Photos

async function addPhotos(files) {
  const images = files.filter((file) => file.type.startsWith("image/") || !file.type);
  if (!images.length) {
    complain(new Error("Only pictures can be opened here. Choose a PNG, JPEG, WebP, GIF or AVIF file."));
    return;
  }
  settle();
  for (const file of images) {
    try {
      photos.push(await openPhoto(file));
      if (photos.length === 1) await showFirst();
    } catch (error) {
      complain(error);
    }
  }
  strip.draw(photos);
}

/** Put a picture that was made here on the desk, in place of all others. */
async function openAlone(blob, name) {
  const photo = { ...(await openPhoto(blob, name)), made: true };
  for (const old of photos.splice(0, photos.length, photo)) closePhoto(old);
  settle();
  await showFirst();
}

async function editAgain(take) {
  await openAlone(take.blob, `edited.${take.format === "jpeg" ? "jpg" : take.format}`);
  $("#prompt").focus();
}

async function makeFirst(photo) {
  setView("mark");
  const at = photos.indexOf(photo);
  if (at === 0) return;
  photos.unshift(...photos.splice(at, 1));
  await showFirst();
}

async function removePhoto(photo) {
  const at = photos.indexOf(photo);
  photos.splice(at, 1);
  if (at === 0) await showFirst();
  closePhoto(photo);
  strip.draw(photos);
}

async function showFirst() {
  const [photo] = photos;
  strip.draw(photos);
  setView("mark");
  if (photo) {
    await stage.setPhoto(photo.bitmap, new Mask(photo.width, photo.height));
    frame.set({ left: 0, top: 0, right: 0, bottom: 0 });
    marks.tools.reset();
    announce(`${photo.name}, ${photo.width} by ${photo.height} pixels`);
  }
  deskChanged();
}

/** What is to be edited was drawn anew: what was said of it before does not hold any more. */
function redrawn() {
  settle();
  deskChanged();
}

/** The mask, the frame or the photo has changed: so may what fits it. */
function deskChanged() {
  marks.refresh();
  const [photo] = photos;
  const { left, top, right, bottom } = stage.extension;
  const box = photo ? { width: photo.width + left + right, height: photo.height + top + bottom } : null;
  const marked = photo && stage.mask && !stage.mask.empty;
  panel.setDesk(box, frame.used ? "extended" : marked ? "marked" : "whole");
}

function setView(next) {
  view = next;
  const marking = view === "mark";
  for (const tab of $$("#tabs .tab")) tab.setAttribute("aria-pressed", String(tab.dataset.view === view));
  $('#tabs [data-view="result"]').disabled = !results.any;
  show($("#result"), !marking);
  show($("#result-options"), !marking);
  show($("#empty"), marking && !photos.length);
  stage.show(marking && photos.length > 0);
  marks.show(marking && photos.length > 0);
}

// The edit

async function start() {
  if (run.busy || !panel.model) return;
  settle();
  if (frame.used && !panel.prompt) $("#prompt").value = $("#examples button")?.textContent ?? "";
  const hindrance = obstacle(desk);
  if (hindrance) {
    complain(Object.assign(new Error(hindrance.message), { param: hindrance.field }));
    return;
  }
  busy(true);
  const accepted = async () => {
    results.expect(panel.n, await beforePicture(desk));
    setView("result");
  };
  try {
    const notes = await run.perform(() => formOf(desk), accepted, (index, picture, done) => results.put(index, picture, done));
    results.settle(notes);
    setView("result");
  } catch (error) {
    results.settle();
    setView(results.any ? "result" : "mark");
    if (error.name === "AbortError") message.tell("Cancelled. A provider that had already begun may still finish and charge for it.");
    else complain(error);
  } finally {
    busy(false);
    recent.refresh();
    showAccount();
  }
}

function busy(now) {
  show($("#run"), !now);
  show($("#cancel"), now);
  if (now) $("#cancel").focus({ preventScroll: true });
  else if (document.activeElement === document.body) $("#run").focus({ preventScroll: true });
}

function showCode() {
  code.open(describe(desk), filesMade(desk));
}

/** What the account may do, and has left for it; where that cannot be read, the API will say what it refuses. */
async function showAccount() {
  panel.setAccount(await read("/v1/account").catch(() => null));
}

// Problems

function complain(error) {
  const { code: known, message: said, advice, field } = explain(error);
  message.tell(known ? `${said} ${advice}` : said, "warning");
  const control = panel.blame(field);
  if (control && field === "prompt") control.focus();
}

function settle() {
  message.hide();
  panel.blame(null);
}

function listen() {
  takeFiles({ photos: addPhotos, mask: ([file]) => marks.open(file).catch(complain) });
  $("#tabs").addEventListener("click", (event) => {
    const next = event.target.closest("[data-view]")?.dataset.view;
    if (next) setView(next);
  });
  $("#panel").addEventListener("input", settle);
  $("#panel").addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });
  $("#cancel").addEventListener("click", () => run.cancel());
  $("#code").addEventListener("click", showCode);
  $("#prompt").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) start();
  });
}

async function open() {
  await openPage();
  listen();
  setView("mark");
  try {
    const [models] = await Promise.all([read("/v1/models"), showAccount()]);
    panel.setModels(models.data);
  } catch (error) {
    complain(error);
  }
  deskChanged();
  await recent.arrive().catch(complain);
  document.body.dataset.loaded = "yes";
}

open();
