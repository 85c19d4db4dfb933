"""The tables of Retouch in a database: which there are, and their rows, read in one snapshot or loaded."""

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import LiteralString

from psycopg import sql
from psycopg.rows import class_row, scalar_row, tuple_row

from retouch.stores.backup.manifest import Table
from retouch.stores.database import Connection, fetch_all
from retouch.stores.migrate import migrations
from retouch.stores.queries import query

_LIST, _SEQUENCES, _SET = map(query, ("list_tables", "list_sequences", "set_sequence"))
_OTHERS, _HAS, _NAMES = map(query, ("count_others", "has_migrations", "name_migrations"))

_CREATED = re.compile(rb"^create (?:unlogged )?table (\w+)", re.MULTILINE)
#: The queue's tables are made by its own package.
_QUEUE = "procrastinate_"


@dataclass(frozen=True, slots=True)
class Found:
    """A table as the database has it. `lasting` ones survive a crash; others only count. `needs` are referred to."""

    name: str
    lasting: bool
    columns: list[str]
    needs: list[str]


async def tables(connection: Connection) -> list[Found]:
    """Every table of ours, each behind those that it refers to. Other programs' tables are left out."""
    ours = {name.decode() for _, text in migrations().values() for name in _CREATED.findall(text)}
    found = {
        table.name: table
        for table in await fetch_all(connection, class_row(Found), _LIST)
        if table.name in ours or table.name.startswith(_QUEUE)
    }
    order = TopologicalSorter({name: [need for need in found[name].needs if need in found] for name in found})
    return [found[name] for name in order.static_order()]


async def counted(connection: Connection, found: Sequence[Found]) -> list[Table]:
    """The lasting tables with their rows counted."""
    counts = []
    for table in found:
        if table.lasting:
            statement = sql.SQL("select count(*) from {}").format(sql.Identifier(table.name))
            [rows] = await fetch_all(connection, scalar_row, statement.as_bytes(connection))
            counts.append(Table(name=table.name, columns=table.columns, rows=rows))
    return counts


async def sequences(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """The last number of each counter behind these tables."""
    return dict(await fetch_all(connection, tuple_row, _SEQUENCES, {"tables": list(names)}))


async def rows_of(connection: Connection, table: Table) -> AsyncIterator[bytes]:
    """A table's rows as COPY writes them."""
    async with connection.cursor() as cursor, cursor.copy(_copy("copy {} ({}) to stdout", table)) as copy:
        async for piece in copy:
            yield bytes(piece)


async def load(connection: Connection, table: Table, pieces: Iterable[bytes]) -> int:
    """Put rows into a table; how many those were. Raises psycopg's errors for rows that do not fit."""
    async with connection.cursor() as cursor:
        async with cursor.copy(_copy("copy {} ({}) from stdin", table)) as copy:
            for piece in pieces:
                await copy.write(piece)
        return cursor.rowcount


async def empty(connection: Connection, names: Sequence[str]) -> None:
    """Take every row out of these tables, which then do nothing by themselves until `settle`."""
    for name in names:
        await connection.execute(sql.SQL("alter table {} disable trigger user").format(sql.Identifier(name)))
    every = sql.SQL(", ").join(map(sql.Identifier, names))
    await connection.execute(sql.SQL("truncate {}").format(every))


async def settle(connection: Connection, names: Sequence[str], last: Mapping[str, int]) -> None:
    """After loading: triggers work again, and counters go on where they stood."""
    for name in names:
        await connection.execute(sql.SQL("alter table {} enable trigger user").format(sql.Identifier(name)))
    for name, number in last.items():
        await connection.execute(_SET, {"name": name, "last": number})


async def done(connection: Connection) -> dict[int, str]:
    """The migrations that the database has, by number; none where it has no tables."""
    [there] = await fetch_all(connection, scalar_row, _HAS)
    return dict(await fetch_all(connection, tuple_row, _NAMES)) if there else {}


async def others(connection: Connection) -> int:
    """How many other programs are connected to the database."""
    [count] = await fetch_all(connection, scalar_row, _OTHERS)
    return int(count)


def _copy(text: LiteralString, table: Table) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    return sql.SQL(text).format(sql.Identifier(table.name), columns)
