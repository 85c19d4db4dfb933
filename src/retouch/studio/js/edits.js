// An edit that was made: as a line of a list, and in full.

import { el, icon } from "./dom.js";
import { at, count, lasted, money, number, when } from "./format.js";
import { badge, dialog, facts, table } from "./hub.js";
import { here } from "./links.js";
import { sizeAsked } from "./sizes.js";

export const STATES = {
  queued: ["Waiting", "warn"],
  running: ["Under way", "warn"],
  complete: ["Done", "good"],
  failed: ["Failed", "bad"],
  canceled: ["Cancelled", ""],
};

/** The state as a badge; that all went well goes without saying in a list. */
export const stateBadge = (state) => badge(...(STATES[state] ?? [state, ""]));

const paid = (edit) => edit.charged - edit.refunded;

/** A line of a list. */
export function editLine(edit, open) {
  const output = edit.outputs.find(({ url }) => url);
  const said = edit.prompt || "No prompt";
  return el("li", { class: "item pictured", "data-edit": edit.id },
    output
      ? el("button", { type: "button", class: "picture", tabIndex: -1, "aria-hidden": "true", onclick: open }, el("img", { src: here(output.url), alt: "", loading: "lazy" }))
      : el("span", { class: "picture", "aria-hidden": "true" }, icon(edit.state === "failed" ? "warning" : "image")),
    el("div", { class: "item-text" },
      el("div", { class: "item-title" }, el("h2", { class: "clip" }, said), edit.state !== "complete" && stateBadge(edit.state)),
      facts({
        "Model": edit.served_by.model ?? edit.model,
        "Images": edit.images.made === edit.images.asked ? number(edit.images.made) : `${edit.images.made} of ${edit.images.asked}`,
        "Size": sizeAsked(edit.parameters),
        "Paid": count(paid(edit), "credit"),
        "Asked": when(edit.created_at),
      }),
      edit.error && el("p", { class: "fine" }, edit.error.message)),
    el("div", { class: "item-actions" },
      el("a", { class: "button small", href: againLink(edit), "aria-label": `Edit this again: ${said}` }, icon("again"), "Edit again"),
      el("button", { type: "button", class: "button small ghost", "aria-label": `Details of: ${said}`, onclick: open }, "Details")));
}

/** Where the studio takes over the edit's picture and settings. */
const againLink = (edit) => `/studio/#edit=${edit.id}`;

/** Everything that is known of an edit. */
export function showEdit(edit) {
  const kept = edit.outputs.filter(({ url }) => url);
  return dialog("Edit", (close) => [
    el("p", {}, edit.prompt || "No prompt"),
    kept.length ? el("div", { class: "outputs" }, kept.map(picture)) : edit.outputs.length ? el("p", { class: "fine" }, "Its pictures have expired.") : "",
    edit.error ? el("p", { class: "note" }, icon("warning"), edit.error.message) : "",
    facts({
      "State": stateBadge(edit.state),
      "Asked for": edit.model,
      "Made by": edit.served_by.model && `${edit.served_by.model} on ${edit.served_by.engine}`,
      "Asked": at(edit.created_at),
      "Took": edit.finished_at ? edit.finished_at > edit.created_at ? lasted(edit.finished_at - edit.created_at) : "under a second" : null,
      "Charged": count(edit.charged, "credit"),
      "Refunded": edit.refunded ? count(edit.refunded, "credit") : null,
      "Provider’s cost": edit.cost ? money(edit.cost) : null,
      "End user": edit.user,
      ...settings(edit.parameters),
    }),
    attempts(edit.attempts),
    el("p", { class: "fine" }, el("code", {}, edit.id)),
    el("div", { class: "dialog-actions end" },
      el("button", { type: "button", class: "button", onclick: close }, "Close"),
      el("a", { class: "button primary", href: againLink(edit) }, icon("again"), "Edit this again")),
  ], { wide: true });
}

function picture(output) {
  const name = `edited-${output.index + 1}.${output.output_format === "jpeg" ? "jpg" : output.output_format}`;
  return el("figure", {},
    el("img", { class: "shown", src: here(output.url), alt: `Result ${output.index + 1}` }),
    el("figcaption", {},
      el("span", { class: "fine" }, `${output.size.replace("x", " × ")} ${output.output_format.toUpperCase()}`),
      el("a", { class: "button small", href: here(output.url), download: name }, icon("download"), "Download")));
}

/** The settings that were sent, in the API's names; pictures as what is known of them. */
function settings(parameters) {
  const said = (value) => {
    if (Array.isArray(value)) return count(value.length, "picture");
    if (value === null || typeof value !== "object") return String(value);
    return value.url ?? (value.bytes ? `${number(value.bytes / 1e6)} MB` : JSON.stringify(value));
  };
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, said(value)]));
}

function attempts(all) {
  if (!all.length) return "";
  const columns = [{ name: "Engine" }, { name: "Took", number: true }, { name: "What came of it" }];
  return el("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Calls that were tried" }, table("Calls that were tried", columns, all.map((attempt) =>
    [`${attempt.engine}: ${attempt.model}`, lasted(attempt.seconds), attempt.cause ?? count(attempt.images.length, "image")])));
}
