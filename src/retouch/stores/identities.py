"""Who is meant by a subject of an issuer of tokens: a row that leads to a key, and through it to an account."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from psycopg.rows import class_row, kwargs_row

from retouch.domain.rights import Rights
from retouch.stores import api_keys
from retouch.stores.accounts import Account
from retouch.stores.api_keys import ApiKey
from retouch.stores.database import Connection, Database, fetch_one
from retouch.stores.ids import new_id
from retouch.stores.queries import query

_FIND, _INSERT, _REPLACE = map(query, ("find_identity", "insert_identity", "replace_identity"))
_INSERT_ACCOUNT = query("insert_account")

#: What lists show in place of a key's first characters: this one's secret was thrown away.
PREFIX = "(token)"


@dataclass(frozen=True, slots=True)
class Identity:
    """The key whose rights a subject has, and whether it is neither revoked nor expired."""

    key: ApiKey
    valid: bool


class _TakenError(Exception):
    """Another process made the same subject known first."""


class Identities:
    """The known subjects of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, issuer: str, subject: str) -> Identity | None:
        """Who is meant by a subject of an issuer."""
        return await self._database.one(kwargs_row(_identity), _FIND, {"issuer": issuer, "subject": subject})

    async def link(self, issuer: str, subject: str, account_id: str, *, name: str, rights: Rights) -> ApiKey:
        """Let a subject act for an account, in place of whatever it could do before; the key that bounds it.

        Raises psycopg's IntegrityError for an unknown account or scope.
        """
        async with self._database.transaction() as connection:
            key = await _add_key(connection, account_id, name, rights)
            await connection.execute(_REPLACE, {"issuer": issuer, "subject": subject, "key_id": key.id})
            return key

    async def create_account(self, issuer: str, subject: str) -> Identity:
        """Make an account for a subject (free tier, zero balance, scope edit), unless another process just did."""
        try:
            async with self._database.transaction() as connection:
                account = await fetch_one(
                    connection,
                    class_row(Account),
                    _INSERT_ACCOUNT,
                    {"id": new_id("acct"), "name": subject, "tier": "free"},
                )
                assert account is not None, "an insert returns its row"  # noqa: S101
                key = await _add_key(connection, account.id, f"{subject} of {issuer}", Rights(scopes=("edit",)))
                made = await connection.execute(_INSERT, {"issuer": issuer, "subject": subject, "key_id": key.id})
                if not made.rowcount:
                    raise _TakenError  # and undo the account
        except _TakenError:
            found = await self.find(issuer, subject)
            assert found is not None, "rows of subjects are never deleted alone"  # noqa: S101
            return found
        return Identity(key, valid=True)


async def _add_key(connection: Connection, account_id: str, name: str, rights: Rights) -> ApiKey:
    nobodys = hashlib.sha256(secrets.token_bytes(32)).hexdigest()
    return await api_keys.insert(connection, account_id, nobodys, PREFIX, name=name, rights=rights)


def _identity(
    *,
    valid: bool,
    scopes: Collection[str],
    models: Collection[str] | None,
    limited_by: Collection[str],
    tier: str,
    **columns: object,
) -> Identity:
    key = api_keys.api_key(scopes=scopes, models=models, limited_by=limited_by, tier=tier, **columns)
    return Identity(key, valid)
