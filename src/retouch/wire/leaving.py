"""Notice at once when a client leaves."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

from retouch.wire.form import ClientLeft


class Presence:
    """Whether a client is still there, from when its whole body has been read: `receive` then only tells of the end.

    Within `async with presence:` its leaving stops what is awaited there, and raises ClientLeft; as asyncio.timeout
    does for time, and as cheaply: one task looks out for the whole of a request. `close` ends it.
    """

    def __init__(self, receive: Receive) -> None:
        self._looking = asyncio.ensure_future(_gone(receive))
        self._task: asyncio.Task[object] | None = None
        self._cancelled_before = 0
        self._stopped = False

    def close(self) -> None:
        """Look no longer."""
        self._looking.cancel()

    async def __aenter__(self) -> Self:
        if self._looking.done():
            raise ClientLeft
        task = asyncio.current_task()
        assert task is not None, "a coroutine that is awaited runs in a task"  # noqa: S101
        self._task, self._cancelled_before = task, task.cancelling()
        self._looking.add_done_callback(self._stop)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._looking.remove_done_callback(self._stop)
        task, self._task = self._task, None
        if not self._stopped or task is None:
            return
        self._stopped = False
        # Somebody else may have wanted this task stopped too: then it is.
        if task.uncancel() <= self._cancelled_before and kind is asyncio.CancelledError:
            raise ClientLeft from error

    def _stop(self, _: object) -> None:
        if self._task is not None:
            self._stopped = True
            self._task.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
