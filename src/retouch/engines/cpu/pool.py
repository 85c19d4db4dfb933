"""The built-in editor's worker processes, with a time limit that holds.

Native inpainting cannot be interrupted, so it runs in processes of its own (spawned, never forked from a threaded
server) and a call that is cancelled or too slow has its process replaced.
"""

import asyncio
import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, TypeVar

import pebble
from pebble import CONSTS, ProcessExpired, ProcessPool

from retouch.domain.errors import Code, RetouchError

Result = TypeVar("Result")

# Pebble waits three seconds for a process that SIGTERM cannot stop because it is inside C code.
CONSTS.term_timeout = 0.2

_PR_SET_PDEATHSIG = 1


class Pool:
    """`workers` processes; calls beyond that wait their turn inside the pool."""

    def __init__(self, workers: int, time_limit: float) -> None:
        self._time_limit = time_limit
        self._pool = ProcessPool(
            max_workers=workers,
            context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=[os.getpid()],
        )
        self._workers = workers

    def warm(self) -> None:
        """Start the processes now rather than at the first edit."""
        for _ in range(self._workers):
            self._pool.schedule(_nothing)

    async def call(self, function: Callable[..., Result], *args: Any, seconds: float) -> Result:
        """Run a function in a worker for at most `seconds` (and the pool's own limit).

        Cancelling the awaiting task stops the work by replacing its process. Raises UPSTREAM_TIMEOUT, and whatever
        RetouchError the function raises.
        """
        limit = max(0.01, min(seconds, self._time_limit))
        future: pebble.ProcessFuture[Result] = self._pool.schedule(function, args=args, timeout=limit)
        try:
            return await asyncio.wrap_future(future)
        except FutureTimeout:
            raise RetouchError(
                Code.UPSTREAM_TIMEOUT,
                f"The edit took longer than {limit:.0f} s. A smaller image or a smaller area takes less.",
                retryable=False,
            ) from None
        except ProcessExpired as error:
            raise RetouchError(
                Code.UPSTREAM_ERROR, "The editor's worker process stopped unexpectedly. Please try again."
            ) from error

    async def close(self) -> None:
        """Stop every process."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(self._pool.join)


def _start_worker(parent: int) -> None:
    """Load the editor, leave Ctrl-C to the server, and die with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked to be told
            os._exit(1)
    import cv2  # noqa: PLC0415 - the server itself need not hold the editor in memory

    import retouch.engines.cpu.perform  # noqa: F401, PLC0415

    cv2.setNumThreads(1)
    with contextlib.suppress(OSError):
        os.nice(5)  # answering requests comes before computing edits


def _nothing() -> None:
    pass
