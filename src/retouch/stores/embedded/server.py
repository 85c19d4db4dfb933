"""Start the embedded PostgreSQL, or adopt the one that runs already; the last one to leave stops it.

Two locks say all there is to know, and the kernel keeps them true through kill -9:

    postgres.users   held together by every process that uses the server, and alone by the one that stops it
    postgres.alive   held alone by the server itself and its children, who inherit it
"""

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg.conninfo import make_conninfo

from retouch.stores.embedded.cluster import ROLE, Cluster
from retouch.stores.embedded.errors import EmbeddedError
from retouch.stores.embedded.leftovers import clear_leftovers, says_ready, socket_of
from retouch.stores.embedded.locks import PAUSE, FileLock, poll
from retouch.stores.embedded.settings import settings
from retouch.stores.embedded.sockets import PORT, clear, discard, socket_folder

_FAST_SECONDS = 60.0
_IMMEDIATE_SECONDS = 15.0
_WAY_OUT = "Another --data folder may do, or a PostgreSQL of your own: set RETOUCH_DATABASE_URL."


@dataclass(slots=True)
class Embedded:
    """A running PostgreSQL of a data folder, and our hold on it."""

    conninfo: str
    _cluster: Cluster
    _users: FileLock
    _durable: bool
    _process: "subprocess.Popen[bytes] | None" = None

    @classmethod
    def start(cls, data: Path, *, durable: bool = True, timeout: float = 60.0) -> "Embedded":
        """Have PostgreSQL run on `data`/postgres: start it, or adopt the one that runs there already.

        Blocks, for 0.1 s to 1 s as a rule and for `timeout` seconds at most (a crash may need recovery). Any number
        of processes may call this on one folder at once; each must call `stop`. `durable=False` is for tests: a
        crash of the machine loses data. Raises EmbeddedError.
        """
        try:
            cluster = Cluster.of(data)
            users = FileLock(data / "postgres.users", cluster.user)
        except OSError as error:
            raise EmbeddedError(f"The data folder {data} cannot be used: {error}.") from error
        deadline = time.monotonic() + timeout
        try:
            if not poll(users.shared, timeout):
                raise EmbeddedError(f"The PostgreSQL of {data} is being stopped and does not end.")
            return cls._connected(cluster, users, deadline, durable=durable)
        except (OSError, subprocess.SubprocessError) as error:
            users.close()
            raise EmbeddedError(f"PostgreSQL cannot be run on {data}: {error}. {_WAY_OUT}") from error
        except BaseException:
            users.close()
            raise

    def revive(self, *, timeout: float = 60.0) -> bool:
        """Start the server again if it was killed; whether it was. Takes microseconds while the server lives.

        The server then recovers what was committed. `conninfo` stays true. Raises EmbeddedError.
        """
        alive = FileLock(self._cluster.data / "postgres.alive", self._cluster.user)
        dead = alive.alone()
        alive.close()
        if dead:
            if self._process:
                self._process.wait()
            deadline = time.monotonic() + timeout
            fresh = self._connected(self._cluster, self._users, deadline, durable=self._durable)
            self._process, self.conninfo = fresh._process, fresh.conninfo
        return dead

    def stop(self) -> None:
        """Leave the server, and stop it unless another process still uses it.

        Close all connections first: those still open are cut. Blocks until no process of the server is left, 60 s
        at most before it is cut short (PostgreSQL then recovers at its next start). May be called twice.
        """
        if self._users.fd < 0:
            return
        if self._users.alone():
            self._stop_server()
        elif self._process:
            self._process.returncode = 0  # it lives on for others and is not ours to wait for
        self._users.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    @classmethod
    def _connected(cls, cluster: Cluster, users: FileLock, deadline: float, *, durable: bool) -> "Embedded":
        """Start or adopt, whichever can be done first: a server on its way down must end before one can start."""
        alive = FileLock(cluster.data / "postgres.alive", cluster.user)
        process = None
        try:
            while True:
                if process is None and alive.alone():
                    process = _launch(cluster, alive, durable=durable)
                conninfo = _conninfo(cluster) if says_ready(cluster.folder) else None
                if conninfo and _answers(conninfo):
                    return cls(conninfo, cluster, users, durable, process)
                if process and process.poll() is not None:
                    raise EmbeddedError(f"PostgreSQL ended at once; its log says: {cluster.last_words()}")
                if time.monotonic() > deadline:
                    raise EmbeddedError(f"PostgreSQL on {cluster.data} does not answer; see {cluster.log}.")
                time.sleep(PAUSE)
        except BaseException:
            if process:
                _abandon(process)
                discard(socket_folder(cluster.data, cluster.user))
            raise
        finally:
            alive.close()

    def _stop_server(self) -> None:
        socket = socket_of(self._cluster.folder)
        alive = FileLock(self._cluster.data / "postgres.alive", self._cluster.user)
        try:
            for mode, seconds in (("fast", _FAST_SECONDS), ("immediate", _IMMEDIATE_SECONDS)):
                if alive.alone():
                    break
                self._cluster.signal(mode)
                if poll(alive.alone, seconds):
                    break
            else:
                raise EmbeddedError(f"PostgreSQL on {self._cluster.data} does not stop; see {self._cluster.log}.")
        finally:
            alive.close()
        if self._process:
            self._process.wait()
        if socket:
            discard(socket.parent)


def _launch(cluster: Cluster, alive: FileLock, *, durable: bool) -> "subprocess.Popen[bytes]":
    cluster.create(durable=durable, held=alive.fd)
    clear_leftovers(cluster.folder)
    folder = socket_folder(cluster.data, cluster.user)
    try:
        clear(folder)
        return cluster.serve(settings(folder, durable=durable), held=alive.fd)
    except BaseException:
        discard(folder)
        raise


def _abandon(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_IMMEDIATE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _conninfo(cluster: Cluster) -> str | None:
    """How to connect, once the server has said where. libpq checks whose process answers there."""
    found = socket_of(cluster.folder)
    if found is None:
        return None
    peer = {"requirepeer": cluster.user.name} if cluster.user.name else {}
    return make_conninfo(host=str(found.parent), port=PORT, user=ROLE, dbname="postgres", **peer)


def _answers(conninfo: str) -> bool:
    try:
        with psycopg.connect(conninfo, connect_timeout=5) as connection:
            connection.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True
