"""Pictures that accounts have handed in, by their paths; the bytes lie in the object store."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from psycopg import Rollback
from psycopg.rows import class_row, scalar_row, tuple_row

from retouch.domain.project import Upload
from retouch.stores.database import Connection, Database, fetch_one
from retouch.stores.queries import query

_LOCK, _SUM, _INSERT, _FIND = map(query, ("lock_account", "sum_uploads", "insert_upload", "find_upload"))
_CLAIM, _RELEASE, _STORE = map(query, ("claim_upload", "release_upload", "store_upload"))
_KEY, _FORGET = map(query, ("stored_key", "forget_uploads"))
_GIVE_UP, _IN_USE = map(query, ("give_up_dead_writers", "upload_keys_in_use"))


class Stored(Enum):
    """What became of a writer's bytes: FULL where its account may have no more, LATE where another had its turn."""

    KEPT = "kept"
    FULL = "full"
    LATE = "late"


class Uploads:
    """The uploads of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        account_id: str,
        paths: dict[str, str],
        *,
        max_bytes: int,
        expires_at: datetime,
        most: int,
        most_bytes: int,
    ) -> bool:
        """Keep new uploads (key by path); False, and none kept, where the account would have more than `most`, or has
        `most_bytes` already.
        """
        async with self._database.transaction() as connection:
            count, size = await _held(connection, account_id)
            if count + len(paths) > most or size >= most_bytes:
                return False
            for path, key in paths.items():
                params = {"path": path, "account_id": account_id, "key": key}
                await connection.execute(_INSERT, {**params, "max_bytes": max_bytes, "expires_at": expires_at})
            return True

    async def find(self, path: str) -> Upload | None:
        """An upload of any account."""
        return await self._database.one(class_row(Upload), _FIND, {"path": path})

    async def claim(self, path: str, key: str, longest: timedelta) -> bool:
        """Let one writer in, to write to `key`; after `longest` it is taken for dead.

        False for a path that is written, being written or too old.
        """
        return await self._database.run(_CLAIM, {"path": path, "key": key, "longest": longest}) > 0

    async def release(self, path: str, key: str) -> None:
        """The writer to `key` has failed; another may try."""
        await self._database.run(_RELEASE, {"path": path, "key": key})

    async def store(self, upload: Upload, size: int, *, most_bytes: int) -> Stored:
        """The bytes are where the writer of this upload was to put them."""
        stored = Stored.LATE
        async with self._database.transaction() as connection:
            params = {"path": upload.path, "key": upload.key, "bytes": size}
            if (await connection.execute(_STORE, params)).rowcount > 0:
                _, held = await _held(connection, upload.account_id)
                stored = Stored.KEPT if held <= most_bytes else Stored.FULL
            if stored is Stored.FULL:
                raise Rollback
        return stored

    async def key(self, path: str, account_id: str) -> str | None:
        """Where an upload of this account lies; None for one that is not there or is another's."""
        return await self._database.one(scalar_row, _KEY, {"path": path, "account_id": account_id})

    async def give_up_dead_writers(self) -> None:
        """Count those no longer who have surely ended; what they still put is nobody's."""
        await self._database.run(_GIVE_UP)

    async def in_use(self, keys: Sequence[str]) -> set[str]:
        """Those of these keys at which an upload lies or is being written: others are a dead writer's, or forgotten."""
        return set(await self._database.all(scalar_row, _IN_USE, {"keys": list(keys)}))

    async def forget(self, age: timedelta) -> None:
        """Forget those that are older."""
        await self._database.run(_FORGET, {"age": age})


async def _held(connection: Connection, account_id: str) -> tuple[int, int]:
    await connection.execute(_LOCK, {"account_id": account_id})
    found: tuple[int, int] | None = await fetch_one(connection, tuple_row, _SUM, {"account_id": account_id})
    assert found is not None, "a sum is one row"  # noqa: S101
    return found
