// The owner's: who is charged, with which limits, and credits granted.

import { $, el } from "./dom.js";
import { count, number, when } from "./format.js";
import { ledgerTable } from "./ledger.js";
import { Paged, badge, copyable, dialog, empty, facts, field, fill, form, numberOf, openHub, send, tell, trouble } from "./hub.js";

const TIERS = ["free", "creator", "pro", "business"];
const LIMITS = { requests_per_minute: "Requests a minute", concurrent_edits: "Edits at a time", images_per_day: "Images a day", spend_cap: "Spends at most, credits" };

const list = $("#list");
let session = null;

openHub("manage", async (opened) => {
  session = opened;
  const accounts = new Paged("/v1/accounts", $("#more"), (all) => list.replaceChildren(el("ul", { class: "items" }, all.map((account) => line(account, reload)))));
  const reload = () => fill(list, async () => {
    await accounts.load();
    return [...list.childNodes];
  });
  $("#create").addEventListener("click", () => create(reload));
  $("#create").disabled = !session.owner;
  if (!session.owner) $(".page-head p").textContent = "Yours alone: the others are for the server’s owner to see.";
  await reload();
});

function line(account, reload) {
  const { limits } = account;
  const name = account.name || "Without a name";
  const button = (text, work) => el("button", { type: "button", class: "button small", "aria-label": `${text}: ${name}`, onclick: work }, text);
  return el("li", { class: "item", "data-account": account.id },
    el("div", { class: "item-text" },
      el("div", { class: "item-title" }, el("h2", {}, name), badge(account.tier), account.unlimited && badge("Unlimited", "good"), account.id === session.account_id && badge("Yours")),
      facts({
        "Balance": count(account.balance, "credit"),
        "Spent": number(account.spent),
        ...Object.fromEntries(Object.entries(LIMITS).map(([key, text]) => [text, limits[key] === null ? null : number(limits[key])])),
        "Made": when(account.created_at),
      }),
      el("code", { class: "fine" }, account.id)),
    el("div", { class: "item-actions" },
      session.owner && button("Grant credits", () => grant(account, name, reload)),
      session.owner && button("Limits", () => change(account, name, reload)),
      button("Ledger", () => ledger(account, name))));
}

const tierSelect = (chosen) => el("select", {}, TIERS.map((tier) => el("option", { value: tier, selected: tier === chosen }, tier)));

function create(reload) {
  dialog("Create an account", (close) => {
    const name = el("input", { maxLength: 200, autocomplete: "off", placeholder: "web shop", autofocus: true });
    const tier = tierSelect("free");
    return form([field("name", "Name", name), field("tier", "Tier", tier, "Which models and resolutions it may use.")], "Create", async () => {
      if (!name.value.trim()) throw Object.assign(new Error("Give it a name."), { param: "name" });
      const made = await send("POST", "/v1/accounts", { name: name.value.trim(), tier: tier.value });
      close();
      next(made);
      await reload();
    }, close);
  });
}

/** What a new account needs is made on the server: a key for it, or a link to sign in by. */
function next(account) {
  const steps = { "A key for its programs": `retouch keys create --account ${account.id}`, "A link to sign in to these pages": `retouch signin --account ${account.id}` };
  dialog(`“${account.name}” is created`, (close) => [
    el("p", {}, "Its keys are its own to make. The first way in is made on the machine that runs the server:"),
    ...Object.entries(steps).flatMap(([text, command]) => [el("p", { class: "fine" }, text), el("div", { class: "secret" }, el("code", {}, command), copyable(() => command, `the command: ${text}`))]),
    el("div", { class: "dialog-actions end" }, el("button", { type: "button", class: "button primary", onclick: close }, "Done")),
  ], { wide: true });
}

function change(account, name, reload) {
  dialog(`Limits of ${name}`, (close) => {
    const called = el("input", { value: account.name, maxLength: 200, autocomplete: "off" });
    const tier = tierSelect(account.tier);
    const limits = Object.fromEntries(Object.keys(LIMITS).map((key) => [key, el("input", { type: "number", min: key === "spend_cap" ? 0 : 1, step: key === "spend_cap" ? "any" : 1, value: account.limits[key] ?? "", placeholder: "The server’s" })]));
    return form([
      el("div", { class: "two" }, field("name", "Name", called), field("tier", "Tier", tier)),
      el("div", { class: "two" }, Object.entries(LIMITS).map(([key, text]) => field(key, text, limits[key]))),
      el("p", { class: "fine" }, "An empty limit is the server’s own, from its settings; where those name none, there is none."),
    ], "Change", async () => {
      const asked = { name: called.value.trim(), tier: tier.value };
      for (const [key, control] of Object.entries(limits)) asked[key] = numberOf(control) ?? null;
      const known = { ...account, ...account.limits };
      const changed = Object.entries(asked).filter(([key, value]) => value !== known[key]); // what another sets meanwhile stays
      await send("PATCH", `/v1/accounts/${account.id}`, Object.fromEntries(changed));
      close();
      tell(`${name} is changed.`);
      await reload();
    }, close);
  });
}

function grant(account, name, reload) {
  const once = crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint32Array(4))].join("-"); // pressed twice, granted once
  dialog(`Grant credits to ${name}`, (close) => {
    const amount = el("input", { type: "number", step: "any", inputMode: "decimal", autofocus: true });
    const note = el("input", { maxLength: 200, autocomplete: "off" });
    return form([field("amount", "Credits", amount, `It has ${count(account.balance, "credit")}. Below zero takes them away.`), field("note", "Note", note, "The account reads it in its ledger.")], "Grant", async () => {
      const wanted = numberOf(amount);
      if (wanted === undefined) throw Object.assign(new Error("Say how many."), { param: "amount" });
      const entry = await send("POST", `/v1/accounts/${account.id}/grants`, { amount: wanted, note: note.value.trim() }, { "idempotency-key": once });
      close();
      tell(`${name} has ${count(entry.balance, "credit")} now.`);
      await reload();
    }, close);
  });
}

function ledger(account, name) {
  dialog(`Ledger of ${name}`, () => {
    const place = el("div", { "aria-busy": "true" }, el("span", { class: "skeleton-line" }));
    const more = el("button", { type: "button", class: "button more", hidden: true }, "Show older");
    const entries = new Paged(`/v1/accounts/${account.id}/credits`, more, (all) => place.replaceChildren(all.length ? ledgerTable(all, { linked: account.id === session.account_id }) : empty("coins", "Nothing yet", "Neither charged nor granted.")));
    const load = () => entries.load().catch((error) => place.replaceChildren(trouble(error, load))).finally(() => place.removeAttribute("aria-busy"));
    load();
    return [place, more];
  }, { wide: true });
}
