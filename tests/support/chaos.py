"""A real server whose first route fails at random, and what is left of it after a round of edits.

The provider of the first route refuses, breaks off, answers nonsense or nothing; the second route is well. An edit
then succeeds, or fails with a typed error: where a provider fell silent after it had read the whole request, nobody
may ask again (design.md, Providers that fall silent).
"""

import asyncio
import io
import random
import re
import tempfile
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import aiohttp

from retouch.domain.errors import Code
from support.images import encoded, photo
from support.server import KEY, Server, running_server
from upstreams.compatible import CompatibleUpstream
from upstreams.faults import Fault, answers, busy, cut, drops, fails, hangs_up, mangles
from upstreams.openai_images import OpenAIUpstream

SHARE = 0.3
#: Seconds that the server gives an edit, and within which nothing is left of a round.
DEADLINE, SETTLED = 30.0, 20.0
_LEFT = re.compile(rb"^(retouch_(?:edits_inside|edits_running|tasks))(?:\{[^}]*\})? ([0-9.e+]+)$", re.MULTILINE)
_KINDS: tuple[Callable[[], Fault], ...] = (
    hangs_up,
    busy,
    lambda: busy(retry_after="1"),
    fails,
    lambda: answers(503, b"<html>overloaded</html>"),
    drops,
    cut,
    lambda: cut(50_000),
    mangles,
    lambda: Fault(images=0),
)


class Dice(deque[Fault | None]):
    """Orders that never end: a fault in some cases of a hundred, and good behaviour else."""

    def __init__(self, seed: int, share: float, kinds: Sequence[Callable[[], Fault]] = _KINDS) -> None:
        super().__init__()
        self._random = random.Random(seed)  # noqa: S311 - repeatable
        self._share = share
        self._kinds = kinds
        self.thrown = 0

    def __bool__(self) -> bool:
        return True

    def popleft(self) -> Fault | None:
        """What is done with the next request."""
        if self._random.random() >= self._share:
            return None
        self.thrown += 1
        return self._random.choice(self._kinds)()


@dataclass
class Round:
    """How a round of edits went: how often each code (`ok` is an image), the longest, seconds; faults thrown."""

    codes: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    faults: int = 0


@dataclass
class Chaos:
    """A server on two providers, the first of which rolls dice."""

    server: Server
    first: OpenAIUpstream
    second: CompatibleUpstream
    dice: Dice

    async def round(self, edits: int, at_once: int) -> Round:
        """Send so many edits. Raises AssertionError for an answer that is neither an image nor a typed error."""
        result, thrown, left = Round(), self.dice.thrown, iter(range(edits))
        timeout = aiohttp.ClientTimeout(total=2 * DEADLINE)
        async with aiohttp.ClientSession(timeout=timeout, headers={"authorization": f"Bearer {KEY}"}) as session:

            async def client() -> None:
                for _ in left:
                    started = time.monotonic()
                    result.codes[await self._edit(session)] += 1
                    result.longest = max(result.longest, time.monotonic() - started)

            async with asyncio.TaskGroup() as clients:
                for _ in range(at_once):
                    clients.create_task(client())
        self.first.seen.clear()
        self.first.edits.clear()
        self.second.seen.clear()
        result.faults = self.dice.thrown - thrown
        return result

    async def _edit(self, session: aiohttp.ClientSession) -> str:
        form = aiohttp.FormData({"model": "chaos", "prompt": "a red hat", "size": "1024x1024"})
        form.add_field("response_format", "b64_json")
        form.add_field("image", io.BytesIO(_source()), filename="a.png", content_type="image/png")
        async with session.post(f"{self.server.url}/v1/images/edits", data=form) as answer:
            body = await answer.json()
        if answer.status == 200:
            assert len(body["data"]) == 1
            assert body["data"][0]["b64_json"]
            return "ok"
        code = Code(body["code"])
        assert code is not Code.INTERNAL_SERVER_ERROR, body
        assert answer.status >= 500, body
        return code.value

    async def left(self) -> dict[str, float]:
        """The server's own gauges: edits inside and running, summed over engines, and asyncio tasks."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.server.url}/metrics") as answer:
            found = _LEFT.findall(await answer.read())
        sums: dict[str, float] = {}
        for name, value in found:
            sums[name.decode()] = sums.get(name.decode(), 0) + float(value)
        return sums

    async def rest(self, at_once: int) -> dict[str, float]:
        """The gauges of a server that does nothing, after a few edits have opened its pools."""
        await self.round(at_once, at_once)
        busy_until, before = time.monotonic() + SETTLED, await self.left()
        while time.monotonic() < busy_until:
            await asyncio.sleep(0.5)
            now = await self.left()
            if now == before and not any(value for name, value in now.items() if "edits" in name):
                break
            before = now
        return before

    async def settled(self, rest: dict[str, float]) -> dict[str, float]:
        """The gauges once nothing more is left than at rest, or after SETTLED seconds."""
        deadline = time.monotonic() + SETTLED
        while time.monotonic() < deadline:
            now = await self.left()
            if all(value <= rest[name] for name, value in now.items()):
                break
            await asyncio.sleep(0.05)  # another process: there is nothing to wait on
        return now

    def resident(self) -> int:
        """Resident memory of the server's process, bytes."""
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024


@asynccontextmanager
async def chaos(seed: int = 1, share: float = SHARE) -> AsyncIterator[Chaos]:
    """Start both providers and the server."""
    dice = Dice(seed, share)
    async with OpenAIUpstream() as first, CompatibleUpstream(kind="vllm-omni") as second:
        first.faults = dice
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder, "retouch.toml")
            config.write_text(_CONFIG.format(first=first, second=second, deadline=DEADLINE))
            starting = running_server({"RETOUCH_CONFIG": str(config)})
            server = await asyncio.to_thread(starting.__enter__)
            try:
                yield Chaos(server, first, second, dice)
            finally:
                await asyncio.to_thread(starting.__exit__, None, None, None)


_CONFIG = """
edit_seconds = {deadline}

[engines.openai]
base_url = "{first.base_url}"
api_key = "{first.key}"

[engines.second]
kind = "vllm-omni"
base_url = "{second.base_url}"
api_key = "{second.key}"

[models.chaos]
routes = [{{ engine = "openai", model = "gpt-image-1.5" }}, {{ engine = "second", model = "any" }}]
"""


@cache
def _source() -> bytes:
    """Two megabytes: a provider can hang up in the middle of them."""
    return encoded(photo(1024, 1024))
