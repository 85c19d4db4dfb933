"""API keys, of which only hashes are kept: what is never stored here cannot be read from here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import kwargs_row

from retouch.stores.database import Connection, Database, fetch_one
from retouch.stores.ids import new_id
from retouch.stores.queries import query

_INSERT, _FIND, _LIST, _REVOKE = map(query, ("insert_key", "find_key", "list_keys", "revoke_key"))

#: Everything that a key can be allowed: to edit, to read what was edited, to manage keys and accounts.
SCOPES = ("edit", "read", "manage")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as lists show it. `prefix` is its first characters; times are in UTC."""

    id: str
    account_id: str
    name: str
    prefix: str
    scopes: frozenset[str]
    error_format: str | None
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime
    last_used_at: datetime | None


class ApiKeys:
    """The API keys of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        account_id: str,
        digest: str,
        prefix: str,
        *,
        name: str,
        scopes: Collection[str] = SCOPES,
        expires_in: timedelta | None = None,
        error_format: str | None = None,
    ) -> ApiKey:
        """Keep a new key by its hash.

        Raises psycopg's IntegrityError for an unknown account or scope, a hash that is known already, or no scope.
        """
        async with self._database.transaction() as connection:
            return await insert(
                connection,
                account_id,
                digest,
                prefix,
                name=name,
                scopes=scopes,
                expires_in=expires_in,
                error_format=error_format,
            )

    async def find(self, digest: str) -> ApiKey | None:
        """The key with this hash, if it is neither revoked nor expired by the database's clock.

        Asked anew for every request: it costs a fraction of a millisecond, and a key revoked anywhere is refused
        everywhere at once.
        """
        return await self._database.one(kwargs_row(_key), _FIND, {"hash": digest})

    async def list(self, account_id: str | None = None) -> list[ApiKey]:
        """The keys of an account, or of all accounts, newest first, revoked and expired ones included."""
        return await self._database.all(kwargs_row(_key), _LIST, {"account_id": account_id})

    async def revoke(self, key_id: str, *, account_id: str | None = None) -> bool:
        """End a key for good; False when there is no such valid key, or not of that account."""
        return await self._database.run(_REVOKE, {"id": key_id, "account_id": account_id}) > 0


async def insert(
    connection: Connection,
    account_id: str,
    digest: str,
    prefix: str,
    *,
    name: str,
    scopes: Collection[str],
    expires_in: timedelta | None = None,
    error_format: str | None = None,
) -> ApiKey:
    """Keep a new key within the caller's transaction."""
    params = {
        "id": new_id("key"),
        "account_id": account_id,
        "name": name,
        "prefix": prefix,
        "hash": digest,
        "scopes": sorted(scopes),
        "error_format": error_format,
        "expires_in": expires_in,
    }
    made = await fetch_one(connection, kwargs_row(_key), _INSERT, params)
    assert made is not None, "an insert returns its row"  # noqa: S101
    return made


def _key(*, scopes: Collection[str], **columns: object) -> ApiKey:
    return ApiKey(scopes=frozenset(scopes), **columns)  # type: ignore[arg-type]
