"""Calls that end before their engine does: nobody listens, the time is up, or nobody waits any more."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from retouch.domain.engine import EngineCall, EngineEvent, Usage
from retouch.domain.errors import Accepted, Code, RetouchError, UpstreamFailure
from retouch.routing import attempts as module
from retouch.routing.slots import Slots
from support.attempts import REFUSED, Scripted, candidate, failure, made, tries


async def test_closing_stops_every_call_and_gives_every_place_back() -> None:
    one = Scripted("one")
    them = candidate(one)
    events = tries(them).run(range(8))
    await anext(events)
    await events.aclose()
    assert one.inside == 0
    async with asyncio.timeout(5):
        for _ in range(4):
            async with them.slots.run():
                pass


class Stubborn(Scripted):
    """An engine that never ends by itself; `ended` once it was made to."""

    def __init__(self) -> None:
        super().__init__("stubborn")
        self.ended = asyncio.Event()

    async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
        self.calls.append(call.seeds)
        try:
            await asyncio.Event().wait()
            yield Usage()
        finally:
            self.ended.set()


async def test_an_engine_that_knows_no_deadline_is_stopped_soon_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether its provider goes on is not known, so nothing else is tried."""
    monkeypatch.setattr(module, "MOMENT", 0.01)
    one, two = Stubborn(), Scripted("two")
    attempts = tries(candidate(one), candidate(two), seconds=0.01)
    with pytest.raises(UpstreamFailure) as caught:
        await made(attempts)
    assert (caught.value.code, caught.value.accepted) == (Code.UPSTREAM_TIMEOUT, Accepted.UNKNOWN)
    assert one.ended.is_set()
    assert two.calls == []
    assert [tried.cause for tried in attempts.record] == ["no answer in time"]


async def test_an_edit_that_gets_no_turn_in_time_is_not_sent() -> None:
    one = Scripted("one")
    route = candidate(one)
    async with AsyncExitStack() as taken:
        for _ in range(4):
            await taken.enter_async_context(route.slots.run())
        with pytest.raises(RetouchError) as caught:
            await made(tries(route, seconds=0.01))
    assert caught.value.code is Code.UPSTREAM_TIMEOUT
    assert one.calls == []


async def test_engines_are_told_when_nobody_waits_any_more() -> None:
    """What is under way goes on unless its engine gives it up; what waits for a place, or for another try, does not."""
    seen: list[asyncio.Event | None] = []

    class Watching(Scripted):
        async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
            seen.append(call.withdrawn)
            attempts.withdrawn.set()
            async for event in super().run(call):
                yield event

    one = Watching("one")
    attempts = tries(replace(candidate(one), slots=Slots("narrow", running=1, waiting=0)))
    assert await made(attempts, 3) == [(0, "one 10")]
    assert seen == [attempts.withdrawn]
    assert [tried.cause for tried in attempts.record] == [None, *["not sent: nobody waited any more"] * 2]


async def test_nothing_is_tried_again_for_nobody() -> None:
    one, two = Scripted("one", [failure(REFUSED)]), Scripted("two")
    attempts = tries(candidate(one), candidate(two))
    one.on_call = attempts.withdrawn.set
    with pytest.raises(UpstreamFailure):
        await made(attempts)
    assert two.calls == []
