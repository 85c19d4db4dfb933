"""Whom PostgreSQL runs as: it refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAME = "retouch"
#: Tried in turn: most of Linux, then BusyBox.
_MAKERS = (
    ("useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", NAME),
    ("adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", NAME),
)


@dataclass(frozen=True, slots=True)
class User:
    """A user of this machine. `name` is None when the system knows only the number."""

    uid: int
    gid: int
    name: str | None

    @property
    def is_me(self) -> bool:
        """Whether this very process runs as this user."""
        return self.uid == os.geteuid()

    def own(self, fd: int) -> None:
        """Give this user an open file or folder, if somebody else has it."""
        if not self.is_me and os.fstat(fd).st_uid != self.uid:
            os.fchown(fd, self.uid, self.gid)


def service_user(data: Path, cluster: Path) -> User:
    """Whom to run as: ourselves; or, when we are root, whoever owns the data, or else a user without rights.

    As root a user `retouch` is made on first use; where none can be made it is `nobody`.
    """
    if os.geteuid() != 0:
        return _user(os.geteuid(), os.getegid())
    for folder in (cluster, data):
        found = folder.lstat() if folder.exists() else None
        if found and found.st_uid != 0:
            return _user(found.st_uid, found.st_gid)
    return _without_rights()


def name_of(uid: int) -> str | None:
    """The name that the system has for a user id."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def _user(uid: int, gid: int) -> User:
    return User(uid, gid, name_of(uid))


def _without_rights() -> User:
    return _named(NAME) or (_made() and _named(NAME)) or _named("nobody") or User(65534, 65534, None)


def _named(name: str) -> User | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return User(entry.pw_uid, entry.pw_gid, name) if entry.pw_uid != 0 else None


def _made() -> bool:
    for command in _MAKERS:
        if program := shutil.which(command[0]):
            # Whether it failed because somebody was quicker or for good shows when the name is looked up again.
            subprocess.run([program, *command[1:]], capture_output=True, check=False, timeout=30)  # noqa: S603
            if _named(NAME):
                return True
    return False
