"""API keys, of which only hashes are kept: what is never stored here cannot be read from here."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import kwargs_row

from retouch.domain.resolution import AccountTier
from retouch.domain.rights import Rights
from retouch.stores.database import Connection, Database, fetch_one
from retouch.stores.ids import new_id
from retouch.stores.queries import query

_INSERT, _FIND, _FIND_BY_ID, _GET = map(query, ("insert_key", "find_key", "find_key_by_id", "get_key"))
_LIST, _RENAME, _REVOKE, _NOTE_USES = map(query, ("list_keys", "rename_key", "revoke_key", "note_uses"))


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as lists show it. `prefix` is its first characters; bounds are those of domain/rights.py; times in UTC.

    `tier` is its account's.
    """

    id: str
    account_id: str
    name: str
    prefix: str
    scopes: frozenset[str]
    error_format: str | None
    models: frozenset[str] | None
    spend_cap: int | None
    requests_per_minute: int | None
    limited_by: tuple[str, ...]
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime
    last_used_at: datetime | None
    tier: AccountTier

    def state(self, now: datetime) -> str:
        """valid, expired or revoked."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= now else "valid"


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
        rights: Rights | None = None,
        error_format: str | None = None,
    ) -> ApiKey:
        """Keep a new key by its hash, by default one that may do everything.

        Raises psycopg's IntegrityError for an unknown account or scope, a hash that is known already, or no scope.
        """
        async with self._database.transaction() as connection:
            return await insert(
                connection,
                account_id,
                digest,
                prefix,
                name=name,
                rights=rights or Rights(),
                error_format=error_format,
            )

    async def find(self, digest: str) -> ApiKey | None:
        """The key with this hash, if it is neither revoked nor expired by the database's clock."""
        return await self._database.one(kwargs_row(api_key), _FIND, {"hash": digest})

    async def find_by_id(self, key_id: str) -> ApiKey | None:
        """The key of this id, if it is neither revoked nor expired by the database's clock."""
        return await self._database.one(kwargs_row(api_key), _FIND_BY_ID, {"id": key_id})

    async def get(self, key_id: str, account_id: str) -> ApiKey | None:
        """A key of an account, used up or not."""
        return await self._database.one(kwargs_row(api_key), _GET, {"id": key_id, "account_id": account_id})

    async def list(
        self, account_id: str | None = None, *, after: str | None = None, limit: int | None = None
    ) -> list[ApiKey]:
        """The keys of an account, or of all accounts, newest first, revoked and expired ones included.

        At most `limit` of them, beginning behind the one whose id is `after`.
        """
        params = {"account_id": account_id, "after": after, "limit": limit}
        return await self._database.all(kwargs_row(api_key), _LIST, params)

    async def rename(self, key_id: str, account_id: str, name: str) -> ApiKey | None:
        """Call a key something else; None when the account has no such key."""
        params = {"id": key_id, "account_id": account_id, "name": name}
        return await self._database.one(kwargs_row(api_key), _RENAME, params)

    async def revoke(self, key_id: str, *, account_id: str | None = None) -> bool:
        """End a key for good; False when there is no such valid key, or not of that account."""
        return await self._database.run(_REVOKE, {"id": key_id, "account_id": account_id}) > 0

    async def note_uses(self, uses: Mapping[str, datetime]) -> None:
        """Keep when keys were last used, by id. An earlier time than the one kept changes nothing."""
        if uses:
            await self._database.run(_NOTE_USES, {"ids": [*uses], "times": [*uses.values()]})


async def insert(
    connection: Connection,
    account_id: str,
    digest: str,
    prefix: str,
    *,
    name: str,
    rights: Rights,
    error_format: str | None = None,
) -> ApiKey:
    """Keep a new key within the caller's transaction."""
    params = {
        "id": new_id("key"),
        "account_id": account_id,
        "name": name,
        "prefix": prefix,
        "hash": digest,
        "scopes": sorted(rights.scopes),
        "error_format": error_format,
        "models": None if rights.models is None else sorted(rights.models),
        "spend_cap": rights.spend_cap,
        "requests_per_minute": rights.requests_per_minute,
        "limited_by": list(rights.limited_by),
        "expires_at": rights.expires_at,
    }
    made = await fetch_one(connection, kwargs_row(api_key), _INSERT, params)
    assert made is not None, "an insert returns its row"  # noqa: S101
    return made


def api_key(
    *,
    scopes: Collection[str],
    models: Collection[str] | None,
    limited_by: Collection[str],
    tier: str,
    **columns: object,
) -> ApiKey:
    """A key from the columns of its row."""
    return ApiKey(
        scopes=frozenset(scopes),
        models=None if models is None else frozenset(models),
        limited_by=tuple(limited_by),
        tier=AccountTier(tier),
        **columns,  # type: ignore[arg-type]
    )
