// The studio: photos in, a mask drawn on them, an edit made, its results beside what they came from.

import { read } from "./api.js";
import { CodeDialog } from "./code.js";
import { maskFile, maskRows, roomyFile } from "./compose.js";
import { $, $$, announce, download, el, icon, show } from "./dom.js";
import { Frame } from "./frame.js";
import { Mask } from "./mask.js";
import { unfit } from "./models.js";
import { Panel } from "./panel.js";
import { Strip, closePhoto, openPhoto } from "./photos.js";
import { explain } from "./problems.js";
import { Recent } from "./recent.js";
import { Results } from "./results.js";
import { Run } from "./run.js";
import { openPage } from "./shell.js";
import { Stage } from "./stage.js";
import { Tools } from "./tools.js";

const photos = [];
let view = "mark";
let source = null; // what the results came from: kept until the next run

const stage = new Stage();
const frame = new Frame(stage, deskChanged);
const tools = new Tools(stage, { changed: deskChanged, toolChanged });
const panel = new Panel(panelChanged);
const run = new Run();
const results = new Results({ again: editAgain, code: showCode });
const code = new CodeDialog();
const strip = new Strip({ first: makeFirst, remove: removePhoto, add: () => $("#file-input").click() });
const recent = new Recent({ reuse: (fields) => panel.reuse(fields), open: openBlob });

const first = () => photos[0] ?? null;

// Photos

async function addFiles(files) {
  const images = [...files].filter((file) => file.type.startsWith("image/") || !file.type);
  if (!images.length) {
    if (files.length) complain(new Error("Only pictures can be opened here. Choose a PNG, JPEG, WebP, GIF or AVIF file."));
    return;
  }
  settle();
  for (const file of images) {
    try {
      photos.push(await openPhoto(file));
    } catch (error) {
      complain(error);
      continue;
    }
    if (photos.length === 1) await showFirst();
  }
  photosChanged();
}

async function openBlob(blob, name) {
  const photo = await openPhoto(blob, name);
  for (const old of photos.splice(0)) closePhoto(old);
  photos.push(photo);
  settle();
  await showFirst();
  photosChanged();
}

async function showFirst() {
  const photo = first();
  show($("#empty"), !photo);
  stage.show(Boolean(photo));
  if (photo) {
    await stage.setPhoto(photo.bitmap, new Mask(photo.width, photo.height));
    frame.set({ left: 0, top: 0, right: 0, bottom: 0 });
    tools.reset();
    announce(`${photo.name}, ${photo.width} by ${photo.height} pixels`);
  }
  setView("mark");
  deskChanged();
}

async function makeFirst(photo) {
  const at = photos.indexOf(photo);
  if (at <= 0) {
    setView("mark");
    return;
  }
  photos.splice(at, 1);
  photos.unshift(photo);
  await showFirst();
  photosChanged();
}

async function removePhoto(photo) {
  const at = photos.indexOf(photo);
  photos.splice(at, 1);
  if (at === 0) await showFirst();
  closePhoto(photo);
  photosChanged();
}

function photosChanged() {
  strip.draw(photos);
  panelChanged();
}

async function editAgain(take) {
  await openBlob(take.blob, `edited.${take.format === "jpeg" ? "jpg" : take.format}`);
  $("#prompt").focus();
}

// The mask and the tools

function toolChanged(tool) {
  for (const button of $$("#rail [data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  stage.root.dataset.tool = tool;
  frame.show(tool === "frame");
  showOptions();
  const most = Math.max(64, Math.max(stage.width, stage.height) / 2);
  $("#brush-size").value = Math.round((100 * Math.log(tools.size)) / Math.log(most));
  $("#brush-pixels").textContent = `${Math.round(tools.size)} px`;
}

function showOptions() {
  const marking = view === "mark" && Boolean(first());
  show($("#brush-options"), marking && (tools.tool === "brush" || tools.tool === "eraser"));
  show($("#area-options"), marking && (tools.tool === "rectangle" || tools.tool === "lasso"));
  show($("#frame-options"), marking && tools.tool === "frame");
  show($("#result-options"), view === "result");
  $("#zoom").classList.toggle("gone", !marking);
  for (const button of $$("#rail [data-act]")) button.disabled = !marking;
  if (marking) historyChanged();
}

function historyChanged() {
  const { mask } = stage;
  $('[data-act="undo"]').disabled = !mask?.canUndo;
  $('[data-act="redo"]').disabled = !mask?.canRedo;
  for (const act of ["clear", "mask-download"]) $(`[data-act="${act}"]`).disabled = !mask || mask.empty;
}

function deskChanged() {
  const photo = first();
  if (photo && view === "mark") historyChanged();
  const { left, top, right, bottom } = stage.extension;
  const box = photo && { width: photo.width + left + right, height: photo.height + top + bottom };
  const situation = frame.used ? "extended" : photo && stage.mask && !stage.mask.empty ? "marked" : "whole";
  panel.setDesk(box, situation);
}

const ACTS = {
  undo: () => step(stage.mask.undo(), "Undone"),
  redo: () => step(stage.mask.redo(), "Done again"),
  invert: () => change((mask) => mask.invert(), "Mask inverted"),
  clear: () => change((mask) => mask.fillRect(0, 0, mask.width, mask.height, 0), "Mask cleared"),
  "mask-upload": () => $("#mask-input").click(),
  "mask-download": async () => download(await maskFile(stage.mask, stage.extension), "mask.png"),
};

function act(name) {
  if (first() && view === "mark") ACTS[name]();
}

function step(changed, said) {
  if (!changed) return;
  stage.changed();
  deskChanged();
  announce(said);
}

function change(work, said) {
  stage.mask.begin();
  work(stage.mask);
  step(stage.mask.commit(), said);
}

async function uploadMask(file) {
  try {
    const rows = await maskRows(file, stage.width, stage.height);
    change((mask) => mask.load(rows), "Mask opened");
  } catch (error) {
    complain(error.name === "InvalidStateError" ? new Error(`${file.name} cannot be read as a picture. Choose a PNG.`) : error);
  }
}

function setView(next) {
  view = next;
  for (const tab of $$("#tabs .tab")) tab.setAttribute("aria-pressed", String(tab.dataset.view === view));
  $('#tabs [data-view="result"]').disabled = !results.any;
  show($("#result"), view === "result");
  stage.show(view === "mark" && Boolean(first()));
  show($("#empty"), view === "mark" && !first());
  showOptions();
}

// The edit

function describeEdit() {
  const extended = frame.used;
  const fields = panel.fields();
  if (extended && !fields.size && panel.model.sizes === "any") fields.size = `${panel.photo.width}x${panel.photo.height}`;
  const photo = first();
  const name = photo && extended ? `${photo.name.replace(/\.[^.]*$/, "")}-extended.png` : photo?.name;
  const mask = photo && (extended || !stage.mask.empty);
  return {
    base: location.origin,
    fields,
    images: photo ? [name, ...photos.slice(1).map((other) => other.name)] : ["photo.jpg"],
    mask: mask ? "mask.png" : null,
  };
}

const photoFile = () => (frame.used ? roomyFile(first().bitmap, stage.extension) : Promise.resolve(first().blob));

async function buildForm() {
  const edit = describeEdit();
  const form = new FormData();
  for (const [name, value] of Object.entries(edit.fields)) form.append(name, value);
  form.append("image[]", await photoFile(), edit.images[0]);
  photos.slice(1).forEach((photo) => form.append("image[]", photo.blob, photo.name));
  const mask = await maskFile(stage.mask, stage.extension);
  if (mask) form.append("mask", mask, "mask.png");
  return form;
}

function obstacle() {
  if (!first()) return { message: "There is no photo yet. Drop one on the desk, paste one, or choose one.", field: "image" };
  if (!panel.prompt) return { message: "Say what should change, or choose one of the examples.", field: "prompt" };
  return panel.model && unfit(panel.model, { photos: photos.length, prompt: panel.prompt });
}

async function start() {
  if (run.busy || !panel.model) return;
  settle();
  if (frame.used && !panel.prompt) $("#prompt").value = $("#examples button")?.textContent ?? "";
  const hindrance = obstacle();
  if (hindrance) {
    complain(Object.assign(new Error(hindrance.message), { param: hindrance.field }));
    return;
  }
  busy(true);
  source = await beforePicture();
  try {
    const accepted = () => {
      results.expect(panel.n, source);
      setView("result");
    };
    const notes = await run.perform(buildForm, accepted, (index, picture, done) => results.put(index, picture, done));
    results.settle(notes);
    setView("result");
  } catch (error) {
    results.settle();
    setView(results.any ? "result" : "mark");
    if (error.name === "AbortError") cancelled();
    else complain(error);
  } finally {
    busy(false);
    recent.refresh();
    showBalance();
  }
}

/** What "before" shows: the photo, with the room around it where there is some. */
async function beforePicture() {
  const photo = first();
  const { left, top } = stage.extension;
  const { width, height } = panel.photo;
  const scale = Math.min(1, 2048 / Math.max(width, height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  const level = stage.levels.findLast((one) => one.width >= photo.width * scale) ?? photo.bitmap;
  context.drawImage(level, left * scale, top * scale, photo.width * scale, photo.height * scale);
  if (source) URL.revokeObjectURL(source.url);
  const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.95 });
  return { url: URL.createObjectURL(blob), width, height };
}

function busy(now) {
  show($("#run"), !now);
  show($("#cancel"), now);
  document.body.classList.toggle("busy", now);
  if (now) $("#cancel").focus({ preventScroll: true });
  else if (document.activeElement === document.body) $("#run").focus({ preventScroll: true });
}

function cancelled() {
  tell("Cancelled. A provider that had already begun may still finish and charge for it.", null);
}

function showCode() {
  const edit = describeEdit();
  const files = [];
  const photo = first();
  if (photo && (frame.used || photo.name.startsWith("edited."))) files.push({ name: edit.images[0], blob: photoFile });
  if (edit.mask) files.push({ name: edit.mask, blob: () => maskFile(stage.mask, stage.extension) });
  code.open(edit, files);
}

// Problems

function complain(error) {
  const { message, advice, field } = explain(error);
  tell(error.code ? `${message} ${advice}` : message, "warning");
  const control = panel.blame(field);
  if (control && field === "prompt") control.focus();
}

function tell(text, kind) {
  const place = $("#problem");
  place.classList.toggle("warning", kind === "warning");
  place.replaceChildren(
    icon(kind ?? "check"),
    el("p", {}, text),
    el("button", { type: "button", class: "button icon-only ghost", "aria-label": "Dismiss", onclick: settle }, icon("close")));
  show(place, true);
  place.scrollIntoView({ block: "nearest" });
}

function settle() {
  show($("#problem"), false);
  panel.blame(null);
}

function panelChanged() {
  $("#run").textContent = panel.n > 1 ? `Edit ${panel.n} images` : "Edit";
}

// Hands

function listen() {
  $("#choose").addEventListener("click", () => $("#file-input").click());
  $("#file-input").addEventListener("change", (event) => {
    addFiles(event.target.files);
    event.target.value = "";
  });
  $("#mask-input").addEventListener("change", (event) => {
    if (event.target.files[0]) uploadMask(event.target.files[0]);
    event.target.value = "";
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) {
      event.preventDefault();
      addFiles(files);
    }
  });
  let depth = 0;
  const veil = $("#drop-veil");
  document.addEventListener("dragenter", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    depth++;
    show(veil, true);
  });
  document.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    show(veil, depth > 0);
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    show(veil, false);
    addFiles(event.dataTransfer.files);
  });
  $("#rail").addEventListener("click", (event) => {
    const { tool, act: name } = event.target.closest("button")?.dataset ?? {};
    if (tool) {
      if (view === "result" && first()) setView("mark");
      tools.choose(tool);
    }
    if (name) act(name);
  });
  $("#area-options").addEventListener("click", (event) => {
    const mode = event.target.closest("[data-mode]")?.dataset.mode;
    if (!mode) return;
    tools.mode = mode;
    for (const button of $$("[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  });
  $("#brush-size").addEventListener("input", (event) => {
    const most = Math.max(64, Math.max(stage.width, stage.height) / 2);
    tools.setSize(most ** (event.target.value / 100));
  });
  $("#tabs").addEventListener("click", (event) => {
    const next = event.target.closest("[data-view]")?.dataset.view;
    if (next) setView(next);
  });
  $("#zoom").addEventListener("click", (event) => zoom(event.target.closest("[data-zoom]")?.dataset.zoom));
  stage.addEventListener("view", () => { $("#zoom-level").textContent = `${Math.round(stage.view.scale * 100)} %`; });
  $("#panel").addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });
  $("#panel").addEventListener("input", settle);
  $("#cancel").addEventListener("click", () => run.cancel());
  $("#code").addEventListener("click", showCode);
  $("#prompt").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) start();
  });
  document.addEventListener("keydown", shortcuts);
}

function zoom(how) {
  if (how === "in") stage.zoom(1.25);
  else if (how === "out") stage.zoom(0.8);
  else if (how === "full") stage.zoom(1 / stage.view.scale);
  else if (how === "fit") stage.fit();
}

const TOOL_KEYS = { b: "brush", e: "eraser", r: "rectangle", l: "lasso", f: "frame", h: "hand" };

function shortcuts(event) {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "range";
  if (typing || $("#code-dialog").open || !first() || view !== "mark") return;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    act(key === "y" || event.shiftKey ? "redo" : "undo");
    return;
  }
  if (event.altKey) return;
  if (TOOL_KEYS[key]) tools.choose(TOOL_KEYS[key]);
  else if (key === "i") act("invert");
  else if (key === "[") tools.setSize(tools.size / 1.2);
  else if (key === "]") tools.setSize(tools.size * 1.2);
  else if (key === "0") zoom("fit");
  else if (key === "1") zoom("full");
  else if (key === "+" || key === "=") zoom("in");
  else if (key === "-") zoom("out");
}

async function open() {
  await openPage();
  listen();
  toolChanged(tools.tool);
  showOptions();
  try {
    panel.setModels((await read("/v1/models")).data);
  } catch (error) {
    complain(error);
  }
  deskChanged();
  document.body.dataset.loaded = "yes";
  showBalance();
}

/** What the account has left, where that bounds what it may do. */
async function showBalance() {
  const { balance, unlimited } = await read("/v1/balance").catch(() => ({ unlimited: true }));
  panel.setBalance(unlimited ? null : balance);
}

open();
