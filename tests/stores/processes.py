"""Processes that use an embedded PostgreSQL, and what tests ask of it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from retouch.stores.embedded.service_user import User, name_of

#: A process that starts or adopts, says how to connect, and leaves when its standard input ends. It becomes another
#: user only once Python is up, because that user may not be able to reach Python.
CHILD = """
import os, sys
from pathlib import Path
from retouch.stores.embedded import Embedded
if uid := int(sys.argv[2]):
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
server = Embedded.start(Path(sys.argv[1]), durable=False)
print(server.conninfo, flush=True)
sys.stdin.read()
server.stop()
"""
BOUND = 30.0


def child(data: Path, uid: int = 0) -> "subprocess.Popen[str]":
    """Start such a process, as another user if `uid` is given."""
    command = [sys.executable, "-c", CHILD, str(data), str(uid)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def told(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def leave(process: "subprocess.Popen[str]") -> None:
    process.communicate(timeout=BOUND)
    assert process.returncode == 0


def ask(conninfo: str, statement: bytes) -> object:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(statement).fetchone()
        assert row is not None
        return row[0]


def answers(conninfo: str) -> bool:
    try:
        return ask(conninfo, b"select 1") == 1
    except psycopg.OperationalError:
        return False


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def postmaster(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().split()[0])


def runs(pid: int) -> bool:
    """Whether a process runs; one that is dead and has yet to be reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def keep(conninfo: str) -> None:
    """Write something that `kept` can find."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("create table kept as select 7 as number")


def kept(conninfo: str) -> bool:
    return ask(conninfo, b"select number from kept") == 7


IS_ROOT = os.geteuid() == 0
ME = User(os.geteuid(), os.getegid(), name_of(os.geteuid()))
