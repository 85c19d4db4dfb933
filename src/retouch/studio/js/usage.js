// What the account made and spent: totals, a chart by day, and tables by model and key.

import { read } from "./api.js";
import { Bars, legend, share } from "./chart.js";
import { $, $$, el } from "./dom.js";
import { count, money, number } from "./format.js";
import { empty, openHub, table, trouble } from "./hub.js";

const DAY = 86_400_000;
const MOST_SERIES = 5; // and one for all others
const MEASURES = { credits: "credit", edits: "edit", images: "image" };
const language = document.documentElement.lang;
const short = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" });
const long = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });

let chart = null;
let days = 30;
let measure = "credits";
let used = [];
let until = Date.now();
let names = new Map();

openHub("read", async (session) => {
  chart = new Bars($("#chart"));
  names = await keyNames(session);
  choose("#days", "days", (value) => { days = Number(value); return load(); });
  choose("#measure", "measure", (value) => { measure = value; drawDays(); });
  await load();
});

/** What the keys are called, where the reader's own key may see them. */
async function keyNames({ scopes }) {
  const found = new Map();
  if (!scopes.includes("manage")) return found;
  const page = await read("/v1/keys?limit=100").catch(() => ({ data: [] }));
  for (const { id, name, prefix } of page.data) found.set(id, name || `${prefix}…`);
  return found;
}

function choose(group, name, chosen) {
  $(group).addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    for (const other of $$("button", $(group))) other.setAttribute("aria-pressed", String(other === button));
    chosen(button.dataset[name]);
  });
}

async function load() {
  const asked = days;
  try {
    const usage = await read(`/v1/usage?days=${asked}`);
    if (asked !== days) return; // another period was chosen meanwhile
    used = usage.data;
    until = usage.until * 1000;
    drawTotals();
    drawDays();
    drawModels();
    drawKeys();
  } catch (error) {
    $("#chart").replaceChildren(trouble(error, load));
    for (const place of ["#models-table", "#keys-table"]) $(place).replaceChildren(el("p", { class: "quiet" }, "Could not be read."));
  }
}

const sum = (lines, name) => lines.reduce((all, line) => all + line[name], 0);

function drawTotals() {
  const edits = sum(used, "edits");
  const put = (id, text) => { $(`#total-${id}`).textContent = text; };
  put("edits", number(edits));
  put("complete", edits ? `${number(sum(used, "complete"))} of them complete` : "\u00a0");
  put("images", number(sum(used, "images")));
  put("credits", number(sum(used, "credits")));
  const refunded = sum(used, "refunded");
  put("refunded", refunded ? `${number(refunded)} refunded` : "\u00a0");
  put("cost", money(sum(used, "cost")));
}

/** {name: lines}, those with the most first. */
function grouped(name) {
  const groups = new Map();
  for (const line of used) groups.set(line[name], [...(groups.get(line[name]) ?? []), line]);
  return [...groups].sort(([, one], [, other]) => sum(other, "credits") - sum(one, "credits") || sum(other, "edits") - sum(one, "edits"));
}

/** Columns of one day each, or of a week where there are very many. */
function columns(models) {
  const length = days > 120 ? 7 : 1;
  const last = Math.floor(until / DAY) * DAY;
  const made = [];
  for (let end = last; end > last - days * DAY; end -= length * DAY) {
    const start = Math.max(end - (length - 1) * DAY, last - (days - 1) * DAY);
    const inside = used.filter(({ day }) => Date.parse(day) >= start && Date.parse(day) <= end);
    const values = models.map((model) => sum(inside.filter((line) => line.model === model), measure));
    const others = sum(inside, measure) - values.reduce((all, value) => all + value, 0);
    made.unshift({
      label: start === end ? long.format(start) : `${long.format(start)} – ${long.format(end)}`,
      short: short.format(start),
      values: [...values, others],
      lines: inside,
    });
  }
  return made;
}

function drawDays() {
  const place = $("#chart");
  const [one, many] = [MEASURES[measure], `${MEASURES[measure]}s`];
  if (!used.length) {
    place.replaceChildren(empty("chart", "Nothing was edited in these days", "Make an edit in the ", el("a", { href: "/studio/" }, "studio"), ", or with a ", el("a", { href: "/studio/keys" }, "key"), "."));
    chart.columns = [];
    $("#legend").replaceChildren();
    $("#days-table").replaceChildren(el("p", { class: "quiet" }, "Nothing to show."));
    return;
  }
  const models = grouped("model").map(([name]) => name);
  const shown = models.slice(0, models.length === MOST_SERIES + 1 ? MOST_SERIES + 1 : MOST_SERIES);
  const series = models.length > shown.length ? [...shown, "others"] : shown;
  const drawn = columns(shown).map((column) => ({ ...column, values: column.values.slice(0, series.length) }));
  const best = drawn.reduce((most, column) => (sum(column.lines, measure) > sum(most.lines, measure) ? column : most));
  const label = `${count(sum(used, measure), one, many)} in ${days} days; the most, ${number(sum(best.lines, measure))}, on ${best.label}. The table below has every day.`;
  chart.draw(drawn, series, { label, format: number });
  $("#legend").replaceChildren(...legend(series));
  $("#days-table").replaceChildren(table("By day", [{ name: "Day" }, ...["Edits", "Images", "Credits"].map((name) => ({ name, number: true }))],
    drawn.filter(({ lines }) => lines.length).reverse().map(({ label: day, lines }) => [day, ...["edits", "images", "credits"].map((name) => number(sum(lines, name)))])));
}

function drawModels() {
  drawTable("#models-table", "By model", "Model", grouped("model"), (name) => name);
}

function drawKeys() {
  drawTable("#keys-table", "By key", "Key", grouped("key_id"), (id) => names.get(id) ?? id);
}

function drawTable(place, caption, first, groups, called) {
  const all = sum(used, "credits") || sum(used, "edits") || 1;
  const measured = sum(used, "credits") ? "credits" : "edits";
  $(place).replaceChildren(groups.length
    ? table(caption, [{ name: first }, ...["Edits", "Images", "Credits"].map((name) => ({ name, number: true }))], groups.map(([name, lines]) =>
      [[called(name), share(sum(lines, measured) / all)], ...["edits", "images", "credits"].map((column) => number(sum(lines, column)))]))
    : el("p", { class: "quiet" }, "Nothing in these days."));
}
