"""Server-sent events as the OpenAI SDKs read them: an `event:` line, one `data:` line, a blank line.

Never `id:`, `retry:`, an empty `data:` or `[DONE]`: the Python SDK fails on some of these (openai 3.52.0,
_streaming.py). Heartbeats are comments, which both SDKs skip.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

import orjson

from retouch.domain.picture import Buffer

#: What is sent of one event, in pieces.
Event = tuple[Buffer, ...]

HEARTBEAT = b": waiting\n\n"
MEDIA_TYPE = "text/event-stream"

#: Proxies must neither keep the events back nor store them.
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


def event(name: str, head: dict[str, object], b64_json: Sequence[Buffer] | None = None) -> Event:
    """One event. `b64_json` comes in pieces, sent as they are: base64 needs no escaping, and may be megabytes long."""
    start = b"event: " + name.encode() + b"\ndata: " + orjson.dumps(head)
    return (start + b"\n\n",) if b64_json is None else (start[:-1] + b',"b64_json":"', *b64_json, b'"}\n\n')


async def with_heartbeats(events: AsyncIterator[Event], seconds: float) -> AsyncIterator[Event]:
    """Pass events on, with a comment whenever none came for so many seconds."""
    upcoming: asyncio.Task[Event] | None = None
    try:
        while True:
            upcoming = upcoming or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({upcoming}, timeout=seconds)
            if not done:
                yield (HEARTBEAT,)
                continue
            try:
                item = upcoming.result()
            except StopAsyncIteration:
                return
            finally:
                upcoming = None
            yield item
    finally:
        if upcoming:
            upcoming.cancel()
            await asyncio.wait({upcoming})
