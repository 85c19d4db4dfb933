"""Running and waiting places of an engine: memory and patience are bounded by these, not by luck."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from prometheus_client import Gauge, Histogram

from retouch.domain.errors import Code, RetouchError

INSIDE = Gauge("retouch_edits_inside", "Edits running or waiting", ["engine"], multiprocess_mode="livesum")
RUNNING = Gauge("retouch_edits_running", "Calls to an engine under way", ["engine"], multiprocess_mode="livesum")
SECONDS = Histogram(
    "retouch_engine_seconds",
    "What one call to an engine took",
    ["engine"],
    buckets=(0.05, 0.2, 0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320),
)


class Slots:
    """`running` calls at a time, and `waiting` more edits in line; one more is told to come back at once."""

    def __init__(self, engine: str, *, running: int, waiting: int) -> None:
        self._places = running + waiting
        self._width = running
        self._free = asyncio.Semaphore(running)
        self._inside = 0
        #: Seconds that a call took lately: what `retry_after` is reckoned from.
        self._lately = 2.0
        self._count_inside = INSIDE.labels(engine)
        self._count_running = RUNNING.labels(engine)
        self._seconds = SECONDS.labels(engine)

    def enter(self) -> Callable[[], None]:
        """Take a place in line for one edit, and return what gives it back.

        Raises OVERLOADED at once when the line is full, saying after how many seconds a place should be free.
        """
        if self._inside >= self._places:
            seconds = max(1.0, round(self._lately * self._inside / self._width, 1))
            raise RetouchError(
                Code.OVERLOADED, "Too many edits are waiting already. Please try again later.", retry_after=seconds
            )
        self._inside += 1
        self._count_inside.inc()
        return self._leave

    def _leave(self) -> None:
        self._inside -= 1
        self._count_inside.dec()

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Wait for a running slot and hold it for one call."""
        async with self._free:
            started = time.monotonic()
            self._count_running.inc()
            try:
                yield
            finally:
                seconds = time.monotonic() - started
                self._count_running.dec()
                self._seconds.observe(seconds)
                self._lately += 0.2 * (seconds - self._lately)
