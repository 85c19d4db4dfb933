"""Running and waiting places, and calls made side by side."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from retouch.domain.engine import EngineCall, EngineEvent, Made, Offer, Wish
from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import Picture, Size
from retouch.routing.calls import run_calls
from retouch.routing.slots import Slots

PICTURE = Picture(b"x", "png", Size(1, 1))


class Stub:
    """An engine that counts who is inside, and fails for seed 13."""

    name = "stub"

    def __init__(self) -> None:
        self.inside = self.most = self.closed = 0

    def missing(self) -> str | None:
        return None

    def offer(self, wish: Wish) -> Offer:
        return Offer()

    async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await asyncio.sleep(0)
            if 13 in call.seeds:
                raise RetouchError(Code.UPSTREAM_ERROR, "unlucky")
            for index, _ in enumerate(call.seeds):
                yield Made(index, PICTURE)
        finally:
            self.inside -= 1
            self.closed += 1

    async def close(self) -> None:
        pass


async def prepare(seeds: tuple[int, ...]) -> EngineCall:
    return EngineCall(model="m", prompt="p", images=(PICTURE,), seeds=seeds, deadline=0)


def test_a_full_line_is_told_so_at_once_with_a_time_to_come_back() -> None:
    slots = Slots("stub", running=1, waiting=1)
    leave = slots.enter()
    slots.enter()
    with pytest.raises(RetouchError) as caught:
        slots.enter()
    assert caught.value.code is Code.OVERLOADED
    assert caught.value.retry_after is not None
    leave()
    slots.enter()


async def test_calls_never_exceed_the_running_places() -> None:
    engine = Stub()
    events = [
        number
        async for number, _ in run_calls(
            engine, Slots("stub", running=2, waiting=0), prepare, [(seed,) for seed in range(6)]
        )
    ]
    assert sorted(events) == list(range(6))
    assert engine.most == 2


async def test_the_first_failure_stops_every_call_and_frees_every_place() -> None:
    engine, slots = Stub(), Slots("stub", running=2, waiting=0)
    with pytest.raises(RetouchError, match="unlucky"):
        async for _ in run_calls(engine, slots, prepare, [(1,), (13,), (2,)]):
            pass
    assert engine.inside == 0
    async with asyncio.timeout(5), slots.run(), slots.run():
        pass


async def test_closing_early_stops_the_calls() -> None:
    engine, slots = Stub(), Slots("stub", running=1, waiting=0)
    events = run_calls(engine, slots, prepare, [(1, 2), (3,)])
    await anext(events)
    await events.aclose()
    assert engine.inside == 0
    async with asyncio.timeout(5), slots.run():
        pass
