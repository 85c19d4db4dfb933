"""The embedded PostgreSQL after kill -9, power cuts and damage."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from retouch.stores.embedded import Embedded, EmbeddedError
from stores.processes import BOUND, IS_ROOT, ask, child, keep, kept, postmaster, runs, told, until


def test_it_is_adopted_after_its_parent_was_killed(data: Path) -> None:
    """kill -9 of the server leaves PostgreSQL; the next one takes it over, and stops it in the end."""
    parent = child(data)
    conninfo = told(parent)
    pid = postmaster(data)
    parent.kill()
    parent.communicate(timeout=BOUND)
    with Embedded.start(data, durable=False) as server:
        assert (server.conninfo, postmaster(data)) == (conninfo, pid)
        assert ask(server.conninfo, b"select 1") == 1
    assert not runs(pid)


def test_it_recovers_from_being_killed(data: Path) -> None:
    """kill -9 of PostgreSQL itself: what was committed is there again, on the same address."""
    with Embedded.start(data) as server:
        keep(server.conninfo)
        conninfo = server.conninfo
        assert not server.revive()
        os.kill(postmaster(data), signal.SIGKILL)
        until(server.revive)
        assert server.conninfo == conninfo
        assert kept(conninfo)
    assert not (data / "postgres" / "postmaster.pid").exists()


def test_a_start_survives_the_leftovers_of_a_crash(data: Path) -> None:
    """As after a power cut: files that name a process id which now is another program's."""
    with Embedded.start(data, durable=False) as server:
        host = Path(str(conninfo_to_dict(server.conninfo)["host"]))
        lines = (data / "postgres" / "postmaster.pid").read_text().splitlines()
    user = (data / "postgres").stat().st_uid if IS_ROOT else None
    other = subprocess.Popen(["sleep", "60"], user=user)
    try:
        file = data / "postgres" / "postmaster.pid"
        file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        host.mkdir(mode=0o700)
        (host / ".s.PGSQL.5432.lock").write_text("\n".join([str(other.pid), *lines[1:5]]) + "\n")
        for path in (file, host, host / ".s.PGSQL.5432.lock"):
            shutil.chown(path, (data / "postgres").stat().st_uid)
        with Embedded.start(data, durable=False) as server:
            assert ask(server.conninfo, b"select 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_an_interrupted_set_up_is_done_again(data: Path) -> None:
    """Files are made aside and put in place when they are complete."""
    (data / "postgres.new" / "base").mkdir(parents=True)
    (data / "postgres.new" / "PG_VERSION").write_text("1")
    with Embedded.start(data, durable=False) as server:
        assert ask(server.conninfo, b"select 1") == 1
    assert not (data / "postgres.new").exists()


def test_a_broken_cluster_is_reported_with_the_reason(data: Path) -> None:
    """And nothing keeps running or locked."""
    with Embedded.start(data, durable=False) as server:
        socket = Path(str(conninfo_to_dict(server.conninfo)["host"]))
    control = data / "postgres" / "global" / "pg_control"
    aside = control.rename(control.with_name("aside"))
    with pytest.raises(EmbeddedError, match="pg_control"):
        Embedded.start(data, durable=False)
    assert not socket.exists()
    aside.rename(control)
    with Embedded.start(data, durable=False) as server:
        assert ask(server.conninfo, b"select 1") == 1


def test_files_of_an_unknown_version_are_left_alone(data: Path) -> None:
    """The message names the version that is missing."""
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedError, match="PostgreSQL 12"):
        Embedded.start(data)


def test_a_data_folder_that_cannot_be_made_is_named(data: Path) -> None:
    """A file where the folder should be."""
    data.parent.mkdir(parents=True)
    data.write_text("")
    with pytest.raises(EmbeddedError, match="cannot be used"):
        Embedded.start(data)
