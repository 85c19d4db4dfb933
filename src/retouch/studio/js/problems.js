// Typed errors as a sentence with what to do. The API's own message says what; this adds the way out.

const ADVICE = {
  INVALID_REQUEST: "Change the marked setting and try again.",
  UNSUPPORTED_PARAMETER: "This model does not take that setting: put it back, or choose another model.",
  INVALID_IMAGE: "Choose another picture, or save it anew as PNG or JPEG.",
  INVALID_MASK: "Mark an area again, or clear the mask to edit the whole photo.",
  PROMPT_NOT_SUPPORTED: "Say it in other words, take an example, or choose another model.",
  MASK_REQUIRED: "Paint over what you mean with the brush, then try again.",
  CONTENT_POLICY_VIOLATION: "The provider refused this edit. Change the prompt or choose another model.",
  INVALID_MODEL: "Choose another model.",
  INVALID_API_KEY: "Sign in again.",
  INSUFFICIENT_BALANCE: "Ask whoever runs this server for more credits, or choose fewer images or a cheaper model.",
  FORBIDDEN: "Your key may not do this. Sign in with another one.",
  NOT_FOUND: "It is gone. Make the edit again.",
  GONE: "Its pictures have expired. Make the edit again.",
  REQUEST_TIMEOUT: "The upload took too long. Try again, or use a smaller photo.",
  PAYLOAD_TOO_LARGE: "Use a smaller photo, or save it as JPEG.",
  RATE_LIMIT_EXCEEDED: "Wait a moment, then try again.",
  INTERNAL_SERVER_ERROR: "Try again. If it happens again, tell whoever runs this server.",
  UPSTREAM_ERROR: "Try again, or choose another model.",
  OVERLOADED: "Many edits are waiting. Try again shortly.",
  UPSTREAM_TIMEOUT: "Try again, or choose a faster model or a smaller size.",
  NETWORK: "Check that Retouch is running and that you are connected, then try again.",
};

/** {code, message, advice, field} for anything that was thrown. `field` names the control to look at. */
export function explain(error) {
  const code = error.code ?? "";
  let advice = ADVICE[code] ?? "Try again.";
  if (error.retryAfter) advice = `${advice} The server asks for ${Math.ceil(error.retryAfter)} s.`;
  return {
    code,
    message: error.message || "Something went wrong.",
    advice,
    field: error.param?.replace(/\[.*/, "") ?? (code === "PROMPT_NOT_SUPPORTED" ? "prompt" : null),
  };
}
