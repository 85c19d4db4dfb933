// What was asked for earlier: edits and projects, searched, opened in full, and edited again.

import { call, read } from "./api.js";
import { $, $$, el, icon } from "./dom.js";
import { count, number, when } from "./format.js";
import { editLine, showEdit } from "./edits.js";
import { Paged, ask, badge, empty, facts, fill, openHub, tell } from "./hub.js";
import { here } from "./links.js";

const LOOK_BACK = 10; // pages that a search reads by itself before it asks
const PROJECT_STATES = { queued: ["Waiting", "warn"], rendering: ["Under way", "warn"], complete: ["Done", "good"], error: ["Failed", "bad"], canceled: ["Cancelled", ""] };

const list = $("#list");
const more = $("#more");
let what = "edits";
let pages = null;

openHub("read", async () => {
  $("#search").addEventListener("input", search);
  $("#state").addEventListener("change", reload);
  $("#what").addEventListener("click", (event) => {
    const chosen = event.target.closest("button")?.dataset.what;
    if (!chosen || chosen === what) return;
    what = chosen;
    for (const button of $$("#what button")) button.setAttribute("aria-pressed", String(button.dataset.what === what));
    list.setAttribute("aria-label", what === "edits" ? "Edits" : "Projects");
    $("#search").placeholder = what === "edits" ? "Search prompts and models" : "Search names";
    $("#search").setAttribute("aria-label", $("#search").placeholder);
    $("#state").disabled = what !== "edits";
    reload();
  });
  await reload();
  addEventListener("hashchange", openNamed);
  await openNamed();
});

async function reload() {
  const state = $("#state").value;
  const path = what === "edits" ? `/v1/edits${state ? `?state=${state}` : ""}` : "/v1/image-projects";
  const button = more.cloneNode(true);
  $("#more").replaceWith(button); // the former list's answers come to nothing
  const mine = new Paged(path, button, () => mine === pages && draw());
  pages = mine;
  await fill(list, async () => {
    try {
      await mine.load();
    } catch (error) {
      if (error.status === 404 && what === "projects") return empty("history", "Projects are not available on this server", "It is older than these pages.");
      throw error;
    }
    await lookBack();
    return [...list.childNodes];
  });
}

const wanted = () => $("#search").value.trim().toLowerCase();

function matches(item) {
  const words = what === "edits" ? [item.prompt, item.model, item.served_by.model, item.id] : [item.name, item.id];
  return words.filter(Boolean).join(" ").toLowerCase().includes(wanted());
}

let waiting = 0;

function search() {
  draw();
  clearTimeout(waiting);
  waiting = setTimeout(() => lookBack().catch(tell), 250);
}

/** While a search finds little, read on: so many pages, and then only when asked. */
async function lookBack() {
  const mine = pages;
  const sought = wanted();
  for (let turn = 0; turn < LOOK_BACK && sought && mine === pages && sought === wanted() && mine.more; turn++) {
    if (mine.items.filter(matches).length >= 20) return;
    await mine.next();
  }
}

function draw() {
  const found = pages.items.filter(matches);
  const line = what === "edits" ? (edit) => editLine(edit, () => showEdit(edit)) : projectLine;
  list.replaceChildren(found.length ? el("ul", { class: "items" }, found.map(line)) : nothing());
}

function nothing() {
  if (pages.items.length) {
    const where = `${pages.more ? "the latest " : ""}${count(pages.items.length, what.slice(0, -1))}`;
    return empty("search", `Nothing says “${$("#search").value.trim()}”`, `Looked through ${where}.`);
  }
  if (what === "projects") {
    return empty("history", "No projects yet", "A project is an edit that is made while nobody waits: ", el("code", {}, "async=true"), ", or ", el("code", {}, "POST /v1/ai-image-editor"), ".");
  }
  if ($("#state").value) return empty("history", "No edit is in this state", "Choose another, or every state.");
  return empty("image", "Nothing was edited yet", "Make the first edit in the ", el("a", { href: "/studio/" }, "studio"), ".");
}

// Projects

function projectLine(project) {
  const [word, kind] = PROJECT_STATES[project.status] ?? [project.status, ""];
  const name = project.name || project.id;
  const output = project.downloads[0];
  const open = () => details(project.id);
  const going = project.status === "queued" || project.status === "rendering";
  const button = (text, work, style = "") => el("button", { type: "button", class: `button small ${style}`, "aria-label": `${text}: ${name}`, onclick: work }, text);
  return el("li", { class: "item pictured", "data-project": project.id },
    output ? el("span", { class: "picture", "aria-hidden": "true" }, el("img", { src: here(output.url), alt: "", loading: "lazy" })) : el("span", { class: "picture", "aria-hidden": "true" }, icon("image")),
    el("div", { class: "item-text" },
      el("div", { class: "item-title" }, el("h2", { class: "clip" }, name), badge(word, kind)),
      facts({ "Images": number(project.image_count), "Paid": count(project.credits_charged, "credit"), "Asked": when(Date.parse(project.created_at) / 1000) }),
      project.error && el("p", { class: "fine" }, project.error.message)),
    el("div", { class: "item-actions" },
      going ? button("Cancel", () => stop(project)) : el("a", { class: "button small", href: `/studio/#edit=${project.id}`, "aria-label": `Edit this again: ${name}` }, icon("again"), "Edit again"),
      button("Details", open, "ghost"),
      going ? null : button("Delete", () => remove(project, name), "danger-ghost")));
}

async function details(id) {
  try {
    showEdit(await read(`/v1/edits/${encodeURIComponent(id)}`));
  } catch (error) {
    tell(error);
  }
}

async function stop(project) {
  try {
    await call(`/v1/image-projects/${project.id}/cancel`, { method: "POST" });
    tell("It is asked to stop. What a provider has begun runs on, unless it confirms that stopping costs nothing.");
    await reload();
  } catch (error) {
    tell(error);
  }
}

async function remove(project, name) {
  if (!await ask(`Delete “${name}”?`, "Its pictures are gone for good. What it cost stays in the ledger.", "Delete")) return;
  try {
    await call(`/v1/image-projects/${project.id}`, { method: "DELETE" });
    tell("It is deleted.");
    await reload();
  } catch (error) {
    tell(error);
  }
}

/** The ledger links to an edit by its id. */
async function openNamed() {
  const id = location.hash.slice(1);
  if (!/^edit_[0-9a-z]+$/.test(id)) return;
  history.replaceState(null, "", location.pathname);
  await details(id);
}
