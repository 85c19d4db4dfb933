// One edit under way: sent, told of as it is made, and cancelled.

import { pictureOf, startEdit } from "./api.js";
import { $, announce, show } from "./dom.js";

const PREVIEWS = 2;

export class Run {
  constructor() {
    this.abort = null;
    this.clock = 0;
  }

  get busy() {
    return this.abort !== null;
  }

  cancel() {
    this.abort?.abort();
  }

  /**
   * Send an edit, say when it was accepted, and hand over each picture as it comes:
   * put(index, {blob, format, width, height}, done).
   * Answers what the headers and events noted. Raises ApiError, or AbortError when it was cancelled.
   */
  async perform(build, accepted, put) {
    this.abort = new AbortController();
    const { signal } = this.abort;
    const started = performance.now();
    const tick = () => { $("#progress-time").textContent = `${Math.floor((performance.now() - started) / 1000)} s`; };
    this.clock = setInterval(tick, 250);
    tick();
    show($("#progress"), true);
    try {
      this.#say("Preparing…");
      const form = await build();
      signal.throwIfAborted();
      form.append("stream", "true");
      form.append("partial_images", String(PREVIEWS));
      this.#say("Sending…");
      const { headers, events } = await startEdit(form, signal);
      this.#say("Editing…");
      await accepted();
      const notes = noted(headers);
      for await (const event of events) {
        const done = event.type === "image_edit.completed";
        const blob = await pictureOf(event.b64_json, event.output_format);
        const [width, height] = event.size.split("x").map(Number);
        put(event.image_index ?? 0, { blob, format: event.output_format, width, height }, done);
        this.#say(done ? "Finishing…" : `Preview ${event.partial_image_index + 1}`);
        for (const note of event.notes ?? []) if (!notes.includes(note)) notes.push(note);
      }
      announce("The edit is done");
      return notes;
    } finally {
      clearInterval(this.clock);
      show($("#progress"), false);
      this.abort = null;
    }
  }

  #say(text) {
    $("#progress-text").textContent = text;
    announce(text);
  }
}

/** What the response headers tell that a person wants to know. */
function noted(headers) {
  const notes = [];
  const emulated = headers.get("retouch-emulated");
  if (emulated) notes.push(`done by Retouch, not the model: ${emulated.replace(/\bn\b/, "count")}`);
  const ignored = headers.get("retouch-ignored-hints");
  if (ignored) notes.push(`without effect here: ${ignored}`);
  return notes;
}
