"""Edits under way: listening, leaving, withdrawing, draining."""

import asyncio

import pytest

from retouch.admission import running as module
from retouch.admission.running import Running, RunningEdits
from retouch.domain.errors import Code, RetouchError

Edits = RunningEdits[str, int]


class Work:
    """Says 1, waits for the test, says 2."""

    def __init__(self, *, detached: bool = False) -> None:
        self.go = asyncio.Event()
        self.detached = detached
        self.stopped = False
        self.ended = 0
        self.withdrawn = asyncio.Event()

    async def run(self, running: Running[str, int]) -> None:
        try:
            running.say(1)
            await self.go.wait()
            running.say(2)
        finally:
            self.stopped = True

    async def withdraw(self, running: Running[str, int]) -> None:
        self.withdrawn.set()

    def start(self, edits: Edits) -> Running[str, int]:
        def end() -> None:
            self.ended += 1

        return edits.start(
            "edit_1", "about", self.run, detached=lambda: self.detached, withdraw=self.withdraw, on_end=end
        )


async def test_every_listener_hears_every_event() -> None:
    work = Work()
    running = work.start(Edits())
    early = asyncio.create_task(_all(running))
    await asyncio.sleep(0)
    work.go.set()
    assert await early == [1, 2]
    assert await _all(running) == [1, 2]


async def test_leaving_stops_our_own_work() -> None:
    work = Work()
    running = work.start(Edits())
    await anext(running.listen())
    await running.leave()
    assert work.stopped
    assert running.left


async def test_leaving_does_not_stop_what_a_retry_waits_for() -> None:
    """It stops once the retry has left as well."""
    work = Work()
    running = work.start(Edits())
    await anext(running.listen())
    running.join()
    await running.leave()
    assert not work.stopped
    await running.leave()
    assert work.stopped


async def test_leaving_does_not_stop_what_a_provider_is_paid_for() -> None:
    work = Work(detached=True)
    running = work.start(Edits())
    await running.leave()
    work.go.set()
    assert await _all(running) == [1, 2]
    assert not running.left
    assert not work.withdrawn.is_set()


async def test_work_may_come_to_run_on_only_later() -> None:
    """Waiting for its slot it is stopped, sent to the provider it is not."""
    work = Work()
    running = work.start(Edits())
    await anext(running.listen())
    work.detached = True
    await running.leave()
    assert not work.stopped
    work.go.set()
    await _all(running)


async def test_what_runs_on_is_withdrawn_if_no_retry_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WITHDRAW_SECONDS", 0.01)
    work = Work(detached=True)
    running = work.start(Edits())
    await running.leave()
    async with asyncio.timeout(5):
        await work.withdrawn.wait()
    work.go.set()
    await _all(running)


async def test_an_edit_is_found_while_it_runs() -> None:
    edits, work = Edits(), Work()
    running = work.start(edits)
    assert edits.find("edit_1") is running
    assert edits.find("edit_2") is None
    work.go.set()
    await _all(running)
    await asyncio.sleep(0)
    assert edits.find("edit_1") is None


async def test_a_failure_reaches_every_listener() -> None:
    async def broken(running: Running[str, int]) -> None:
        running.say(1)
        raise RetouchError(Code.UPSTREAM_ERROR, "broken")

    work = Work()
    running = Edits().start("edit_1", "a", broken, detached=lambda: True, withdraw=work.withdraw, on_end=lambda: None)
    for _ in range(2):
        with pytest.raises(RetouchError, match="broken"):
            await _all(running)


async def test_the_end_is_told_once_even_if_the_edit_never_started() -> None:
    """A place in line is given back however the edit ends."""
    work = Work()
    running = work.start(Edits())
    await running.leave()
    await asyncio.sleep(0)
    assert work.ended == 1


async def test_draining_waits_then_stops_the_rest() -> None:
    """Who listens is told that the server shuts down."""
    edits, work = Edits(), Work(detached=True)
    running = work.start(edits)
    listening = asyncio.create_task(_all(running))
    await edits.drain(0.01)
    assert work.stopped
    with pytest.raises(RetouchError, match="shutting down") as caught:
        await listening
    assert caught.value.code is Code.OVERLOADED
    await edits.drain(0.01)


async def _all(running: Running[str, int]) -> list[int]:
    return [event async for event in running.listen()]
