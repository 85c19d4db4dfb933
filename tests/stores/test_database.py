"""Migrations, queries, and what a caller hears when the database is away."""

import asyncio
import os
import re
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import scalar_row

from retouch.domain.errors import Code, RetouchError
from retouch.stores.database import Database
from retouch.stores.embedded import Embedded
from retouch.stores.ids import new_id
from retouch.stores.migrate import NewerDatabase, migrations
from retouch.stores.queries import parse, query
from retouch.stores.secrets import secret
from stores.processes import BOUND, answers, postmaster, until

EMPTY = "template0"


async def test_many_processes_migrate_at_once_and_one_does_it(new_database: Callable[[str], str]) -> None:
    """The others wait and find nothing left to do."""
    url = new_database(EMPTY)
    databases = [Database(url) for _ in range(4)]
    try:
        await asyncio.gather(*(database.open() for database in databases))
        done = await asyncio.gather(*(database.migrate() for database in databases))
    finally:
        await asyncio.gather(*(database.close() for database in databases))
    names = [name for name, _ in migrations().values()]
    assert sorted(done) == [[], [], [], names]


async def test_a_migrated_database_stays_as_it_is(database: Database) -> None:
    """However often the server starts."""
    assert await database.migrate() == []
    numbers = await database.all(scalar_row, b"select number from migrations order by number")
    assert numbers == list(migrations()) == list(range(1, len(numbers) + 1))


async def test_a_database_of_a_newer_version_is_not_touched(database: Database) -> None:
    """The message says what to do."""
    await database.run(b"insert into migrations (number, name) values (9999, 'from the future')")
    with pytest.raises(NewerDatabase, match="newer Retouch"):
        await database.migrate()


async def test_a_transaction_is_undone_by_an_error(database: Database) -> None:
    """And the connection is good for the next one."""

    async def fail() -> None:
        async with database.transaction() as connection:
            await connection.execute("insert into secrets (name, value) values ('x', 'y')")
            raise LookupError

    for _ in range(20):
        with pytest.raises(LookupError):
            await fail()
    assert await database.one(scalar_row, b"select count(*) from secrets") == 0


async def test_a_mistake_of_ours_is_not_an_outage(database: Database) -> None:
    """Only the database's being away becomes OVERLOADED."""
    with pytest.raises(psycopg.errors.UndefinedTable):
        await database.run(b"select * from nowhere")
    await database.run(b"insert into secrets (name, value) values ('x', 'y')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        await database.run(b"insert into secrets (name, value) values ('x', 'y')")


async def test_a_cut_connection_says_come_back_and_the_next_call_works(database: Database) -> None:
    """As when an operator restarts the database."""
    with pytest.raises(RetouchError) as caught:
        await database.run(b"select pg_terminate_backend(pg_backend_pid())")
    assert caught.value.code is Code.OVERLOADED
    assert caught.value.retry_after
    assert await database.one(scalar_row, b"select 1") == 1


async def test_a_killed_server_is_answered_with_come_back_until_it_is_revived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pool finds the new server by itself."""
    monkeypatch.setattr("retouch.stores.database.TIMEOUT", 1.0)
    with tempfile.TemporaryDirectory(prefix="retouch-tests-") as folder, Embedded.start(Path(folder)) as server:
        async with Database(server.conninfo) as database:
            await database.migrate()
            os.kill(postmaster(Path(folder)), signal.SIGKILL)
            await asyncio.to_thread(until, lambda: not answers(server.conninfo))
            async with asyncio.timeout(BOUND):
                while await is_served(database):  # by a connection that outlives the server for a moment
                    pass
            with pytest.raises(RetouchError) as caught:
                await database.run(b"select 1")
            assert caught.value.code is Code.OVERLOADED
            await asyncio.to_thread(until, server.revive)
            async with asyncio.timeout(BOUND):
                while not await is_served(database):
                    pass
            assert await database.migrate() == []


async def is_served(database: Database) -> bool:
    """Whether the pool has found its way back."""
    try:
        return await database.one(scalar_row, b"select 1") == 1
    except RetouchError:
        return False


async def test_a_database_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the time that a connection may take, and the pool is closed again."""
    monkeypatch.setattr("retouch.stores.database.TIMEOUT", 0.5)
    with pytest.raises(RetouchError, match="database") as caught:
        await Database(f"host={tmp_path} connect_timeout=1 dbname=none").open()
    assert caught.value.code is Code.OVERLOADED


async def test_every_query_is_understood_by_the_database(database: Database) -> None:
    """A typing error in a statement shows here, not at the first request that needs it."""
    files = Path(__file__).parents[2] / "src" / "retouch" / "stores" / "queries"
    for file in files.glob("*.sql"):
        for name, statement in parse(file.read_text()).items():
            async with database.connection() as connection:
                cursor = psycopg.AsyncClientCursor(connection)
                text = statement.decode().rstrip(";")
                if not text.startswith("create"):
                    marks = dict.fromkeys(re.findall(r"%\((\w+)\)s", text))
                    await cursor.execute(b"explain (generic_plan) " + cursor.mogrify(text, marks).encode())
            assert query(name) == statement


def test_an_unknown_query_stops_the_start() -> None:
    """Modules ask while they are imported."""
    with pytest.raises(KeyError):
        query("no_such_query")


@pytest.mark.parametrize(
    "text",
    [
        "select 1;",
        "-- name: one\nselect 1;",
        "-- name: one\n-- A sentence.\n",
        "-- name: one\n-- A sentence.\nselect 1;\n\n-- name: one\n-- A sentence.\nselect 1;",
        "-- name: one\n-- A sentence.\nselect 1;\n\n-- name: Two\n-- A sentence.\nselect 2;",
    ],
)
def test_a_query_needs_a_name_of_its_own_a_sentence_and_a_statement(text: str) -> None:
    """Or the file is refused."""
    with pytest.raises(ValueError, match="quer"):
        parse(text)


async def test_a_secret_is_made_once(database: Database) -> None:
    """Every process gets the same, and each name has its own."""
    found = await asyncio.gather(*(secret(database) for _ in range(8)))
    assert len(set(found)) == 1
    assert len(found[0]) == 32
    assert await secret(database, "sessions") != found[0]


def test_ids_sort_by_time_and_say_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a millisecond, too, they differ."""
    times = iter(range(0, 3_000_000_000, 1_000_000))
    monkeypatch.setattr("retouch.stores.ids.time.time_ns", lambda: 1_800_000_000_000_000_000 + next(times))
    ids = [new_id("edit") for _ in range(1000)]
    assert ids == sorted(ids)
    assert all(len(made) == 31 and made.startswith("edit_") for made in ids)
    monkeypatch.setattr("retouch.stores.ids.time.time_ns", lambda: 0)
    assert len({new_id("key") for _ in range(1000)}) == 1000
