"""Backup: one snapshot of the tables, then the objects that were there with it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from retouch import __version__
from retouch.domain.errors import Code, RetouchError
from retouch.stores.backup.archive import Writer, writing
from retouch.stores.backup.manifest import END, MANIFEST, OBJECTS, TABLES, BackupError, Manifest, Progress, Table
from retouch.stores.backup.tables import counted, done, rows_of, sequences, tables
from retouch.stores.database import border
from retouch.stores.migrate import migrations
from retouch.stores.objects import ObjectInfo, Objects
from retouch.stores.storage_mark import KEY

#: Rows are gathered into entries of about so many bytes, because a tar wants sizes beforehand.
_CHUNK = 8 << 20


async def backup(conninfo: str, objects: Objects, path: Path, progress: Progress) -> Manifest:
    """Write everything into a new file; what is in it. Nothing is locked: the server goes on meanwhile.

    Holds a few megabytes in memory, however much there is. `progress` is told of the total first, under `rows in all`
    and `bytes in all`. Raises BackupError, RetouchError, OSError.
    """
    with writing(path) as writer:
        async with border(), await AsyncConnection.connect(conninfo, autocommit=True) as connection:
            await connection.execute("begin isolation level repeatable read read only")
            manifest, files = await _look(connection, objects)
            progress("rows in all", manifest.rows)
            progress("bytes in all", manifest.object_bytes)
            writer.add(MANIFEST, manifest.dump())
            for table in manifest.tables:
                await _save_table(connection, writer, table, progress)
        kept = [file for file in files if await _save_object(objects, writer, file, progress)]
        writer.add(END, b'{"objects": %d}\n' % len(kept))
        writer.end()
    return manifest


async def _look(connection: AsyncConnection[TupleRow], objects: Objects) -> tuple[Manifest, list[ObjectInfo]]:
    """What there is. The objects are listed after the snapshot was taken: all that its rows name are there."""
    had = await done(connection)
    if had != {number: name for number, (name, _) in migrations().items()}:
        raise BackupError("The database is of another version than this Retouch: start the server with this one first.")
    found = await tables(connection)
    counts = await counted(connection, found)
    # The store's mark stays: what is restored elsewhere gets one of its own.
    files = sorted([file async for file in objects.list() if file.key != KEY], key=lambda file: file.key)
    manifest = Manifest(
        version=__version__,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        migrations=had,
        tables=counts,
        sequences=await sequences(connection, [table.name for table in found]),
        objects=len(files),
        object_bytes=sum(file.size for file in files),
    )
    return manifest, files


async def _save_table(connection: AsyncConnection[TupleRow], writer: Writer, table: Table, progress: Progress) -> None:
    chunk, number = bytearray(), 0
    async for piece in rows_of(connection, table):
        chunk += piece
        if len(chunk) >= _CHUNK:
            writer.add(f"{TABLES}/{table.name}/{number:06}.copy", chunk)
            chunk, number = bytearray(), number + 1
    if chunk:
        writer.add(f"{TABLES}/{table.name}/{number:06}.copy", chunk)
    progress("rows", table.rows)


async def _save_object(objects: Objects, writer: Writer, file: ObjectInfo, progress: Progress) -> bool:
    """Add an object; False when it has expired since it was listed."""
    try:
        size, pieces = await objects.read(file.key)
    except RetouchError as error:
        if error.code is not Code.NOT_FOUND:
            raise
        return False

    async def told() -> AsyncIterator[bytes]:
        async for piece in pieces:
            progress("bytes", len(piece))
            yield piece

    await writer.add_stream(f"{OBJECTS}/{file.key}", size, told())
    return True
