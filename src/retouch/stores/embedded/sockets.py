"""The folder of PostgreSQL's socket: short, because a socket's path may have no more than 107 bytes, and private."""

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from retouch.stores.embedded.errors import EmbeddedError
from retouch.stores.embedded.service_user import User

PORT = 5432
FILE = f".s.PGSQL.{PORT}"
_LONGEST = 100 - len("/" + FILE)


def socket_folder(data: Path, user: User) -> Path:
    """Make, or find again, a folder that only `user` and root can enter.

    Its name follows from the data folder's. Somebody else may have taken that name in a folder open to all: then
    another name is used, which is why nobody may guess it: who looks for the server reads `postmaster.pid`.
    """
    name = "retouch-" + hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    for base in _bases():
        with suppress(OSError):
            return _private(base, name, user)
    raise EmbeddedError(f"No folder for PostgreSQL's socket could be made in any of {', '.join(map(str, _bases()))}.")


def clear(folder: Path) -> None:
    """Remove what a server that was killed left in the folder."""
    for name in (FILE, FILE + ".lock"):
        (folder / name).unlink(missing_ok=True)


def discard(folder: Path) -> None:
    """Remove the folder, unless there is more in it than a server of ours leaves."""
    with suppress(OSError):
        clear(folder)
        folder.rmdir()


def _bases() -> list[Path]:
    """Where to look. Not $XDG_RUNTIME_DIR: it goes when the user logs out, and the server may stay."""
    if os.geteuid() == 0:
        # In /run nobody but root can take a name; and a root's own TMPDIR may be closed to the service user.
        return [Path("/run"), Path("/tmp")]  # noqa: S108
    bases = (Path(tempfile.gettempdir()), Path("/tmp"))  # noqa: S108
    # libpq and PostgreSQL both read a comma as the end of a path.
    return [base for base in bases if "," not in str(base) and '"' not in str(base)]


def _private(base: Path, name: str, user: User) -> Path:
    if len(os.fsencode(base / name)) > _LONGEST:
        raise OSError(f"{base} is too long for a socket")
    folder = base / name
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if not _is_private(folder, user):
        folder = Path(tempfile.mkdtemp(prefix="retouch-", dir=base))
    if not user.is_me:
        os.chown(folder, user.uid, user.gid, follow_symlinks=False)
    return folder


def _is_private(folder: Path, user: User) -> bool:
    found = folder.lstat()
    ours = found.st_uid in {user.uid, os.geteuid()}
    return stat.S_ISDIR(found.st_mode) and ours and not stat.S_IMODE(found.st_mode) & 0o077
