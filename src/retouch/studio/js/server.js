// The owner's: how the engines behind the models fare, and what is being edited now. It is read anew as long as it is
// looked at, unless the reader stops that.

import { read } from "./api.js";
import { Activity } from "./activity.js";
import { $, $$, el } from "./dom.js";
import { clock, count, lasted, number } from "./format.js";
import { badge, empty, facts, fill, openHub } from "./hub.js";

const CIRCUITS = { closed: ["Works", "good"], "half-open": ["Tried again", "warn"], open: ["Left alone", "bad"] };

const PAUSE = 5000; // milliseconds between two readings

let minutes = 60;
let lackingShown = false;
let live = true;

openHub("manage", async (session) => {
  const activity = new Activity(session);
  const load = async () => {
    await Promise.all([fill($("#health"), health), activity.load()]);
    $("#now").hidden = false; // until then it would be pushed down by what stands above
    $("#as-of").textContent = `As of ${clock(Date.now())}`;
  };
  $("#again").addEventListener("click", load);
  $("#again").disabled = false;
  $("#keep-on").addEventListener("click", () => {
    live = !live;
    $("#keep-on").setAttribute("aria-pressed", String(live));
  });
  $("#minutes").addEventListener("click", (event) => {
    const chosen = event.target.closest("button")?.dataset.minutes;
    if (!chosen) return;
    minutes = Number(chosen);
    for (const button of $$("#minutes button")) button.setAttribute("aria-pressed", String(button.dataset.minutes === chosen));
    fill($("#health"), health);
  });
  await load();
  const goOn = async () => {
    if (live && !document.hidden && !inUse()) await load();
    setTimeout(goOn, PAUSE);
  };
  setTimeout(goOn, PAUSE);
});

/** Whether the reader would lose something if the page were drawn anew: a selection, or a dialog's place. */
const inUse = () => !getSelection().isCollapsed || $("dialog[open]") !== null;

async function health() {
  let providers;
  try {
    providers = (await read(`/v1/providers?minutes=${minutes}`)).data;
  } catch (error) {
    if (error.status !== 404) throw error;
    return empty("server", "Provider health is not available on this server", "It is older than these pages.");
  }
  const ready = providers.filter(({ available }) => available);
  const lacking = providers.filter(({ available }) => !available);
  return [
    ready.length ? el("ul", { class: "items" }, ready.map(provider)) : empty("server", "No engine works here", "What each of them lacks stands below."),
    lacking.length ? el("details", { class: "ended-ones", open: lackingShown, ontoggle: (event) => { lackingShown = event.target.open; } },
      el("summary", { id: "lacking" }, `Not set up (${lacking.length})`), el("ul", { class: "items" }, lacking.map(provider))) : null,
  ];
}

function provider({ id, available, missing, routes }) {
  const used = routes.filter(({ calls, circuit }) => calls || circuit !== "closed");
  const unused = routes.length - used.length;
  const [word, kind] = available ? worst(routes) : ["Not set up", ""];
  return el("li", { class: available ? "item" : "item ended", "data-provider": id },
    el("div", { class: "item-text whole" },
      el("div", { class: "item-title" }, el("h3", {}, id), badge(word, kind)),
      missing && el("p", {}, missing),
      used.length ? el("ul", { class: "routes" }, used.map(route)) : null,
      unused ? el("p", { class: "fine" }, `${count(unused, used.length ? "more route" : "route")}, not called in this time.`) : null));
}

const worst = (routes) => CIRCUITS[["open", "half-open"].find((state) => routes.some(({ circuit }) => circuit === state)) ?? "closed"];

function route({ model, serves, circuit, opens_in: opens, calls, failed, error_rate: rate, seconds, last_failure: cause }) {
  return el("li", { class: "route" },
    el("div", { class: "item-title" }, el("code", {}, model), circuit === "closed" ? null : badge(...CIRCUITS[circuit])),
    facts({
      "Calls": number(calls),
      "Failed": calls ? `${number(failed)} (${number(100 * rate)} %)` : null,
      "Median": seconds.median === null ? null : lasted(seconds.median),
      "95 % within": seconds.p95 === null ? null : lasted(seconds.p95),
      "Tried again": circuit === "open" ? `in ${lasted(opens)}` : null,
      "Serves": serves.join(", "),
    }),
    cause && el("p", { class: "fine" }, `The last failure: ${cause}`));
}
