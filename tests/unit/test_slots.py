"""Running and waiting places."""

import asyncio

import pytest

from retouch.domain.errors import Code, RetouchError
from retouch.routing.slots import Slots


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


async def test_no_more_calls_run_than_there_are_places() -> None:
    slots, inside, most = Slots("stub", running=2, waiting=0), 0, 0

    async def call() -> None:
        nonlocal inside, most
        async with slots.run():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(call() for _ in range(8)))
    assert most == 2


async def test_a_call_that_fails_or_is_cancelled_gives_its_place_back() -> None:
    slots = Slots("stub", running=1, waiting=0)
    with pytest.raises(ZeroDivisionError):
        async with slots.run():
            raise ZeroDivisionError

    async def forever() -> None:
        async with slots.run():
            await asyncio.Event().wait()

    task = asyncio.create_task(forever())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    async with asyncio.timeout(5), slots.run():
        pass
