// Server-sent events from a fetched body. Images come as megabytes of base64 in one line, so only new text is searched.

/** Every event as {event, data}; comments (heartbeats) are left out. */
export async function* readEvents(body) {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "";
  let searched = 0;
  try {
    while (true) {
      const { value, done } = await reader.read();
      text += done ? decoder.decode() : decoder.decode(value, { stream: true });
      let end;
      while ((end = text.indexOf("\n\n", searched)) >= 0) {
        const event = parseEvent(text.slice(0, end));
        text = text.slice(end + 2);
        searched = 0;
        if (event) yield event;
      }
      searched = Math.max(0, text.length - 1);
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** One event from its lines, or null for a comment. */
export function parseEvent(text) {
  let event = "message";
  const data = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
  }
  return data.length ? { event, data: data.join("\n") } : null;
}
