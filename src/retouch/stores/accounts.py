"""Accounts, and the owner's in particular."""

from dataclasses import asdict, dataclass
from datetime import datetime

from psycopg.rows import class_row, scalar_row

from retouch.domain.rights import SCOPES, Rights
from retouch.stores import api_keys
from retouch.stores.credits import add_entry
from retouch.stores.database import Connection, Database, fetch_one
from retouch.stores.ids import new_id
from retouch.stores.queries import query

_INSERT, _FIND, _LIST, _SET = map(query, ("insert_account", "find_account", "list_accounts", "set_account"))
_INSERT_OWNER, _LOCK_OWNER, _HAS_KEYS = map(query, ("insert_owner", "lock_owner", "has_keys"))
_REVOKE_FORMER, _RESTORE = map(query, ("revoke_former_keys", "restore_key"))

#: What the owner's keys are called in lists.
FIRST_KEY, SET_KEY = "first key", "RETOUCH_API_KEY"


@dataclass(frozen=True, slots=True)
class Account:
    """Who is charged. `unlimited` is never blocked for its balance; exactly one account `is_owner`.

    balance, spent (charges less refunds, ever) and spend_cap are in micro-credits. A limit that is None is the
    settings' default.
    """

    id: str
    name: str
    tier: str
    unlimited: bool
    is_owner: bool
    balance: int
    spent: int
    requests_per_minute: int | None
    concurrent_edits: int | None
    images_per_day: int | None
    spend_cap: int | None
    created_at: datetime


class Accounts:
    """The accounts of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, name: str, *, tier: str = "free", balance: int = 0) -> Account:
        """Make an account; `tier` is free, creator, pro or business. It starts with so many micro-credits."""
        account_id = new_id("acct")
        params = {"id": account_id, "name": name, "tier": tier}
        async with self._database.transaction() as connection:
            made = await fetch_one(connection, class_row(Account), _INSERT, params)
            if balance:
                await add_entry(connection, account_id, balance, note="starting credits")
                made = await fetch_one(connection, class_row(Account), _FIND, {"id": account_id})
        assert made is not None, "an insert returns its row"  # noqa: S101
        return made

    async def set(self, account: Account) -> Account | None:
        """Keep name, tier, `unlimited` and the limits of this account; None where there is none of its id.

        Raises psycopg's CheckViolation for an account that is not unlimited and has a balance below zero.
        """
        return await self._database.one(class_row(Account), _SET, asdict(account))

    async def find(self, account_id: str) -> Account | None:
        """One account."""
        return await self._database.one(class_row(Account), _FIND, {"id": account_id})

    async def list(self, *, after: str | None = None, limit: int | None = None) -> list[Account]:
        """The accounts, oldest first: all, or at most `limit` behind the one whose id is `after`."""
        return await self._database.all(class_row(Account), _LIST, {"after": after, "limit": limit})

    async def owner(self) -> Account:
        """The owner's account, made if it is missing. Any number of processes may ask at once."""
        async with self._database.transaction() as connection:
            return await _owner(connection)

    async def add_first_key(self, digest: str, prefix: str) -> bool:
        """Give the owner a key unless the owner has, or ever had, one; say whether it was given."""
        async with self._database.transaction() as connection:
            owner = await _owner(connection)
            if await fetch_one(connection, scalar_row, _HAS_KEYS, {"account_id": owner.id}):
                return False
            await api_keys.insert(connection, owner.id, digest, prefix, name=FIRST_KEY, rights=Rights())
            return True

    async def set_owner_key(self, digest: str, prefix: str) -> None:
        """Make sure that this key works for the owner, and that one set so before, if another, does not.

        Raises ValueError when another account has this very key.
        """
        async with self._database.transaction() as connection:
            owner = await _owner(connection)
            params = {
                "id": new_id("key"),
                "account_id": owner.id,
                "name": SET_KEY,
                "prefix": prefix,
                "hash": digest,
                "scopes": list(SCOPES),
            }
            await connection.execute(_REVOKE_FORMER, params)
            if await fetch_one(connection, scalar_row, _RESTORE, params) is None:
                raise ValueError(f"{SET_KEY} is the key of another account; choose another.")


async def _owner(connection: Connection) -> Account:
    """The owner, locked until the transaction ends."""
    await connection.execute(_INSERT_OWNER, {"id": new_id("acct"), "name": "Owner"})
    owner = await fetch_one(connection, class_row(Account), _LOCK_OWNER)
    assert owner is not None, "it was made one line above"  # noqa: S101
    return owner
