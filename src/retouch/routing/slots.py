"""Running and waiting places of an engine: memory and patience are bounded by these, not by luck."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from retouch.domain.errors import Code, RetouchError


class Slots:
    """`running` calls at a time, and `waiting` more edits in line; one more is told to come back at once."""

    def __init__(self, running: int, waiting: int) -> None:
        self._running = asyncio.Semaphore(running)
        self._places = running + waiting
        self._width = running
        self.inside = 0
        #: Seconds that a call took lately: what `retry_after` is reckoned from.
        self._lately = 2.0

    def enter(self) -> Callable[[], None]:
        """Take a place in line for one edit, and return what gives it back.

        Raises OVERLOADED at once when the line is full, saying after how many seconds a place should be free.
        """
        if self.inside >= self._places:
            seconds = max(1.0, round(self._lately * self.inside / self._width, 1))
            raise RetouchError(
                Code.OVERLOADED, "Too many edits are waiting already. Please try again later.", retry_after=seconds
            )
        self.inside += 1
        return self._leave

    def _leave(self) -> None:
        self.inside -= 1

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Wait for a running slot and hold it for one call."""
        async with self._running:
            started = time.monotonic()
            yield
            self._lately += 0.2 * (time.monotonic() - started - self._lately)
