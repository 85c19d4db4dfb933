"""Providers that are wire-true and unreliable, and somebody who hears of projects and does not always listen."""

import asyncio
import base64
import json
import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from support.chaos import Dice
from upstreams.compatible import CompatibleUpstream
from upstreams.drawing import draw
from upstreams.fal import FalUpstream
from upstreams.faults import Fault, busy, cut, drops, fails, hangs_up, mangles, slow
from upstreams.openai_checks import Edit
from upstreams.openai_images import OpenAIUpstream
from upstreams.receiver import Receiver
from upstreams.server import Seen

#: Seconds that a slow provider takes.
SLOW_SECONDS = 4.0
#: Of a hundred messages to a webhook, how many are refused.
REFUSED = 0.1
#: Credits for an image of any of the models.
PRICE = 5


def _slow() -> Fault:
    ready = asyncio.Event()
    asyncio.get_running_loop().call_later(SLOW_SECONDS, ready.set)
    return slow(ready)


def _fewer() -> Fault:
    return Fault(images=0)


def _one() -> Fault:
    return Fault(images=1)


#: What goes wrong: refused for now, broken, slow, cut off, fewer images than were asked for.
KINDS: tuple[Callable[[], Fault], ...] = (
    busy,
    lambda: busy(retry_after="1"),
    fails,
    _slow,
    _slow,
    hangs_up,
    drops,
    cut,
    mangles,
    _fewer,
    _one,
    _one,
)


@cache
def _drawn(size: tuple[int, int], file_format: str, seed: int) -> str:
    return base64.b64encode(draw(size, file_format, seed=seed)).decode()


@dataclass
class _OpenAI(OpenAIUpstream):
    """It keeps what it has drawn: what is measured is not the stand-in."""

    def _draw(self, edit: Edit, fault: Fault, seen: Seen, seed: int) -> str:
        return _drawn(fault.size or edit.pixels, edit.output_format, seed)


class _Forgetful(list[Any]):
    """Nobody looks at thousands of requests afterwards."""

    def append(self, item: Any) -> None:
        """Not even kept."""


class _Moods(deque[int]):
    """What a receiver answers next."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = random.Random(seed)  # noqa: S311 - repeatable
        self.refused = 0

    def __bool__(self) -> bool:
        return True

    def popleft(self) -> int:
        """A status."""
        if self._random.random() >= REFUSED:
            return 204
        self.refused += 1
        return 503


@dataclass
class Cast:
    """Everybody outside of Retouch."""

    openai: OpenAIUpstream
    own: CompatibleUpstream
    fal: FalUpstream
    receiver: Receiver
    dice: tuple[Dice, ...]
    moods: _Moods

    @property
    def faults(self) -> int:
        """What the providers did wrong so far."""
        return sum(one.thrown for one in self.dice)

    @property
    def config(self) -> str:
        """A retouch.toml with all of them, and four models."""
        return f"""
edit_seconds = 60
[fetch]
allow_hosts = {json.dumps([self.receiver.host])}
[cpu]
workers = 1
[engines.openai]
base_url = "{self.openai.base_url}"
api_key = "{self.openai.key}"
[engines.own]
kind = "vllm-omni"
base_url = "{self.own.base_url}"
api_key = "{self.own.key}"
[engines.fal]
base_url = "{self.fal.root}"
rest_url = "{self.fal.root}"
api_key = "{self.fal.key}"
poll_seconds = 0.2
[models.cloud]
price = {PRICE}
routes = [{{ engine = "openai", model = "gpt-image-1.5" }}, {{ engine = "own", model = "any" }}]
[models.own]
price = {PRICE}
routes = [{{ engine = "own", model = "any" }}]
[models.jobs]
price = {PRICE}
routes = [{{ engine = "fal", model = "fal-ai/qwen-image-edit-2511" }}]
[models.retouch-classic]
price = {PRICE}
"""


@asynccontextmanager
async def playing(seed: int, share: float) -> AsyncIterator[Cast]:
    """Have everybody in place. In `share` of the cases a provider fails; fal, which is asked more often, less so."""
    dice = (Dice(seed, share, KINDS), Dice(seed + 1, share, KINDS), Dice(seed + 2, share / 3, KINDS))
    moods = _Moods(seed)
    async with (
        _OpenAI() as openai,
        CompatibleUpstream(kind="vllm-omni") as own,
        FalUpstream() as fal,
        Receiver() as receiver,
    ):
        openai.faults, own.faults, fal.faults = dice
        openai.seen, own.seen, fal.seen = _Forgetful(), _Forgetful(), _Forgetful()
        openai.edits, fal.edits = _Forgetful(), _Forgetful()
        receiver.answers = moods
        yield Cast(openai, own, fal, receiver, dice, moods)
