"""Locks on files, which the kernel lets go of when the last process that holds one is gone, however it died."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from retouch.stores.embedded.service_user import User

PAUSE = 0.02


class FileLock:
    """A lock on a file of ours. A child that inherits `fd` holds the lock for as long as it lives."""

    def __init__(self, path: Path, user: User) -> None:
        """Open the file, making it for `user` if it is missing. Raises OSError when it is not ours to open."""
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        user.own(self.fd)

    def shared(self) -> bool:
        """Take it together with others; False when somebody has it alone."""
        return self._take(fcntl.LOCK_SH)

    def alone(self) -> bool:
        """Take it alone; False, and whatever was held before is let go, when somebody else has it too."""
        return self._take(fcntl.LOCK_EX)

    def close(self) -> None:
        """Let go of it, but for children that inherited it."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def _take(self, how: int) -> bool:
        try:
            fcntl.flock(self.fd, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def poll(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask until `condition` is true, at most for so many seconds; say whether it became true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(PAUSE)
    return True
