// The dialog that shows the edit as code.

import { $, $$, announce, copy, download, el, icon } from "./dom.js";
import { curl, javascript, python } from "./snippets.js";

const WRITERS = { curl, python, javascript };

export class CodeDialog {
  constructor() {
    this.dialog = $("#code-dialog");
    this.language = "curl";
    $("#code-close").addEventListener("click", () => this.dialog.close());
    $("#languages").addEventListener("click", (event) => {
      const language = event.target.closest("[data-language]")?.dataset.language;
      if (language) this.#write(language);
    });
    $("#code-copy").addEventListener("click", async () => {
      await copy($("#snippet").textContent);
      $("#code-copy-text").textContent = "Copied";
      announce("Copied");
    });
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  /** Show an edit; `files` are those that the code reads and the reader does not have: [{name, blob}]. */
  open(edit, files) {
    this.edit = edit;
    $("#code-files").replaceChildren(...files.map(({ name, blob }) =>
      el("button", { type: "button", class: "button", onclick: async () => download(await blob(), name) }, icon("download"), name)));
    const own = edit.images.filter((name) => !files.some((file) => file.name === name));
    const needs = own.length ? `It reads ${own.join(", ")} from the current folder` : "It reads its files from the current folder";
    $("#code-note").textContent =
      `${needs}${files.length ? `; save ${files.map((file) => file.name).join(" and ")} there first` : ""}. ` +
      "Your key comes from the environment: export RETOUCH_API_KEY=…";
    this.#write(this.language);
    this.dialog.showModal();
  }

  #write(language) {
    this.language = language;
    for (const tab of $$("#languages .tab")) tab.setAttribute("aria-pressed", String(tab.dataset.language === language));
    $("#snippet").textContent = WRITERS[language](this.edit);
    $("#code-copy-text").textContent = "Copy";
  }
}
