// What runs and waits, over all accounts for the owner: whose it is and how long it takes, not what it is about.

import { call, read } from "./api.js";
import { $, el, show } from "./dom.js";
import { showEdit, stateBadge } from "./edits.js";
import { count, number, passed, when } from "./format.js";
import { badge, empty, facts, fill, tell } from "./hub.js";

const PAGE = 100;

export class Activity {
  constructor(session) {
    this.session = session;
    this.wanted = PAGE; // how many are shown at most
    $("#more").addEventListener("click", () => {
      this.wanted += PAGE;
      this.load();
    });
  }

  load() {
    return fill($("#running"), async () => {
      const { going, more, now } = await this.#read();
      show($("#more"), more);
      const waiting = going.filter(({ state }) => state === "queued").length;
      const counts = `${number(going.length - waiting)} running, ${number(waiting)} waiting`;
      $("#counts").textContent = more ? `The oldest ${number(going.length)}: ${counts}` : going.length ? counts : "";
      if (going.length) return el("ul", { class: "items" }, going.map((one) => this.#line(one, now)));
      return empty("check", "Nothing is running or waiting", `Edits and projects of ${this.session.owner ? "every" : "your"} account are listed here while they are made.`);
    });
  }

  /** As many as are wanted, whether there are more, and the server's clock. */
  async #read() {
    const going = [];
    for (;;) {
      const after = going.length ? `&after=${going.at(-1).id}` : "";
      const answer = await call(`/v1/activity?limit=${PAGE}${after}`);
      const page = await answer.json();
      going.push(...page.data);
      if (!page.has_more || going.length >= this.wanted) {
        return { going, more: page.has_more, now: Date.parse(answer.headers.get("date")) / 1000 || Date.now() / 1000 };
      }
    }
  }

  #line(one, now) {
    const { images, served_by: by, account, key } = one;
    const waits = one.state === "queued";
    return el("li", { class: "item", "data-edit": one.id },
      el("div", { class: "item-text" },
        el("div", { class: "item-title" }, el("h3", {}, one.model), stateBadge(one.state), one.kind === "project" && badge("Project")),
        facts({
          [waits ? "Waits" : "Runs"]: `for ${passed(now - (waits ? one.created_at : one.started_at ?? one.created_at))}`,
          "Account": account.name || account.id,
          "Key": key.name || key.id,
          "Engine": by.engine === one.model ? by.engine : `${by.engine}: ${by.engine_model}`,
          "Images": images.made ? `${images.made} of ${images.asked}` : number(images.asked),
          "Attempt": one.attempt > 1 ? number(one.attempt) : null,
          "Charged": count(one.charged, "credit"),
          "Asked": waits ? null : when(one.created_at),
        }),
        el("code", { class: "fine" }, one.id)),
      account.id === this.session.account_id && el("div", { class: "item-actions" },
        el("button", { type: "button", class: "button small ghost", id: `details-${one.id}`, "aria-label": `Details of ${one.id}`, onclick: () => details(one.id) }, "Details")));
  }
}

/** An edit of one's own may be read in full. */
async function details(id) {
  try {
    showEdit(await read(`/v1/edits/${id}`));
  } catch (error) {
    tell(error);
  }
}
