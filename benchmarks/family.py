"""What a server costs the machine: its own process, those that it started, and the database that it brought up.

Linux only. CPU is utime and stime of each process, and of those it has waited for: the kernel counts run time, so
many requests are good to 10 ms in all. Memory is the proportional set size (each shared page divided by those who
share it), because a plain sum counts PostgreSQL's shared memory once for each of its processes.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


class Family:
    """A process, its descendants, and every process that has the folder `data` in its command line or open as its own.

    An embedded PostgreSQL leaves the family that started it, so it is known by its working directory.
    """

    def __init__(self, pid: int, data: Path | None = None) -> None:
        self._pid = pid
        self._data = data

    def members(self) -> list[int]:
        """The processes that live now."""
        children: dict[int, list[int]] = {}
        todo = [self._pid]
        for entry in _PROC.iterdir():
            if not entry.name.isdigit():
                continue
            with suppress(OSError):
                children.setdefault(int(_stat(entry)[1]), []).append(int(entry.name))
                if self._data is not None and (entry / "cwd").readlink().is_relative_to(self._data):
                    todo.append(int(entry.name))
        found: dict[int, None] = {}
        while todo:
            pid = todo.pop()
            if pid not in found:
                found[pid] = None
                todo += children.get(pid, [])
        return list(found)

    def cpu(self) -> float:
        """CPU used so far, ms."""
        ticks = 0
        for entry in self._entries():
            with suppress(OSError):
                ticks += sum(map(int, _stat(entry)[11:15]))
        return 1000 * ticks / _TICKS

    def memory(self) -> float:
        """Memory in use, MB."""
        kilobytes = 0
        for entry in self._entries():
            with suppress(OSError):
                lines = (entry / "smaps_rollup").read_text().splitlines()
                kilobytes += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return kilobytes / 1024

    def _entries(self) -> Iterator[Path]:
        return (_PROC / str(pid) for pid in self.members())


def _stat(entry: Path) -> list[str]:
    """The fields of /proc/PID/stat from the third on: state, parent, ..."""
    return (entry / "stat").read_text().rpartition(")")[2].split()
