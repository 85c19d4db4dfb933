"""Files in folders that another user may own, written so that this user cannot lead root elsewhere."""

import os
from contextlib import suppress
from pathlib import Path

from retouch.stores.embedded.service_user import User

_OPEN_FOLDERS = Path("/proc/self/fd")
_LOG_BYTES = 1 << 20


class Folder:
    """An open folder. A child that inherits `fd` can reach it by `path` even where the folders above are closed to it.

    This is how root can keep its data in a folder of its own, such as one under /root, and yet have it served by a
    user without rights, with no mode changed above it.
    """

    def __init__(self, path: Path, user: User) -> None:
        """Raises OSError when it is missing or a link."""
        self._user = user
        self.fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        self.path = str(path) if user.is_me or not _OPEN_FOLDERS.exists() else str(_OPEN_FOLDERS / str(self.fd))

    def close(self) -> None:
        """Let go of it."""
        os.close(self.fd)

    def give(self) -> None:
        """Give the user what belongs to root: a new folder, or one that was restored or copied as root."""
        if self._user.is_me or os.fstat(self.fd).st_uid != 0:
            return
        for _, folders, files, fd in os.fwalk(".", dir_fd=self.fd):
            for name in (*folders, *files):
                os.chown(name, self._user.uid, self._user.gid, dir_fd=fd, follow_symlinks=False)
        self._user.own(self.fd)

    def write(self, name: str, text: str) -> None:
        """Put a file in place whole, following no link."""
        fresh = name + ".new"
        with suppress(FileNotFoundError):
            os.unlink(fresh, dir_fd=self.fd)
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=self.fd)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
            self._user.own(fd)
        os.replace(fresh, name, src_dir_fd=self.fd, dst_dir_fd=self.fd)


class Log:
    """An open log file of at most a megabyte, and the one before it. Only starts, stops and failures are logged."""

    def __init__(self, path: Path, user: User) -> None:
        if path.exists() and path.stat().st_size > _LOG_BYTES:
            path.replace(path.with_name(path.name + ".1"))
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        user.own(self.fd)

    def close(self) -> None:
        """Let go of it; the server keeps writing."""
        os.close(self.fd)
