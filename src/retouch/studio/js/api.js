// The public API, as anybody else could call it: the session's cookie stands in for a key.

import { readEvents } from "./sse.js";

/** What went wrong, as the API says it. `code` is one of the documented codes, or NETWORK when nothing answered. */
export class ApiError extends Error {
  constructor(status, body) {
    super(body.message || body.error?.message || "Something went wrong.");
    this.status = status;
    this.code = body.code || "INTERNAL_SERVER_ERROR";
    this.param = body.error?.param ?? null;
    this.retryAfter = body.retry_after ?? null;
  }
}

/** One request. Raises ApiError for every answer that is not a success. */
export async function call(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      ...options,
      headers: { "retouch-error-format": "openai", ...options.headers },
      credentials: "same-origin",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { code: "NETWORK", message: "The server cannot be reached." });
  }
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => ({}));
  const failure = new ApiError(answer.status, body);
  if (failure.code === "INVALID_API_KEY") document.dispatchEvent(new CustomEvent("signed-out"));
  throw failure;
}

export async function read(path) {
  return (await call(path)).json();
}

/** Start an edit: {headers, events}, events as the API streams them. Raises ApiError, also from the events. */
export async function startEdit(form, signal) {
  const answer = await call("/v1/images/edits", { method: "POST", body: form, signal });
  return { headers: answer.headers, events: editEvents(answer.body) };
}

/** The inner codes of an error event by our own (docs/reference/errors.md); others are the code in lower case. */
const CODES = {
  invalid_value: "INVALID_REQUEST",
  unknown_parameter: "UNSUPPORTED_PARAMETER",
  unsupported_edit: "PROMPT_NOT_SUPPORTED",
  moderation_blocked: "CONTENT_POLICY_VIOLATION",
  model_not_found: "INVALID_MODEL",
};

async function* editEvents(body) {
  for await (const { event, data } of readEvents(body)) {
    const said = JSON.parse(data);
    if (event === "error") {
      const inner = said.error.code ?? "internal_server_error";
      throw new ApiError(200, { code: CODES[inner] ?? inner.toUpperCase(), error: said.error });
    }
    yield said;
  }
}

/** A picture from its base64, packed in the given format. */
export async function pictureOf(base64, format) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return new Blob([bytes], { type: `image/${format}` });
}
