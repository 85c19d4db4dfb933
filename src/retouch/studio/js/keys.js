// API keys: made, shown once with code that works, bounded, revoked.

import { call, read } from "./api.js";
import { $, $$, announce, el, icon } from "./dom.js";
import { ago, count, number, when } from "./format.js";
import { Paged, ask, badge, copyable, dialog, empty, facts, field, fill, form, numberOf, openHub, send, tell } from "./hub.js";
import { examplesFor } from "./models.js";
import { curl, javascript, python } from "./snippets.js";

const SCOPES = {
  edit: "Make edits and projects.",
  read: "See models, usage, credits and earlier edits.",
  manage: "Make and revoke keys, and set up webhooks.",
};
const DAY = 86_400;
const ENDS = { "": "Never", [DAY]: "In a day", [7 * DAY]: "In 7 days", [30 * DAY]: "In 30 days", [90 * DAY]: "In 90 days", [365 * DAY]: "In a year" };
const STATES = { valid: ["Works", "good"], expired: ["Expired", "warn"], revoked: ["Revoked", ""] };
const LANGUAGES = { curl: ["curl", curl], python: ["Python", python], javascript: ["JavaScript", javascript] };

const list = $("#list");
let session = null;

openHub("manage", async (opened) => {
  session = opened;
  const keys = new Paged("/v1/keys", $("#more"), draw);
  const reload = () => fill(list, async () => {
    await keys.load();
    return [...list.childNodes];
  });

  function draw(all) {
    const valid = all.filter(({ state }) => state === "valid");
    const ended = all.filter(({ state }) => state !== "valid");
    list.replaceChildren(
      valid.length ? el("ul", { class: "items" }, valid.map((key) => line(key, reload)))
        : empty("key", "No key works now", "Create one: it takes a name and a click."),
      ...(ended.length ? [el("details", { class: "ended-ones" }, el("summary", {}, `Revoked and expired (${ended.length})`),
        el("ul", { class: "items" }, ended.map((key) => line(key, reload))))] : []));
  }

  $("#create").addEventListener("click", () => create(reload));
  $("#create").disabled = false;
  await reload();
});

function line(key, reload) {
  const [word, kind] = STATES[key.state];
  const valid = key.state === "valid";
  const name = key.name || "Without a name";
  return el("li", { class: valid ? "item" : "item ended", "data-key": key.id },
    el("div", { class: "item-text" },
      el("div", { class: "item-title" }, el("h2", {}, name), key.prefix && el("code", {}, `${key.prefix}…`), badge(word, kind),
        key.id === session.key_id && badge("This session")),
      facts({
        "Scopes": key.scopes.join(", "),
        "Models": key.models && key.models.join(", "),
        "Spends at most": key.spend_cap === null ? null : count(key.spend_cap, "credit"),
        "Rate": key.requests_per_minute && `${number(key.requests_per_minute)} a minute`,
        "Last used": key.last_used_at ? when(key.last_used_at) : "never",
        "Made": when(key.created_at),
        "Ends": valid && key.expires_at ? when(key.expires_at) : null,
        "Revoked": key.revoked_at && when(key.revoked_at),
        "Expired": key.state === "expired" ? when(key.expires_at) : null,
      })),
    valid && el("div", { class: "item-actions" },
      el("button", { type: "button", class: "button small", "aria-label": `Rename ${name}`, onclick: () => rename(key, reload) }, "Rename"),
      el("button", { type: "button", class: "button small danger-ghost", "aria-label": `Revoke ${name}`, onclick: () => revoke(key, name, reload) }, "Revoke")));
}

function rename(key, reload) {
  dialog("Rename the key", (close) => {
    const name = el("input", { value: key.name, maxLength: 200, autocomplete: "off", autofocus: true });
    return form([field("name", "Name", name)], "Rename", async () => {
      await send("PATCH", `/v1/keys/${key.id}`, { name: name.value.trim() });
      close();
      await reload();
    }, close);
  });
}

async function revoke(key, name, reload) {
  const own = key.id === session.key_id ? " You are signed in with this very key: you will be signed out." : "";
  const used = key.last_used_at ? `It was last used ${ago(key.last_used_at)}.` : "It was never used.";
  if (!await ask(`Revoke “${name}”?`, `What uses it is refused from now on, and it cannot be brought back. ${used}${own}`, "Revoke")) return;
  try {
    await call(`/v1/keys/${key.id}`, { method: "DELETE" });
    tell(`“${name}” is revoked.`);
    await reload();
  } catch (error) {
    tell(error);
  }
}

// A new key

async function create(reload) {
  let models;
  try {
    models = (await read("/v1/models")).data;
  } catch (error) {
    tell(error);
    return;
  }
  dialog("Create a key", (close, root) => {
    const name = el("input", { maxLength: 200, autocomplete: "off", placeholder: "web shop", autofocus: true });
    const cap = el("input", { type: "number", min: 0, step: "any", inputMode: "decimal", placeholder: "No cap" });
    const rate = el("input", { type: "number", min: 1, step: 1, inputMode: "numeric", placeholder: "The account’s" });
    const ends = el("select", {}, Object.entries(ENDS).sort(([one], [other]) => one - other).map(([value, text]) => el("option", { value }, text)));
    const fields = [
      field("name", "Name", name, "What it is for, so that you know it again."),
      scopeChoices(),
      modelChoices(models),
      el("div", { class: "two" },
        field("spend_cap", "Spends at most, credits", cap, "In all, not a month."),
        field("requests_per_minute", "Requests a minute", rate)),
      field("expires_in", "Ends", ends),
    ];
    return form(fields, "Create", async () => {
      const only = $("#only-some", root).checked ? $$("[name=models]:checked", root).map(({ value }) => value) : undefined;
      const scopes = $$("[name=scopes]:checked", root).map(({ value }) => value);
      if (!scopes.length) throw new Error("Choose what the key may do.");
      if (only && !only.length) throw new Error("Choose the models that the key may use.");
      const made = await send("POST", "/v1/keys", {
        name: name.value.trim(), scopes, models: only, spend_cap: numberOf(cap), requests_per_minute: numberOf(rate),
        expires_in: ends.value ? Number(ends.value) : undefined,
      });
      close();
      reveal(made, models);
      await reload();
    }, close);
  });
}

function scopeChoices() {
  return el("fieldset", { class: "choices" }, el("legend", { class: "field-label" }, "It may"), Object.entries(SCOPES).map(([scope, text]) =>
    el("label", { class: "choice" },
      el("input", { type: "checkbox", name: "scopes", value: scope, checked: scope !== "manage" && session.scopes.includes(scope), disabled: !session.scopes.includes(scope) }),
      el("span", {}, scope), el("span", { class: "fine" }, session.scopes.includes(scope) ? text : "Your own key may not."))));
}

function modelChoices(models) {
  const names = el("div", { class: "choice-list", hidden: true, tabIndex: 0, role: "group", "aria-label": "Models" }, models.map(({ id, available }) =>
    el("label", { class: "choice" }, el("input", { type: "checkbox", name: "models", value: id }), el("span", {}, id, available ? "" : " (missing here)"))));
  const either = (id, text, some) => el("label", { class: "choice" },
    el("input", { type: "radio", name: "which", id, checked: !some, onchange: () => { names.hidden = !some; } }), el("span", {}, text));
  return el("fieldset", { class: "choices" }, el("legend", { class: "field-label" }, "With which models"),
    either("all-models", "All of them", false), either("only-some", "Only these", true), names);
}

/** The key, this once, and what to do with it. */
function reveal(made, models) {
  const model = models.find(({ id, available }) => available && (!made.models || made.models.includes(id)));
  const edit = model && { base: location.origin, images: ["photo.jpg"], mask: null, fields: { model: model.id, prompt: examplesFor(model, "whole")[0] } };
  dialog("Your new key", (close) => [
    el("p", { class: "note" }, icon("warning"), "Copy it now: only its fingerprint is kept, and it is never shown again."),
    el("div", { class: "secret" }, el("code", { id: "new-key" }, made.key), copyable(() => made.key, "the key")),
    made.scopes.includes("edit") && edit ? code(edit, made.key) : "",
    el("div", { class: "dialog-actions end" }, el("button", { type: "button", class: "button primary", onclick: close }, "Done")),
  ], { wide: true });
  announce("The key is made. Copy it now.");
}

function code(edit, key) {
  const given = `export RETOUCH_API_KEY=${key}`;
  const text = el("pre", { class: "snippet", id: "snippet", tabIndex: 0, "aria-label": "Code" });
  const copyCode = copyable(() => text.textContent, "the code");
  const tabs = Object.entries(LANGUAGES).map(([language, [name, write]]) =>
    el("button", { type: "button", class: "tab", "data-language": language, onclick: (event) => {
      text.textContent = write(edit);
      copyCode.reset();
      for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab === event.currentTarget));
    } }, name));
  tabs[0].click();
  tabs[0].setAttribute("aria-pressed", "true");
  return [
    el("p", { class: "fine" }, "1. Give it to your shell:"),
    el("div", { class: "secret" }, el("code", { id: "export" }, given), copyable(() => given, "the line that gives it to your shell")),
    el("p", { class: "fine" }, "2. Edit photo.jpg of the current folder:"),
    el("div", { class: "code-head" }, el("div", { class: "tabs", role: "group", "aria-label": "Language" }, tabs), copyCode),
    text,
  ];
}
