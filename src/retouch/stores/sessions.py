"""Sign-in links and sessions of the pages, kept by their hashes. Each may do what the key behind it may."""

import hashlib
import secrets
from datetime import timedelta

from psycopg.rows import dict_row, scalar_row

from retouch.domain.rights import Rights
from retouch.stores import api_keys
from retouch.stores.database import Connection, Database, fetch_one
from retouch.stores.queries import query

_FIND_KEY, _SET_KEY = query("find_sign_in_key"), query("set_sign_in_key")
_INSERT_LINK, _TAKE_LINK, _SWEEP_LINKS = map(query, ("insert_sign_in_link", "take_sign_in_link", "sweep_sign_in_links"))
_INSERT, _USE, _END, _SWEEP = map(query, ("insert_session", "use_session", "end_session", "sweep_sessions"))

#: What the key behind sign-in links is called in lists: revoking it signs everybody out who came by a link.
SIGN_IN_KEY = "signed in by link"


class Sessions:
    """The links and sessions of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys = api_keys.ApiKeys(database)

    async def add_link(self, digest: str, account_id: str, lasts: timedelta) -> None:
        """Keep a link that signs in to the account, by its hash; links that have expired are forgotten."""
        async with self._database.transaction() as connection:
            await connection.execute(_SWEEP_LINKS)
            key_id = await _sign_in_key(connection, account_id)
            await connection.execute(_INSERT_LINK, {"hash": digest, "key_id": key_id, "lasts": lasts})

    async def open_by_link(self, link: str, digest: str, lasts: timedelta) -> bool:
        """Use a link up for a new session; False when it is unknown, was used or has expired."""
        async with self._database.transaction() as connection:
            taken = await fetch_one(connection, dict_row, _TAKE_LINK, {"hash": link})
            if taken is None or not taken["valid"]:
                return False
            await _insert(connection, digest, taken["key_id"], lasts)
            return True

    async def open_by_key(self, key_id: str, digest: str, lasts: timedelta) -> None:
        """Keep a new session of a key; sessions that have ended are forgotten."""
        async with self._database.transaction() as connection:
            await _insert(connection, digest, key_id, lasts)

    async def find(self, digest: str, lasts: timedelta) -> api_keys.ApiKey | None:
        """The key behind the session with this hash, which now lasts so much longer; None if either has ended."""
        key_id: str | None = await self._database.one(scalar_row, _USE, {"hash": digest, "lasts": lasts})
        return await self._keys.find_by_id(key_id) if key_id else None

    async def end(self, digest: str) -> None:
        """Sign out."""
        await self._database.run(_END, {"hash": digest})


async def _sign_in_key(connection: Connection, account_id: str) -> str:
    found: str | None = await fetch_one(connection, scalar_row, _FIND_KEY, {"account_id": account_id})
    if found:
        return found
    nobodys = secrets.token_urlsafe(32)
    digest = hashlib.sha256(nobodys.encode()).hexdigest()
    made = await api_keys.insert(connection, account_id, digest, "", name=SIGN_IN_KEY, rights=Rights())
    await connection.execute(_SET_KEY, {"account_id": account_id, "key_id": made.id})
    return made.id


async def _insert(connection: Connection, digest: str, key_id: str, lasts: timedelta) -> None:
    await connection.execute(_SWEEP)
    await connection.execute(_INSERT, {"hash": digest, "key_id": key_id, "lasts": lasts})
