// The models: what works here, what each can do, what it costs, and what is missing for the others.

import { read } from "./api.js";
import { $, $$, copy, el, icon } from "./dom.js";
import { count, number } from "./format.js";
import { badge, empty, facts, fill, openHub, tell } from "./hub.js";
import { abilities, priceRange } from "./models.js";

let models = [];
let which = "all";

openHub("read", async () => {
  $("#search").addEventListener("input", draw);
  $("#which").addEventListener("click", (event) => {
    const chosen = event.target.closest("button")?.dataset.which;
    if (chosen) show(chosen);
  });
  await fill($("#list"), async () => {
    models = (await read("/v1/models")).data;
    return found();
  });
  say();
});

function show(chosen) {
  which = chosen;
  for (const button of $$("#which button")) button.setAttribute("aria-pressed", String(button.dataset.which === chosen));
  draw();
}

function draw() {
  $("#list").replaceChildren(found());
  say();
}

function matching() {
  const wanted = $("#search").value.trim().toLowerCase();
  return models
    .filter(({ available }) => which === "all" || available === (which === "available"))
    .filter(({ id, aliases, summary }) => [id, ...aliases, summary].join(" ").toLowerCase().includes(wanted))
    .sort((one, other) => other.available - one.available); // what works comes first
}

function say() {
  const working = models.filter(({ available }) => available).length;
  $("#found").textContent = models.length ? `${count(matching().length, "model")} shown. ${working} of ${models.length} work here.` : "\u00a0";
}

function found() {
  const shown = matching();
  if (shown.length) return el("ul", { class: "cards" }, shown.map(card));
  return el("div", { class: "card" }, empty("search", "No model like that", "Look for another name, or among all models."));
}

function card(model) {
  const { limits, price } = model;
  return el("li", { class: model.available ? "card model-box" : "card model-box off", "data-model": model.id },
    el("div", { class: "code-head" },
      el("h2", {}, model.id),
      el("button", { type: "button", class: "button icon-only ghost", "aria-label": `Copy the name ${model.id}`, title: "Copy the name", onclick: async () => {
        await copy(model.id);
        tell(`${model.id} is copied.`);
      } }, icon("copy"))),
    el("div", { class: "abilities" }, badge(model.available ? "Available" : "Missing", model.available ? "good" : "warn"), abilities(model).slice(1).map((text) => badge(text))),
    el("p", {}, model.summary),
    model.available ? "" : el("p", { class: "missing-note" }, model.missing),
    facts({
      "Price": priceRange(model).replace(/\s*credits?$/, (word) => `${word} an image`),
      "By quality": prices(price.by_quality),
      "Resolutions": prices(price.by_resolution) ?? model.resolutions.join(", "),
      "Sizes": model.sizes === "any" ? "any" : model.sizes.map((size) => size.replace("x", " × ")).join(", "),
      "Shapes": model.aspect_ratios.join(", "),
      "Takes": `${count(limits.images, "photo")}${limits.image_bytes ? ` of ${number(limits.image_bytes / 1e6)} MB` : ""}, ${number(limits.prompt_characters)} characters`,
      "Gives": `${limits.n > 1 ? `up to ${limits.n} images` : "one image"}, as ${{ url: "a link", b64_json: "base64", both: "link and base64" }[model.response_format]}`,
      "Accounts": model.tiers.length === 4 ? null : model.tiers.join(", "),
      "Also called": model.aliases.join(", "),
      "Made by": model.routes.map(({ engine }) => engine).filter((engine, index, all) => all.indexOf(engine) === index).join(", then "),
    }));
}

/** Prices that differ, by what they differ by; nothing where they are all the same. */
function prices(by) {
  const entries = Object.entries(by);
  if (new Set(entries.map(([, value]) => value)).size < 2) return null;
  return entries.map(([name, value]) => `${name}: ${number(value)}`).join(", ");
}
