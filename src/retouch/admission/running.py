"""Edits under way, and the retries that join them.

An edit runs as a task of its own and keeps what it has said, so that leaving a connection and stopping the work are
two decisions: work that a provider charges for runs on and is joined by the client's retry (design.md, Retries by
the SDKs); work of our own is stopped at once, which frees its slot.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Generic, TypeVar

from retouch.domain.errors import Code, RetouchError

Event = TypeVar("Event")
About = TypeVar("About")

#: A retry joins an edit that is at most this old, seconds.
JOINABLE_SECONDS = 600.0


class Running(Generic[About, Event]):
    """One edit under way: what it is about, its task, and its events so far for whoever listens."""

    def __init__(self, about: About, events: AsyncGenerator[Event, None], *, detached: bool, seconds: float) -> None:
        self.about = about
        self.detached = detached
        self.started = time.monotonic()
        self.delivered = False
        #: The SDK's retry counts that have joined already: each joins at most once.
        self.joined: set[int] = set()
        self._said: list[Event] = []
        self._news = asyncio.Event()
        self._failure: Exception | None = None
        self.task = asyncio.create_task(self._run(events, seconds))

    async def _run(self, events: AsyncGenerator[Event, None], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds), aclosing(events):
                async for event in events:
                    self._said.append(event)
                    self._wake()
        except TimeoutError:
            self._failure = RetouchError(
                Code.UPSTREAM_TIMEOUT, f"The edit took longer than {seconds:.0f} s", retryable=False
            )
        except Exception as error:  # carried to every listener, who raises it
            self._failure = error
        finally:
            self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def listen(self) -> AsyncIterator[Event]:
        """Every event from the first on; ends with the edit, or raises what ended it."""
        told = 0
        while True:
            news = self._news
            while told < len(self._said):
                told += 1
                yield self._said[told - 1]
            if self.task.done():
                break
            await news.wait()
        if self._failure:
            raise self._failure
        if self.task.cancelled():
            raise RetouchError(Code.OVERLOADED, "The server is shutting down. Please try again.", retry_after=5)
        self.delivered = True

    async def leave(self) -> None:
        """The client has gone: stop the work, unless it is paid for and runs on."""
        if not self.detached and not self.task.done():
            self.task.cancel()
            await asyncio.wait({self.task})


class RunningEdits(Generic[About, Event]):
    """All edits of this process, by caller and fingerprint."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._joinable: dict[tuple[str, str], Running[About, Event]] = {}

    def start(
        self,
        key: tuple[str, str],
        about: About,
        events: AsyncGenerator[Event, None],
        *,
        detached: bool,
        seconds: float,
        on_end: Callable[[], None],
    ) -> Running[About, Event]:
        """Run an edit for at most `seconds`; `key` is the API key's id and the request's fingerprint.

        `on_end` is called exactly once, however the edit ends, even if it never got to start.
        """
        running = Running(about, events, detached=detached, seconds=seconds)
        self._tasks.add(running.task)
        running.task.add_done_callback(self._tasks.discard)
        running.task.add_done_callback(lambda _: on_end())
        if detached:
            self._forget_old()
            self._joinable[key] = running
        return running

    def join(self, key: tuple[str, str], attempt: int) -> Running[About, Event] | None:
        """The edit that retry number `attempt` (above 0) continues, if there is one."""
        running = self._joinable.get(key)
        if running is None or attempt < 1 or running.delivered or attempt in running.joined:
            return None
        if time.monotonic() - running.started > JOINABLE_SECONDS:
            return None
        running.joined.add(attempt)
        return running

    async def drain(self, seconds: float) -> None:
        """Wait for what is running, then stop the rest and wait for its clean-up."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _forget_old(self) -> None:
        now = time.monotonic()
        for key, running in list(self._joinable.items()):
            if running.delivered or now - running.started > JOINABLE_SECONDS:
                del self._joinable[key]
