"""Secrets that Retouch makes for itself, once per database, so that every process has the same."""

import secrets

from psycopg.rows import scalar_row

from retouch.stores.database import Database
from retouch.stores.queries import query

_INSERT, _FIND = query("insert_secret"), query("find_secret")

#: The secret that signs links (stores/links.py).
SIGNING = "signing"
_BYTES = 32


async def secret(database: Database, name: str = SIGNING) -> bytes:
    """The secret of that name, 32 random bytes, made when it is first asked for by any process."""
    await database.run(_INSERT, {"name": name, "value": secrets.token_bytes(_BYTES)})
    [value] = await database.all(scalar_row, _FIND, {"name": name})
    return bytes(value)
