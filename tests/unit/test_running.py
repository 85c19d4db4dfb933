"""Edits under way: listening, leaving, joining, draining."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from retouch.admission.running import Running, RunningEdits
from retouch.domain.errors import Code, RetouchError

KEY = ("key_1", "print")


class Work:
    """Says 1, waits for the test, says 2."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.stopped = False

    async def events(self) -> AsyncGenerator[int, None]:
        try:
            yield 1
            await self.go.wait()
            yield 2
        finally:
            self.stopped = True


def start(edits: RunningEdits[str, int], work: Work, *, detached: bool, seconds: float = 60) -> Running[str, int]:
    return edits.start(KEY, "about", work.events(), detached=detached, seconds=seconds, on_end=lambda: None)


async def test_every_listener_hears_every_event() -> None:
    edits, work = RunningEdits[str, int](), Work()
    running = start(edits, work, detached=True)
    early = asyncio.create_task(_all(running))
    await asyncio.sleep(0)
    work.go.set()
    assert await early == [1, 2]
    assert await _all(running) == [1, 2]


async def test_leaving_stops_our_own_work() -> None:
    edits, work = RunningEdits[str, int](), Work()
    running = start(edits, work, detached=False)
    await anext(running.listen())
    await running.leave()
    assert work.stopped


async def test_leaving_does_not_stop_what_a_provider_is_paid_for() -> None:
    edits, work = RunningEdits[str, int](), Work()
    running = start(edits, work, detached=True)
    await running.leave()
    work.go.set()
    assert await _all(running) == [1, 2]


async def test_a_retry_joins_once_per_attempt_until_the_answer_is_delivered() -> None:
    """Design: joined at most once per attempt number, never after the answer was delivered."""
    edits, work = RunningEdits[str, int](), Work()
    running = start(edits, work, detached=True)
    assert edits.join(KEY, 0) is None
    assert edits.join(("key_2", "print"), 1) is None
    assert edits.join(("key_1", "other"), 1) is None
    assert edits.join(KEY, 1) is running
    assert edits.join(KEY, 1) is None
    assert edits.join(KEY, 2) is running
    work.go.set()
    await _all(running)
    assert edits.join(KEY, 3) is None


async def test_a_retry_does_not_join_work_that_stops_with_its_client() -> None:
    edits, work = RunningEdits[str, int](), Work()
    start(edits, work, detached=False)
    assert edits.join(KEY, 1) is None
    work.go.set()
    await edits.drain(5)


async def test_a_failure_reaches_every_listener() -> None:
    async def broken() -> AsyncGenerator[int, None]:
        yield 1
        raise RetouchError(Code.UPSTREAM_ERROR, "broken")

    running = RunningEdits[str, int]().start(KEY, "a", broken(), detached=True, seconds=60, on_end=lambda: None)
    for _ in range(2):
        with pytest.raises(RetouchError, match="broken"):
            await _all(running)


async def test_the_time_limit_ends_an_edit_with_a_typed_error() -> None:
    edits, work = RunningEdits[str, int](), Work()
    running = start(edits, work, detached=False, seconds=0.01)
    with pytest.raises(RetouchError) as caught:
        await _all(running)
    assert caught.value.code is Code.UPSTREAM_TIMEOUT
    assert work.stopped


async def test_the_end_is_told_once_even_if_the_edit_never_started() -> None:
    """A place in line is given back however the edit ends."""
    ended: list[int] = []
    work = Work()
    running = RunningEdits[str, int]().start(
        KEY, "a", work.events(), detached=False, seconds=60, on_end=lambda: ended.append(1)
    )
    await running.leave()
    await asyncio.sleep(0)
    assert ended == [1]


async def test_draining_waits_then_stops_the_rest() -> None:
    edits, patient, quick = RunningEdits[str, int](), Work(), Work()
    start(edits, patient, detached=True)
    running = start(edits, quick, detached=False)
    quick.go.set()
    await edits.drain(0.01)
    assert patient.stopped
    assert await _all(running) == [1, 2]


async def _all(running: Running[str, int]) -> list[int]:
    return [event async for event in running.listen()]
