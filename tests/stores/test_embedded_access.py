"""Who may connect to the embedded PostgreSQL, and whom it runs as. Most of it takes root to try."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from retouch.stores.embedded import Embedded, EmbeddedError, sockets
from retouch.stores.embedded import programs as programs_module
from retouch.stores.embedded.programs import programs, run_as
from retouch.stores.embedded.service_user import User
from stores.processes import IS_ROOT, ME, ask, child, keep, kept, leave, postmaster, told

needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
NOBODY = User(65534, 65534, pwd.getpwuid(65534).pw_name) if IS_ROOT else User(-1, -1, None)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter, with a short path."""
    # Not where TMPDIR says: as root that may lie in a folder of root's own.
    with tempfile.TemporaryDirectory(prefix="retouch-open-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def refusal(conninfo: str, user: User) -> bytes:
    """What PostgreSQL's own client hears as another user who knows the address."""
    program, host = str(programs(user, None) / "psql"), str(conninfo_to_dict(conninfo)["host"])
    command = [program, "-h", host, "-U", "retouch", "-c", "select 1", "postgres"]
    done = subprocess.run(command, capture_output=True, check=False, **run_as(user))
    assert done.returncode != 0
    stderr: bytes = done.stderr
    return stderr


@needs_root
def test_another_user_is_refused_twice(data: Path) -> None:
    """By the socket's folder; and, were that open, by PostgreSQL, which refuses its own service user too."""
    with Embedded.start(data, durable=False) as server:
        folder = Path(str(conninfo_to_dict(server.conninfo)["host"]))
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert b"Permission denied" in refusal(server.conninfo, NOBODY)
        folder.chmod(0o755)
        (folder / sockets.FILE).chmod(0o777)
        owner = folder.stat()
        for user in (NOBODY, User(owner.st_uid, owner.st_gid, None)):
            assert b"authentication failed" in refusal(server.conninfo, user)
        assert ask(server.conninfo, b"select current_user") == "retouch"


@needs_root
def test_root_runs_it_as_a_user_without_rights(data: Path) -> None:
    """Neither root's id, nor its group, nor any other group."""
    with Embedded.start(data, durable=False):
        pid = postmaster(data)
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        fields = {line.split(":")[0]: line.split()[1:] for line in status}
        assert "0" not in {*fields["Uid"], *fields["Gid"], *fields["Groups"]}
        assert (data / "postgres").stat().st_uid == int(fields["Uid"][0])


@needs_root
def test_an_ordinary_user_needs_no_root_and_root_can_help_later(open_folder: Path) -> None:
    """The files stay the user's, also after a command of root's."""
    if not programs_module._runs(programs_module._installed(None) / "bin" / "postgres", NOBODY):
        pytest.skip("other users cannot run these programs")
    data = open_folder / "data"
    data.mkdir()
    os.chown(data, NOBODY.uid, NOBODY.gid)
    for _ in range(2):
        process = child(data, NOBODY.uid)
        assert f"requirepeer={NOBODY.name}" in told(process)
        leave(process)
        assert {path.lstat().st_uid for path in data.rglob("*")} == {NOBODY.uid}
        with Embedded.start(data, durable=False) as server:
            assert ask(server.conninfo, b"select 1") == 1
        assert {path.lstat().st_uid for path in data.rglob("*")} == {NOBODY.uid}


@needs_root
def test_files_restored_as_root_are_given_back(data: Path) -> None:
    """`cp -r` as root makes root their owner, and PostgreSQL would refuse them."""
    with Embedded.start(data, durable=False) as server:
        keep(server.conninfo)
    copy = data.with_name("copy")
    shutil.copytree(data, copy)
    with Embedded.start(copy, durable=False) as server:
        assert kept(server.conninfo)


@needs_root
def test_programs_out_of_reach_are_copied_once(data: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an environment under /root, which the service user cannot enter."""
    monkeypatch.setattr(programs_module, "SYSTEM", open_folder / "system")
    monkeypatch.setattr(programs_module, "_runs", lambda program, user: False)
    for _ in range(2):
        with Embedded.start(data, durable=False) as server:
            assert ask(server.conninfo, b"select 1") == 1
            assert Path(f"/proc/{postmaster(data)}/exe").readlink().is_relative_to(open_folder)
    assert len(list((open_folder / "system").iterdir())) == 1
    (open_folder / "system").chmod(0o777)
    with pytest.raises(EmbeddedError, match="other users"):
        Embedded.start(data, durable=False)


def test_a_forged_socket_folder_is_not_used(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link, a file, or a folder that others can enter or own, under the name that would be ours."""
    monkeypatch.setattr(sockets, "_bases", lambda: [open_folder])
    ours = sockets.socket_folder(Path("/some/data"), ME)
    assert sockets.socket_folder(Path("/some/data"), ME) == ours
    elsewhere = open_folder / "elsewhere"
    elsewhere.mkdir(mode=0o700)

    def forge(how: str) -> None:
        if ours.is_symlink() or ours.is_file():
            ours.unlink()
        else:
            ours.rmdir()
        if how == "link":
            ours.symlink_to(elsewhere)
        elif how == "file":
            ours.touch(mode=0o600)
        else:
            ours.mkdir(mode=0o700)
            if how == "open":
                ours.chmod(0o777)
            else:
                os.chown(ours, NOBODY.uid, NOBODY.gid)

    for how in ("link", "file", "open", *(["other's"] if IS_ROOT else [])):
        forge(how)
        made = sockets.socket_folder(Path("/some/data"), ME)
        assert made not in {ours, elsewhere}
        assert stat.S_IMODE(made.lstat().st_mode) == 0o700


def test_a_base_too_long_for_a_socket_is_passed_over(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket's path may have 107 bytes, whatever TMPDIR is."""
    long = open_folder / ("é" * 50)
    long.mkdir()
    monkeypatch.setattr(sockets, "_bases", lambda: [long, open_folder / "missing", open_folder])
    assert sockets.socket_folder(Path("/some/data"), ME).parent == open_folder
    monkeypatch.setattr(sockets, "_bases", lambda: [long])
    with pytest.raises(EmbeddedError, match="socket"):
        sockets.socket_folder(Path("/some/data"), ME)


def test_whose_process_answers_is_checked(data: Path) -> None:
    """Somebody who took the socket's place would be found out before a word is sent."""
    with Embedded.start(data, durable=False) as server:
        forged = {**conninfo_to_dict(server.conninfo), "requirepeer": "somebody"}
        with pytest.raises(psycopg.OperationalError, match="requirepeer"):
            psycopg.connect(**forged)  # type: ignore[arg-type]
