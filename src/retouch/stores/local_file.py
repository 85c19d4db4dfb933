"""Writing a file into a folder of this machine that obstore's LocalStore reads."""

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

from retouch.domain.picture import Buffer

#: A folder may be tidied away, being empty, between its making and the file's: how often it is made again.
_TRIES = 10
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC

_numbers = count()

#: Bytes that the system takes in about a millisecond, as long as it has memory to put them into.
BRIEF_BYTES = 2_000_000
#: Seconds that a write takes on the average of the last few where the disk holds it up; what one takes where it is
#: stuck, and one that waits until it is on the disk; and for how long writes are then left to threads.
HELD_UP = 0.004
STUCK, STUCK_DURABLE = 0.1, 1.0
WARY = 30.0


class Writing:
    """Writes files from an event loop: right there while the disk keeps up, which a thread would make twice as dear.

    Small files that need not be durable go to memory of the system's. It stops whoever writes where the disk is far
    behind; when that happens, threads wait in the loop's place, until one of them finds the disk well again. Not
    `in_place` where the folder may lie behind a network, which stops who writes for as long as it likes: then it is
    threads alone.
    """

    def __init__(self, *, in_place: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._in_place = in_place
        self._clock = clock
        self._lately = 0.0
        #: While the loop does not write; None while it does.
        self._wary_until: float | None = None

    async def write(self, path: Path, data: Buffer, *, durable: bool) -> None:
        """As `write_whole`. Raises OSError."""
        small = not durable and len(data) <= BRIEF_BYTES
        if small and self._in_place and self._wary_until is None:
            self._here(path, data)
        else:
            await asyncio.to_thread(self._there, path, data, durable=durable)

    def _here(self, path: Path, data: Buffer) -> None:
        started = self._clock()
        try:
            write_whole(path, data)
        finally:
            took = self._clock() - started
            self._lately += (took - self._lately) / 4
            if took > STUCK or self._lately > HELD_UP:
                self._beware()

    def _there(self, path: Path, data: Buffer, *, durable: bool) -> None:
        """In a thread, whose waiting for its turn after each step counts for little beside a disk that is stuck."""
        started = self._clock()
        try:
            write_whole(path, data, durable=durable)
        finally:
            now = self._clock()
            if now - started > (STUCK_DURABLE if durable else STUCK):
                self._beware()
            elif self._wary_until is not None and now >= self._wary_until:
                self._wary_until = None

    def _beware(self) -> None:
        self._lately = 0.0
        self._wary_until = self._clock() + WARY


def write_whole(path: Path, data: Buffer, *, durable: bool = False) -> None:
    """Put a file there, whole or not at all, that nobody but us may read. Raises OSError.

    Where it is to be `durable`, it outlasts a loss of power from here on; that may take the disk tens of milliseconds.

    obstore's own way copies the data and works on two threads of its own: seven times the CPU for a finished picture.
    As few system calls as can be: in a thread, each is followed by a wait for its turn while the loop has work.
    """
    # LocalStore lists no file whose name ends in # and digits: they are unfinished. A process's number comes again
    # after its death, in a container at once; with the time it is no other's.
    unfinished = path.with_name(f"{path.name}#{os.getpid()}{next(_numbers)}{time.time_ns()}")
    try:
        file = _created(unfinished)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(file, left) :]
            if durable:
                os.fsync(file)
        finally:
            os.close(file)
        unfinished.replace(path)
        if durable:
            _note(path.parent)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def _note(folder: Path) -> None:
    """Have the disk know what is in a folder."""
    listing = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(listing)
    finally:
        os.close(listing)


def _created(path: Path) -> int:
    """The descriptor of a new file, its folders made where they are missing."""
    for _ in range(_TRIES):
        # Made first, not once it is found missing: most pictures are the first of their folder.
        _make(path.parent)
        with suppress(FileNotFoundError):
            return os.open(path, _NEW, 0o600)
    return os.open(path, _NEW, 0o600)


def _make(folder: Path) -> None:
    """Make a folder, and those above it; what of them is tidied away meanwhile is not there then."""
    try:
        folder.mkdir()
    except FileExistsError:
        pass
    except FileNotFoundError:
        with suppress(FileExistsError, FileNotFoundError):
            folder.mkdir(parents=True, exist_ok=True)
