"""The file of a backup: a tar, with gzip where its name ends in gz, written and read from front to back."""

import gzip
import os
import tarfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from retouch.stores.backup.manifest import BackupError

#: What is held in memory of an entry, bytes.
PIECE = 1 << 20
_BLOCK = tarfile.BLOCKSIZE


class Writer:
    """Adds entries to an open file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._now = int(time.time())

    def add(self, name: str, data: bytes | bytearray) -> None:
        """Add an entry that is in memory."""
        self._head(name, len(data))
        self._file.write(data)
        self._pad(len(data))

    async def add_stream(self, name: str, size: int, pieces: AsyncIterator[bytes]) -> None:
        """Add an entry of `size` bytes as they come. Raises BackupError when others come."""
        self._head(name, size)
        written = 0
        async for piece in pieces:
            written += len(piece)
            self._file.write(piece)
        if written != size:
            raise BackupError(
                f"{name} changed while it was read: it has {written} bytes in place of {size}. Try again."
            )
        self._pad(size)

    def end(self) -> None:
        """Two empty blocks end a tar."""
        self._file.write(bytes(2 * _BLOCK))

    def _head(self, name: str, size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = size, self._now, 0o600
        self._file.write(info.tobuf(tarfile.PAX_FORMAT))

    def _pad(self, size: int) -> None:
        self._file.write(bytes(-size % _BLOCK))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A new file that only its owner can read; it has its name once it is whole, and is gone if that fails.

    Raises BackupError when there is a file of that name.
    """
    if path.exists():
        raise BackupError(f"{path} exists already: choose another name.")
    fresh = path.with_name(path.name + ".part")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise BackupError(f"{fresh} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "wb") as raw:
            if path.name.endswith("gz"):
                with gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw) as packed:
                    yield Writer(packed)  # type: ignore[arg-type] # it is written to, as any file
            else:
                yield Writer(raw)
            raw.flush()
            os.fsync(raw.fileno())
        fresh.rename(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


class Entry:
    """An entry that is being read."""

    def __init__(self, name: str, size: int, file: IO[bytes]) -> None:
        self.name = name
        self.size = size
        self._file = file

    def pieces(self) -> Iterator[bytes]:
        """Its bytes, a megabyte at a time. Raises BackupError when the file is broken."""
        left = self.size
        while left:
            with _readable():
                piece = self._file.read(min(PIECE, left))
            if not piece:
                raise BackupError(f"The backup breaks off in {self.name}.")
            left -= len(piece)
            yield piece

    def read(self) -> bytes:
        """All of it."""
        return b"".join(self.pieces())


@contextmanager
def reading(path: Path) -> Iterator[Iterator[Entry]]:
    """The entries of a file, each to be read before the next. Raises BackupError, OSError."""
    with path.open("rb") as file, _open(file) as archive:
        yield _entries(archive)


def _open(file: IO[bytes]) -> tarfile.TarFile:
    with _readable():
        return tarfile.open(fileobj=file, mode="r|*")


def _entries(archive: tarfile.TarFile) -> Iterator[Entry]:
    while True:
        with _readable():
            info = archive.next()
            content = None if info is None else archive.extractfile(info)
        if info is None:
            return
        if content is not None:
            yield Entry(info.name, info.size, content)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, OSError) as error:
        raise BackupError(f"The file is not a whole backup of Retouch: {error}.") from error
