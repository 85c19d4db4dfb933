"""Starting, sharing and stopping the embedded PostgreSQL, with real processes."""

import stat
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from retouch.stores.embedded import Embedded
from stores.processes import BOUND, ask, child, keep, kept, leave, postmaster, runs, told


def test_it_starts_anywhere_and_stops_without_a_trace(data: Path) -> None:
    """Long paths, spaces and other alphabets; root in a folder closed to all others. No folder's mode is changed."""
    data.parent.mkdir(parents=True)
    before = {folder: folder.stat().st_mode for folder in data.parents}
    with Embedded.start(data, durable=False) as server:
        pid, socket = postmaster(data), Path(str(conninfo_to_dict(server.conninfo)["host"]))
        assert ask(server.conninfo, b"show server_encoding") == "UTF8"
        assert ask(server.conninfo, b"show listen_addresses") == ""
    assert not runs(pid)
    assert not socket.exists()
    assert {folder: folder.stat().st_mode for folder in data.parents} == before
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    server.stop()  # twice is no harm


def test_what_was_written_is_there_after_a_restart(data: Path) -> None:
    """Also with the programs' full care for the disk."""
    with Embedded.start(data) as server:
        keep(server.conninfo)
    with Embedded.start(data) as server:
        assert kept(server.conninfo)


def test_a_moved_folder_is_the_same_database(data: Path) -> None:
    """Nothing outside the data folder belongs to it."""
    with Embedded.start(data, durable=False) as server:
        keep(server.conninfo)
    moved = data.rename(data.with_name("moved"))
    with Embedded.start(moved, durable=False) as server:
        assert kept(server.conninfo)


def test_the_last_to_leave_stops_it(data: Path) -> None:
    """A command that started it leaves it to the server that came later, and the other way round."""
    first = Embedded.start(data, durable=False)
    pid = postmaster(data)
    second = Embedded.start(data, durable=False)
    assert second.conninfo == first.conninfo
    first.stop()
    assert ask(second.conninfo, b"select 1") == 1
    assert postmaster(data) == pid
    second.stop()
    assert not runs(pid)


def test_many_starts_at_once_make_one_server(data: Path) -> None:
    """On a folder that has yet to be set up."""
    children = [child(data) for _ in range(4)]
    try:
        assert len({told(process) for process in children}) == 1
        pid = postmaster(data)
        for process in children[:3]:
            leave(process)
        assert runs(pid)
        assert pid == postmaster(data)
        leave(children[3])
        assert not runs(pid)
    finally:
        for process in children:
            process.kill()
            process.communicate()


def test_starting_while_it_is_being_stopped_gives_a_running_one(data: Path) -> None:
    """Whoever comes as the last one leaves waits for the end and starts anew."""
    for _ in range(5):
        leaving = child(data)
        told(leaving)
        assert leaving.stdin is not None
        leaving.stdin.close()
        with Embedded.start(data, durable=False) as server:
            assert ask(server.conninfo, b"select 1") == 1
        assert leaving.wait(BOUND) == 0
        assert leaving.stdout is not None
        leaving.stdout.close()


def test_the_log_is_bounded_and_holds_no_statements(data: Path) -> None:
    """A megabyte and the file before it; a statement that fails may hold a secret."""
    data.mkdir(parents=True)
    (data / "postgres.log").write_text("x" * (1 << 20) + "x")
    with Embedded.start(data, durable=False) as server, pytest.raises(psycopg.errors.UndefinedColumn):
        ask(server.conninfo, b"select a_secret_word")
    assert "a_secret_word" not in (data / "postgres.log").read_text()
    assert (data / "postgres.log").stat().st_size < 1 << 16
    assert (data / "postgres.log.1").exists()
