// Webhooks: addresses that are told of projects, what was told to them, and telling it again.

import { call } from "./api.js";
import { $, el, icon } from "./dom.js";
import { ago, at, lasted, when } from "./format.js";
import { Paged, ask, badge, copyable, dialog, empty, facts, field, fill, form, openHub, send, tell, trouble } from "./hub.js";

const EVENTS = { "image.started": "A project has begun.", "image.completed": "A project is done.", "image.errored": "A project has failed, and is paid back." };
const DELIVERIES = { pending: ["Waiting", "warn"], delivered: ["Delivered", "good"], failed: ["Failed", "bad"] };

const list = $("#list");

openHub("manage", async () => {
  const hooks = new Paged("/v1/webhooks", $("#more"), (all) => list.replaceChildren(all.length
    ? el("ul", { class: "items" }, all.map((hook) => line(hook, reload)))
    : empty("webhook", "No webhooks yet", "Add an address of yours, and it is told what becomes of your projects.")));
  const reload = () => fill(list, async () => {
    try {
      await hooks.load();
    } catch (error) {
      if (error.status !== 404) throw error;
      return empty("webhook", "Webhooks are not available on this server", "It is older than these pages.");
    }
    $("#create").disabled = false;
    return [...list.childNodes];
  });
  $("#create").addEventListener("click", () => edit(null, reload));
  await reload();
});

function line(hook, reload) {
  const act = async (work, said) => {
    try {
      await work();
      tell(said);
      await reload();
    } catch (error) {
      tell(error);
    }
  };
  const button = (text, work, style = "") => el("button", { type: "button", class: `button small ${style}`, "aria-label": `${text}: ${hook.url}`, onclick: work }, text);
  const path = `/v1/webhooks/${hook.id}`;
  return el("li", { class: hook.enabled ? "item" : "item ended", "data-webhook": hook.id },
    el("div", { class: "item-text" },
      el("div", { class: "item-title" }, el("h2", {}, hook.url), badge(hook.enabled ? "On" : "Off", hook.enabled ? "good" : ""),
        hook.enabled && hook.failing_since && badge(`Failing since ${ago(hook.failing_since)}`, "bad")),
      hook.description && el("p", {}, hook.description),
      facts({ "Told of": hook.events.join(", "), "Made": when(hook.created_at) }),
      hook.disabled_because && el("p", { class: "fine" }, `Turned off: ${hook.disabled_because}`)),
    el("div", { class: "item-actions" },
      button("Deliveries", () => deliveries(hook)),
      button("Change", () => edit(hook, reload)),
      button(hook.enabled ? "Turn off" : "Turn on", () => act(() => send("PATCH", path, { enabled: !hook.enabled }), hook.enabled ? "It is turned off." : "It is turned on.")),
      button("New secret", () => rotate(hook)),
      button("Delete", async () => {
        if (await ask("Delete the webhook?", `Nothing is sent to ${hook.url} any more, and its log is forgotten.`, "Delete")) {
          await act(() => call(path, { method: "DELETE" }), "The webhook is deleted.");
        }
      }, "danger-ghost")));
}

function edit(hook, reload) {
  dialog(hook ? "Change the webhook" : "Add a webhook", (close, root) => {
    const url = el("input", { type: "url", value: hook?.url ?? "", placeholder: "https://…", autocomplete: "off", autofocus: true });
    const description = el("input", { value: hook?.description ?? "", maxLength: 500, autocomplete: "off" });
    const events = el("fieldset", { class: "choices" }, el("legend", { class: "field-label" }, "Tell it when"), Object.entries(EVENTS).map(([event, text]) =>
      el("label", { class: "choice" }, el("input", { type: "checkbox", name: "events", value: event, checked: hook ? hook.events.includes(event) : true }),
        el("span", {}, event), el("span", { class: "fine" }, text))));
    return form([field("url", "Address", url, "It must be public. Messages are signed, so that you know they are ours."), events, field("description", "What it is for", description)],
      hook ? "Change" : "Add", async () => {
        const chosen = [...root.querySelectorAll("[name=events]:checked")].map(({ value }) => value);
        if (!chosen.length) throw new Error("Choose what to be told of.");
        const body = { url: url.value.trim(), description: description.value.trim(), events: chosen };
        const made = await (hook ? send("PATCH", `/v1/webhooks/${hook.id}`, body) : send("POST", "/v1/webhooks", body));
        close();
        if (made.secret) reveal(made.secret, "The webhook is added");
        await reload();
      }, close);
  });
}

async function rotate(hook) {
  if (!await ask("Make a new secret?", "Messages are signed by the new one from now on, and for a day by the former one too.", "Make a new secret")) return;
  try {
    reveal((await send("POST", `/v1/webhooks/${hook.id}/rotate`)).secret, "The new secret");
  } catch (error) {
    tell(error);
  }
}

function reveal(secret, title) {
  dialog(title, (close) => [
    el("p", { class: "note" }, icon("warning"), "Copy the secret now: it is never shown again. With it you check that a message is from this server."),
    el("div", { class: "secret" }, el("code", { id: "new-secret" }, secret), copyable(() => secret, "the secret")),
    el("div", { class: "dialog-actions end" }, el("button", { type: "button", class: "button primary", onclick: close }, "Done")),
  ], { wide: true });
}

// What was told

function deliveries(hook) {
  dialog("Deliveries", () => {
    const place = el("div", { "aria-busy": "true" }, el("span", { class: "skeleton-line" }));
    const more = el("button", { type: "button", class: "button more", hidden: true }, "Show older");
    const log = new Paged(`/v1/webhooks/${hook.id}/deliveries`, more, (all) => place.replaceChildren(all.length
      ? el("ul", { class: "items" }, all.map((delivery) => deliveryLine(hook, delivery, load)))
      : empty("webhook", "Nothing was told yet", "Make a project, and its messages are listed here for 30 days.")));
    const load = async () => {
      try {
        await log.load();
      } catch (error) {
        place.replaceChildren(trouble(error, load));
      } finally {
        place.removeAttribute("aria-busy");
      }
    };
    load();
    return [
      el("p", { class: "fine" }, hook.url),
      el("div", { class: "card bare" }, place),
      more,
      el("div", { class: "dialog-actions end" }, el("button", { type: "button", class: "button", onclick: load }, icon("again"), "Read again")),
    ];
  }, { wide: true });
}

function deliveryLine(hook, delivery, reload) {
  const [word, kind] = DELIVERIES[delivery.state] ?? [delivery.state, ""];
  const last = delivery.tries.at(-1);
  const again = async () => {
    try {
      await send("POST", `/v1/webhooks/${hook.id}/deliveries/${delivery.id}/redeliver`);
      tell("It is sent again.");
      await reload();
    } catch (error) {
      tell(error);
    }
  };
  return el("li", { class: "item", "data-delivery": delivery.id },
    el("div", { class: "item-text" },
      el("div", { class: "item-title" }, el("h3", {}, delivery.event), badge(word, kind)),
      facts({
        "Project": el("a", { href: `/studio/history#${delivery.project_id}` }, delivery.project_id),
        "Made": when(delivery.created_at),
        "Next try": delivery.next_try_at && when(delivery.next_try_at),
      }),
      last ? el("details", { class: "as-table" }, el("summary", {}, `${delivery.tries.length === 1 ? "1 try" : `${delivery.tries.length} tries`}, the last: ${outcome(last)}`),
        el("ol", { class: "tries" }, delivery.tries.map((one) => el("li", { class: "fine" }, `${at(one.at)}: ${outcome(one)}`)))) : el("p", { class: "fine" }, "Not tried yet")),
    el("div", { class: "item-actions" }, el("button", { type: "button", class: "button small", "aria-label": `Send ${delivery.event} of ${delivery.project_id} again`, onclick: again }, icon("again"), "Send again")));
}

function outcome({ status, error, seconds }) {
  return [status && `status ${status}`, error, lasted(seconds)].filter(Boolean).join(", ");
}
