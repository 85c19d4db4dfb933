"""What `postmaster.pid` says, and its removal when it lies: after a crash its process id may be another program's."""

import socket
from pathlib import Path

from retouch.stores.embedded.errors import EmbeddedError

_PORT_LINE, _FOLDER_LINE, _STATUS_LINE = 3, 4, 7


def socket_of(cluster: Path) -> Path | None:
    """The socket of the server that runs, or last ran, on these files; None before it has said."""
    lines = _lines(cluster)
    if len(lines) <= _FOLDER_LINE or not lines[_FOLDER_LINE]:
        return None
    return Path(lines[_FOLDER_LINE]) / f".s.PGSQL.{lines[_PORT_LINE].strip()}"


def says_ready(cluster: Path) -> bool:
    """Whether the server says that it takes connections; asking it sooner would only fill its log."""
    return [line.strip() for line in _lines(cluster)[_STATUS_LINE:]] == ["ready"]


def clear_leftovers(cluster: Path) -> None:
    """Remove a dead server's `postmaster.pid`. Call this only while holding `postgres.alive`.

    PostgreSQL takes the file for true as long as any process has that id, which in a restarted container one has.
    Raises EmbeddedError when a server that is not ours, and so does not hold the lock, serves these files.
    """
    file = cluster / "postmaster.pid"
    found = socket_of(cluster)
    if found is None:
        return  # PostgreSQL's own check has to do
    if _listens(found):
        raise EmbeddedError(
            f"A PostgreSQL that Retouch did not start serves {cluster}: stop it first. "
            f"If this folder is a copy of one in use, remove {file}."
        )
    file.unlink(missing_ok=True)


def _lines(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text(errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return []


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            return True
    return True
