"""Bring a database up to date."""

import re
from collections.abc import Container
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from retouch.stores.queries import query

_LOCK, _MAKE, _DONE, _NOTE = map(query, ("lock_migrations", "make_migrations", "list_migrations", "insert_migration"))
#: The migration before which the schema of the queue is applied. procrastinate does not do it twice by itself; the
#: changes of a later version than the one pinned are to become migrations of ours.
_QUEUE = 5
_NAME = re.compile(r"(?P<number>\d{4})_(?P<name>[a-z_]+)\.sql")


class NewerDatabase(RuntimeError):  # noqa: N818 - it names what was found
    """The database was brought up to date by a newer Retouch than this one; run that one, or restore a backup."""


def migrations() -> dict[int, tuple[str, bytes]]:
    """Every migration's name and SQL by number, in order."""
    found = {}
    for file in files("retouch.stores.migrations").iterdir():
        if match := _NAME.fullmatch(file.name):
            number = int(match["number"])
            before = _queue_schema() if number == _QUEUE else b""
            found[number] = (match["name"], before + file.read_bytes())
    return dict(sorted(found.items()))


def _queue_schema() -> bytes:
    """procrastinate's own tables; the package is found without loading it, which takes a while."""
    package = find_spec("procrastinate")
    assert package is not None, "it is installed with Retouch"  # noqa: S101
    assert package.origin is not None, "it has files"  # noqa: S101
    return (Path(package.origin).parent / "sql" / "schema.sql").read_bytes()


async def migrate(connection: AsyncConnection[TupleRow], *, only: Container[int] | None = None) -> list[str]:
    """Run what has not been run yet, all or nothing; the names of those run. With `only`, no others than these numbers.

    Several processes may try at once: one does it while the others wait. Raises NewerDatabase.
    """
    known = migrations()
    async with connection.transaction():
        await connection.execute(_LOCK)
        await connection.execute(_MAKE)
        done = {row[0] for row in await (await connection.execute(_DONE)).fetchall()}
        if done - known.keys():
            raise NewerDatabase(f"{NewerDatabase.__doc__} (It has steps {sorted(done - known.keys())}.)")
        todo = [number for number in known if number not in done and (only is None or number in only)]
        for number in todo:
            name, sql = known[number]
            await connection.execute(sql)
            await connection.execute(_NOTE, {"number": number, "name": name})
    return [known[number][0] for number in todo]
