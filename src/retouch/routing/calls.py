"""An edit's calls, made concurrently, their events told as they come."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

from retouch.domain.engine import Engine, EngineCall, EngineEvent
from retouch.routing.slots import Slots

Prepare = Callable[[tuple[int, ...]], Awaitable[EngineCall]]


async def run_calls(
    engine: Engine, slots: Slots, prepare: Prepare, calls: Sequence[tuple[int, ...]]
) -> AsyncGenerator[tuple[int, EngineEvent], None]:
    """Make one call per tuple of seeds, each in a running slot, and yield (call number, event) as they come.

    `prepare` makes a call once its slot is free, so that nothing is decoded for an edit that still waits. The first
    failure, and closing the generator, stop every call.
    """
    events: asyncio.Queue[tuple[int, EngineEvent] | None] = asyncio.Queue()

    async def one(number: int, seeds: tuple[int, ...]) -> None:
        async with slots.run():
            source = engine.run(await prepare(seeds))
            async with aclosing(source):
                async for event in source:
                    events.put_nowait((number, event))

    async def all_of_them() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for number, seeds in enumerate(calls):
                    group.create_task(one(number, seeds))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        finally:
            events.put_nowait(None)

    work = asyncio.create_task(all_of_them())
    try:
        while (item := await events.get()) is not None:
            yield item
        await work
    finally:
        work.cancel()
        await asyncio.wait({work})
