"""Writing a file into a folder of this machine that obstore's LocalStore reads."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from retouch.domain.picture import Buffer

#: A folder may be tidied away, being empty, between its making and the file's: how often it is made again.
_TRIES = 10


def write_whole(path: Path, data: Buffer) -> None:
    """Put a file there, whole or not at all, that nobody but us may read. Use a thread. Raises OSError.

    obstore's own way copies the data and works on two threads of its own: seven times the CPU for a finished picture.
    """
    # LocalStore lists no file whose name ends in # and digits: they are unfinished.
    unfinished = path.with_name(f"{path.name}#{secrets.randbelow(10**15)}")
    try:
        with open(_created(unfinished), "wb") as file:
            file.write(data)
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def _created(path: Path) -> int:
    """The descriptor of a new file, its folders made where they are missing."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    for _ in range(_TRIES):
        try:
            return os.open(path, flags, 0o600)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, flags, 0o600)
