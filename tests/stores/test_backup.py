"""Backup and restore: everything comes back, on another database too, and nothing is lost half-way."""

import tarfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from retouch.domain.rights import Rights
from retouch.stores.accounts import Accounts
from retouch.stores.api_keys import ApiKeys
from retouch.stores.backup import BackupError, backup, restore
from retouch.stores.backup.tables import tables
from retouch.stores.database import Database
from retouch.stores.migrate import migrations
from retouch.stores.objects import Objects
from retouch.stores.secrets import secret
from retouch.stores.storage_mark import KEY, WrongStorage, claim

HASH = "ab" * 32
BIG = bytes(range(256)) * 20_000


def silent(what: str, number: int) -> None:
    """Nobody looks at the bars."""


@pytest.fixture
async def source(database: Database) -> Database:
    """A database with an account, a key, a grant and a secret."""
    owner = await Accounts(database).owner()
    await ApiKeys(database).add(owner.id, HASH, "rt-abcd", name="an\told\nnäme \\N", rights=Rights(models={"a", "b"}))
    await database.run(
        b"insert into entries (account_id, kind, amount, balance, note) values (%(id)s, 'grant', 5, 5, '')",
        {"id": owner.id},
    )
    await database.run(b"update accounts set balance = 5")
    await secret(database)
    return database


@pytest.fixture
def kept(tmp_path: Path) -> Objects:
    return Objects.open(tmp_path / "kept")


@pytest.fixture
def target(new_database: Callable[..., str]) -> str:
    """How to connect to a database with nothing in it."""
    return new_database("template0")


def everything(conninfo: str) -> dict[str, list[str]]:
    """Every row of every table, but for when migrations ran and which store of pictures is its own."""
    with psycopg.connect(conninfo) as connection:
        names = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        return {
            name: sorted(
                map(repr, connection.execute(f'table "{name}"'.encode()).fetchall() if name != "storage" else ())
            )
            for (name,) in names
            if name != "migrations"
        }


async def keys(objects: Objects) -> set[str]:
    return {found.key async for found in objects.list() if found.key != KEY}


async def test_every_table_of_a_new_database_is_known(database: Database) -> None:
    """A table that a migration makes in words unknown here would be missing in backups."""
    async with database.connection() as connection:
        known = {table.name for table in await tables(connection)}
    assert known == everything(database.conninfo).keys()


@pytest.mark.parametrize("name", ["all.tar", "all.tar.gz"])
async def test_what_is_backed_up_is_restored(
    source: Database, kept: Objects, target: str, tmp_path: Path, name: str
) -> None:
    """Rows, counters, objects and secrets, whatever characters are in them; only the owner can read the file."""
    await kept.put("outputs/2026-11-21/edit_1/0.png", BIG)
    await kept.put("uploads/empty.png", b"")
    file = tmp_path / name
    made = await backup(source.conninfo, kept, file, silent)
    assert (made.objects, made.object_bytes) == (2, len(BIG))
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.glob("*.part")] == []

    there = Objects.open(tmp_path / "there")
    assert await restore(target, there, file, silent) == made
    assert everything(target) == everything(source.conninfo)
    assert await there.get("outputs/2026-11-21/edit_1/0.png") == BIG
    assert await there.get("uploads/empty.png") == b""
    async with Database(target) as restored:
        assert await ApiKeys(restored).find(HASH)
        assert await secret(restored) == await secret(source)
        assert await restored.migrate() == []
        # The counter goes on, and triggers watch over the entries again.
        await restored.run(
            b"insert into entries (account_id, kind, amount, balance) select id, 'grant', 1, 6 from accounts"
        )
        with pytest.raises(psycopg.Error, match="only ever added"):
            await restored.run(b"delete from entries")


async def test_what_is_restored_has_a_store_of_its_own(
    source: Database, kept: Objects, target: str, tmp_path: Path
) -> None:
    """The copy starts with its own pictures, not with the original's, and the other way round."""
    await claim(source, kept)
    await kept.put("outputs/a/0.png", b"a")
    assert (await backup(source.conninfo, kept, tmp_path / "all.tar", silent)).objects == 1
    there = Objects.open(tmp_path / "there")
    await restore(target, there, tmp_path / "all.tar", silent)
    async with Database(target) as copy:
        await claim(copy, there)
        await claim(source, kept)
        for database, objects in ((copy, kept), (source, there)):
            with pytest.raises(WrongStorage):
                await claim(database, objects)
    # Into what is used: the former mark goes with all the rest.
    await restore(target, there, tmp_path / "all.tar", silent, force=True)
    async with Database(target) as copy:
        await claim(copy, there)


async def test_the_tables_are_those_of_one_moment(source: Database, kept: Objects, tmp_path: Path, target: str) -> None:
    """What is written while a backup runs is not in it, not even in tables that it has yet to read."""
    before = everything(source.conninfo)

    def meanwhile(what: str, number: int) -> None:
        if what == "rows":
            with psycopg.connect(source.conninfo) as connection:
                connection.execute("insert into secrets (name, value) values (gen_random_uuid()::text, 'x')")
                connection.execute("update accounts set name = name || '!'")

    await backup(source.conninfo, kept, tmp_path / "all.tar", meanwhile)
    assert everything(source.conninfo) != before
    await restore(target, Objects.open(tmp_path / "there"), tmp_path / "all.tar", silent)
    assert everything(target) == before


async def test_an_object_that_expires_meanwhile_is_left_out(
    source: Database, kept: Objects, tmp_path: Path, target: str
) -> None:
    await kept.put("outputs/a/0.png", b"a")
    await kept.put("outputs/b/0.png", b"b")
    path = tmp_path / "kept" / "outputs" / "b" / "0.png"
    await backup(source.conninfo, kept, tmp_path / "all.tar", lambda what, number: path.unlink(missing_ok=True))
    there = Objects.open(tmp_path / "there")
    await restore(target, there, tmp_path / "all.tar", silent)
    assert await keys(there) == {"outputs/a/0.png"}


async def test_a_target_that_holds_something_is_only_replaced_by_force(
    source: Database, kept: Objects, tmp_path: Path, new_database: Callable[..., str]
) -> None:
    await kept.put("outputs/a/0.png", b"a")
    await backup(source.conninfo, kept, tmp_path / "all.tar", silent)
    used, there = new_database(), Objects.open(tmp_path / "there")
    async with Database(used) as database:
        await Accounts(database).owner()
        await database.run(b"insert into request_windows values ('x', now(), 1)")
    await there.put("outputs/other/0.png", b"other")
    before = everything(used)
    with pytest.raises(BackupError, match=r"not empty: it has 1 rows and 1 files"):
        await restore(used, there, tmp_path / "all.tar", silent)
    assert (everything(used), await keys(there)) == (before, {"outputs/other/0.png"})
    await restore(used, there, tmp_path / "all.tar", silent, force=True)
    assert (everything(used), await keys(there)) == (everything(source.conninfo), {"outputs/a/0.png"})


async def test_a_target_in_use_is_left_alone(source: Database, kept: Objects, tmp_path: Path, target: str) -> None:
    await backup(source.conninfo, kept, tmp_path / "all.tar", silent)
    with psycopg.connect(target), pytest.raises(BackupError, match="stop the server"):
        await restore(target, kept, tmp_path / "all.tar", silent)


@pytest.mark.parametrize("cut", [100, 5_000, 100_000, -20_000])
async def test_half_a_backup_restores_nothing(
    source: Database, kept: Objects, tmp_path: Path, target: str, cut: int
) -> None:
    """Wherever it breaks off: no table, no object."""
    await kept.put("outputs/a/0.png", BIG)
    whole, half = tmp_path / "all.tar", tmp_path / "half.tar"
    await backup(source.conninfo, kept, whole, silent)
    half.write_bytes(whole.read_bytes()[:cut])
    there = Objects.open(tmp_path / "there")
    with pytest.raises(BackupError):
        await restore(target, there, half, silent)
    assert (everything(target), await keys(there)) == ({}, set())


async def test_a_file_that_is_no_backup_is_told_so(tmp_path: Path, target: str, kept: Objects) -> None:
    other = tmp_path / "other.tar"
    with tarfile.open(other, "w") as archive:
        archive.add(__file__, "test.py")
    (tmp_path / "text").write_text("hello")
    for file in (other, tmp_path / "text"):
        with pytest.raises(BackupError, match="not a"):
            await restore(target, kept, file, silent)


async def test_a_backup_of_a_newer_version_is_refused(
    source: Database, kept: Objects, tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one of an older version is restored and brought up to date."""
    await backup(source.conninfo, kept, tmp_path / "all.tar", silent)
    known = migrations()
    for module in ("retouch.stores.migrate", "retouch.stores.backup.load"):
        monkeypatch.setattr(f"{module}.migrations", lambda: dict(list(known.items())[:-1]))
    with pytest.raises(BackupError, match="newer Retouch"):
        await restore(target, kept, tmp_path / "all.tar", silent)
    later = {**known, 9999: ("later", b"create table later (id integer)")}
    for module in ("retouch.stores.migrate", "retouch.stores.backup.load"):
        monkeypatch.setattr(f"{module}.migrations", lambda: later)
    await restore(target, kept, tmp_path / "all.tar", silent)
    assert everything(target) == {**everything(source.conninfo), "later": []}


async def test_an_existing_file_is_not_overwritten(source: Database, kept: Objects, tmp_path: Path) -> None:
    file = tmp_path / "all.tar"
    file.write_text("dear")
    with pytest.raises(BackupError, match="exists already"):
        await backup(source.conninfo, kept, file, silent)
    assert file.read_text() == "dear"
