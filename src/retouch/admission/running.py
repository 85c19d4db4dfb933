"""Edits under way in this process.

An edit runs as a task of its own and keeps what it has said, so that leaving a connection and stopping the work are
two decisions: work that a provider charges for runs on and is joined by the client's retry (design.md, Retries by
the SDKs); work of our own is stopped at once, which frees its slot.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Generic, TypeVar

from retouch.domain.errors import Code, RetouchError

Event = TypeVar("Event")
About = TypeVar("About")

#: How long work that runs on waits for a retry of its client, seconds (design.md, When a client leaves).
WITHDRAW_SECONDS = 10.0


class Running(Generic[About, Event]):
    """One edit under way: what it is about, its task, and its events so far for whoever listens.

    `left` once its last client has gone and the work was told to stop for that.
    """

    def __init__(
        self,
        about: About,
        work: "Callable[[Running[About, Event]], Awaitable[None]]",
        *,
        detached: Callable[[], bool],
        withdraw: "Callable[[Running[About, Event]], Awaitable[None]]",
    ) -> None:
        self.about = about
        self.left = False
        #: Retries that wait for it here.
        self.joins = 0
        self._detached = detached
        self._withdraw = withdraw
        self._withdrawing: asyncio.Task[None] | None = None
        self._said: list[Event] = []
        self._news = asyncio.Event()
        self._failure: Exception | None = None
        self._clients = 1
        self.task = asyncio.create_task(self._run(work))

    async def _run(self, work: "Callable[[Running[About, Event]], Awaitable[None]]") -> None:
        try:
            await work(self)
        except Exception as error:  # carried to every listener, who raises it
            self._failure = error
        finally:
            self._wake()

    def say(self, event: Event) -> None:
        """Tell every listener, those to come included."""
        self._said.append(event)
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

    async def stop(self, give_up: Callable[[], None]) -> None:
        """Its owner wants it stopped, whoever listens: at once, or `give_up` what costs nothing if it is paid for."""
        if self.task.done():
            return
        if self._detached():
            give_up()
            return
        self.left = True
        self.task.cancel()
        await asyncio.wait({self.task})

    def join(self) -> None:
        """A retry of its client waits for it too."""
        self.joins += 1
        self._clients += 1

    async def leave(self) -> None:
        """A client has gone: stop the work, unless another waits for it or it is paid for and runs on.

        What runs on is withdrawn if no retry comes within 10 s: a provider may confirm that it costs nothing then.
        """
        self._clients -= 1
        if self._clients > 0 or self.task.done():
            return
        if self._detached():
            self._withdrawing = asyncio.create_task(self._withdraw_later())
            return
        self.left = True
        self.task.cancel()
        await asyncio.wait({self.task})

    async def _withdraw_later(self) -> None:
        await asyncio.wait({self.task}, timeout=WITHDRAW_SECONDS)
        if not self.task.done() and self._clients <= 0:
            await self._withdraw(self)


class RunningEdits(Generic[About, Event]):
    """All edits of this process, by id."""

    def __init__(self) -> None:
        self._edits: dict[str, Running[About, Event]] = {}

    def start(
        self,
        edit_id: str,
        about: About,
        work: Callable[[Running[About, Event]], Awaitable[None]],
        *,
        detached: Callable[[], bool],
        withdraw: Callable[[Running[About, Event]], Awaitable[None]],
        on_end: Callable[[], None],
    ) -> Running[About, Event]:
        """Run an edit.

        `detached` says whether it runs on now if its client leaves; `withdraw` is called when no retry came for it.

        `on_end` is called exactly once, however the edit ends, even if it never got to start.
        """
        running = self._edits[edit_id] = Running(about, work, detached=detached, withdraw=withdraw)

        def ended(_: object) -> None:
            del self._edits[edit_id]
            on_end()

        running.task.add_done_callback(ended)
        return running

    def find(self, edit_id: str) -> Running[About, Event] | None:
        """An edit that is under way here."""
        return self._edits.get(edit_id)

    async def drain(self, seconds: float) -> None:
        """Wait for what is running, then stop the rest and wait for its clean-up."""
        tasks = {running.task for running in self._edits.values()}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.wait(tasks)
