"""Restore: all or nothing. The rows become visible together, once every object is in its place."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import orjson
import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from retouch.stores.backup.archive import Entry, reading
from retouch.stores.backup.manifest import (
    END,
    MANIFEST,
    OBJECTS,
    TABLES,
    BackupError,
    Manifest,
    Progress,
    read_manifest,
)
from retouch.stores.backup.tables import counted, done, empty, load, others, settle, tables
from retouch.stores.database import Database, border
from retouch.stores.migrate import migrate, migrations
from retouch.stores.objects import Objects
from retouch.stores.storage_mark import adopt

#: How often it is looked whether others use the database, and the pauses between, seconds.
_LOOKS, _PAUSE = 20, 0.1


async def restore(conninfo: str, objects: Objects, path: Path, progress: Progress, *, force: bool = False) -> Manifest:
    """Bring a database and an object store to what a backup holds, and the tables up to date; what was in it. From then
    on they belong to each other.

    Both must be empty; with `force` what they hold is replaced. Nobody else may use the database meanwhile.
    `progress` is told as by `backup`. Raises BackupError, RetouchError, OSError.
    """
    with reading(path) as entries:
        manifest = _first(entries)
        progress("rows in all", manifest.rows)
        progress("bytes in all", manifest.object_bytes)
        async with border(), await AsyncConnection.connect(conninfo, autocommit=True) as connection:
            former = await _check_target(connection, objects, manifest, force=force)
            loading = _Loading(connection, objects, manifest, progress)
            try:
                async with connection.transaction():
                    await loading.fill(entries)
            except BaseException as error:
                await _forget(objects, loading.kept - former)
                if isinstance(error, psycopg.DataError | psycopg.IntegrityError):
                    raise BackupError(f"A row of the backup does not fit its table: {error}") from error
                raise
            await _forget(objects, former - loading.kept)
            await migrate(connection)
        async with Database(conninfo) as database:
            await adopt(database, objects, force=True)
    return manifest


def look(path: Path) -> Manifest:
    """What a backup says of itself. Raises BackupError where this Retouch cannot restore it, OSError."""
    with reading(path) as entries:
        return _first(entries)


def _first(entries: Iterator[Entry]) -> Manifest:
    entry = next(entries, None)
    if entry is None or entry.name != MANIFEST:
        raise BackupError("The file is not a backup of Retouch.")
    manifest = read_manifest(entry.read())
    known = {number: name for number, (name, _) in migrations().items()}
    if manifest.migrations.items() - known.items():
        raise BackupError(f"The backup was made by a newer Retouch ({manifest.version}): restore it with that one.")
    return manifest


async def _check_target(
    connection: AsyncConnection[TupleRow], objects: Objects, manifest: Manifest, *, force: bool
) -> set[str]:
    """The keys of objects that are there already. Raises BackupError where the target is not fit."""
    if await _in_use(connection):
        raise BackupError("Another program uses the target's database: stop the server and its workers first.")
    if newer := (await done(connection)).keys() - manifest.migrations.keys():
        raise BackupError(
            f"The target's tables are newer than the backup (they have steps {sorted(newer)}): "
            "restore into an empty data folder or database."
        )
    rows = sum(table.rows for table in await counted(connection, await tables(connection)))
    former = {found.key async for found in objects.list()}
    if (rows or former) and not force:
        raise BackupError(
            f"The target is not empty: it has {rows} rows and {len(former)} files. --force replaces them."
        )
    return former


async def _in_use(connection: AsyncConnection[TupleRow]) -> bool:
    """Whether somebody else is connected, and stays: who has just left is still listed for a moment."""
    for _ in range(_LOOKS):
        if not await others(connection):
            return False
        await asyncio.sleep(_PAUSE)
    return True


@dataclass(slots=True)
class _Loading:
    """What is being restored, and the keys of the objects written so far."""

    connection: AsyncConnection[TupleRow]
    objects: Objects
    manifest: Manifest
    progress: Progress
    kept: set[str] = field(default_factory=set)

    async def fill(self, entries: Iterator[Entry]) -> None:
        """Load rows and objects within the connection's transaction."""
        connection, manifest = self.connection, self.manifest
        await migrate(connection, only=manifest.migrations)
        names = [table.name for table in await tables(connection)]
        expected = {table.name: table for table in manifest.tables}
        if unknown := expected.keys() - set(names):
            raise BackupError(f"The backup has tables that Retouch does not know: {', '.join(sorted(unknown))}.")
        await empty(connection, names)
        loaded = dict.fromkeys(expected, 0)
        for (kind, name), group in groupby(entries, _place):
            if kind == TABLES and name in expected:
                loaded[name] = await load(connection, expected[name], _pieces(group))
                self.progress("rows", loaded[name])
            elif kind == OBJECTS:
                await self._write(group)
            elif kind == END:
                _check_end(next(group), manifest, loaded, len(self.kept))
                await settle(connection, names, manifest.sequences)
                return
        raise BackupError("The backup breaks off: its end is missing.")

    async def _write(self, group: Iterator[Entry]) -> None:
        for entry in group:
            key = entry.name.removeprefix(OBJECTS + "/")
            self.kept.add(key)
            await self.objects.write(key, _told(entry, self.progress))


async def _forget(objects: Objects, keys: set[str]) -> None:
    for key in keys:
        await objects.delete(key)


def _check_end(entry: Entry, manifest: Manifest, loaded: dict[str, int], kept: int) -> None:
    wrong = [table.name for table in manifest.tables if loaded[table.name] != table.rows]
    if wrong or orjson.loads(entry.read())["objects"] != kept:
        raise BackupError(f"The backup is not whole: rows are missing in {', '.join(wrong) or 'its objects'}.")


def _place(entry: Entry) -> tuple[str, str]:
    kind, _, rest = entry.name.partition("/")
    return kind, rest.partition("/")[0] if kind == TABLES else ""


def _pieces(group: Iterator[Entry]) -> Iterator[bytes]:
    for entry in group:
        yield from entry.pieces()


async def _told(entry: Entry, progress: Progress) -> AsyncIterator[bytes]:
    for piece in entry.pieces():
        progress("bytes", len(piece))
        yield piece
