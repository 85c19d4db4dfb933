// The owner's: how the engines behind the models fare, and what is being edited now.

import { read } from "./api.js";
import { $ } from "./dom.js";
import { editLine, showEdit } from "./edits.js";
import { el } from "./dom.js";
import { empty, fill, openHub } from "./hub.js";

openHub("manage", async () => {
  $("#again").addEventListener("click", load);
  $("#again").disabled = false;
  await load();
});

async function load() {
  await Promise.all([fill($("#health"), health), fill($("#running"), running)]);
}

async function health() {
  return empty("server", "Provider health is not available on this server", "It is older than these pages.");
}

async function running() {
  const found = (await Promise.all(["running", "queued"].map((state) => read(`/v1/edits?state=${state}&limit=100`)))).flatMap(({ data }) => data);
  if (!found.length) return empty("check", "Nothing is running or waiting", "Edits of your account that are under way are listed here.");
  return el("ul", { class: "items" }, found.map((edit) => editLine(edit, () => showEdit(edit))));
}
