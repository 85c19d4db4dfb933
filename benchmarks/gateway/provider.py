"""A stand-in for OpenAI's images API that costs next to nothing: answers made once, request bodies dropped.

    python -m benchmarks.gateway.provider PORT

GET /wait/SECONDS sets how long each answer is held back. It answers a form that holds `stream` with two partial
images and a completed one. That engines send what OpenAI takes is for the tests to show (tests/upstreams).
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import cast

import httptools
import orjson
import pybase64
import uvloop

from benchmarks.gateway.pictures import EDGE, answered

_USAGE = {
    "total_tokens": 1500,
    "input_tokens": 400,
    "output_tokens": 1100,
    "input_tokens_details": {"text_tokens": 50, "image_tokens": 350},
}
_FACTS: dict[str, object] = {
    "created": 1_760_000_000,
    "size": f"{EDGE}x{EDGE}",
    "quality": "medium",
    "background": "opaque",
    "output_format": "png",
}
_STREAM = b'name="stream"'


class Answers:
    """What is answered, and how long it is held back, seconds."""

    def __init__(self) -> None:
        text = pybase64.b64encode(answered()).decode()
        whole = orjson.dumps({**_FACTS, "data": [{"b64_json": text}], "usage": _USAGE})
        self.wait = 0.0
        self.whole = _head(b"application/json", len(whole)) + whole
        parts: list[dict[str, object]] = [
            {"type": "image_edit.partial_image", "partial_image_index": step} for step in range(2)
        ]
        last: dict[str, object] = {"type": "image_edit.completed", "usage": _USAGE}
        self.stream = _stream([{**part, **_FACTS, "b64_json": text} for part in (*parts, last)])


def _head(kind: bytes, length: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, length)


def _stream(events: Sequence[dict[str, object]]) -> list[bytes]:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    texts = [b"event: %s\ndata: %s\n\n" % (str(one["type"]).encode(), orjson.dumps(one)) for one in events]
    chunks = [b"%x\r\n%s\r\n" % (len(text), text) for text in texts]
    return [head, *chunks[:-1], chunks[-1] + b"0\r\n\r\n"]


class Connection(asyncio.Protocol):
    """One connection: drops what it is sent, and answers."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._parser = httptools.HttpRequestParser(self)
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:

        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url, self._kept, self._streams = b"", b"", False

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        if not self._streams:
            seen = self._kept + body
            self._streams = _STREAM in seen
            self._kept = seen[-len(_STREAM) :]

    def on_message_complete(self) -> None:
        if self._url.startswith(b"/wait/"):
            self._answers.wait = float(self._url.rpartition(b"/")[2])
            self._transport.write(_head(b"text/plain", 0))
            return
        task = asyncio.create_task(self._answer(self._answers.stream if self._streams else [self._answers.whole]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, pieces: Sequence[bytes]) -> None:
        await asyncio.sleep(self._answers.wait)
        for piece in pieces:
            if self._transport.is_closing():
                return
            self._transport.write(piece)
            await asyncio.sleep(0)


async def main(port: int) -> None:
    """Serve until killed."""
    answers = Answers()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(answers), "127.0.0.1", port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
