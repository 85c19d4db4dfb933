"""Accounts with credits and keys, what they hold, and admissions, for tests of what is charged."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from psycopg.rows import scalar_row

from retouch.admission.keys import hash_key, new_key, shown
from retouch.domain.ledger import Admission, EditState, Settlement, Started
from retouch.domain.model import MICRO
from retouch.domain.rights import Rights
from retouch.stores.accounts import Account, Accounts
from retouch.stores.api_keys import ApiKeys
from retouch.stores.credits import Credits
from retouch.stores.database import Connection, Database
from retouch.stores.ids import new_id
from retouch.stores.ledger import SHORT_LEASE, Ledger


@dataclass(frozen=True)
class Customer:
    """An account and a key of it."""

    account: str
    key_id: str
    key: str


async def customer(database: Database, credits_: float = 0, rights: Rights | None = None, **limits: Any) -> Customer:
    """Make an account with so many credits, a key, and limits of its own (names as in stores.accounts.Account)."""
    accounts = Accounts(database)
    account = await accounts.create("a customer", balance=round(credits_ * MICRO))
    if limits:
        await accounts.set(replace(account, **limits))
    key = new_key()
    made = await ApiKeys(database).add(account.id, hash_key(key), shown(key), name="a key", rights=rights or Rights())
    return Customer(account.id, made.id, key)


async def account_of(database: Database, customer: Customer) -> Account:
    """The account as it is now."""
    found = await Accounts(database).find(customer.account)
    assert found is not None
    return found


async def balance(database: Database, customer: Customer) -> float:
    """The account's credits as they are now."""
    return (await account_of(database, customer)).balance / MICRO


@asynccontextmanager
async def balanced(url: str) -> AsyncIterator[Database]:
    """The database of a server; whatever a test has it do, it adds up afterwards."""
    async with Database(url) as database:
        yield database
        assert await Credits(database).check() == []


def admission(customer: Customer, **fields: Any) -> Admission:
    """An edit of one image for one credit, unless said otherwise."""
    given: dict[str, Any] = {
        "edit_id": new_id("edit"),
        "account_id": customer.account,
        "key_id": customer.key_id,
        "route": "edits",
        "fingerprint": secrets.token_hex(32),
        "idempotency_key": None,
        "images": 1,
        "price": MICRO,
        "queued": False,
        "detached": True,
        "asked_model": "a-model",
        "model": "a-model",
        "engine": "an-engine",
        "engine_model": "its-model",
        "prompt": "a prompt",
        "parameters": {},
        "end_user": None,
        "answer": {},
    }
    return Admission(**{**given, **fields})


def ended(asked: Admission, state: EditState = EditState.COMPLETE, *, made: int = 1, **fields: Any) -> Settlement:
    """What an edit has come to: one image, unless said otherwise."""
    given = {"edit_id": asked.edit_id, "attempt": 1, "state": state, "made": made, "due": asked.images - made}
    return Settlement(**{**given, **fields})


async def expire(database: Database, *edits: Admission) -> None:
    """As if their process had died long ago."""
    statement = b"update edits set lease_until = clock_timestamp() - interval '1 second' where id = any(%(ids)s)"
    await database.run(statement, {"ids": [edit.edit_id for edit in edits]})


async def start(ledger: Ledger) -> Started | None:
    """Start the edit whose turn it is, and tell nobody."""

    async def nothing(connection: Connection, edit_id: str) -> None:
        """No listener."""

    return await ledger.start_next(nothing)


async def settled_in(database: Database) -> None:
    """Wait until the database has run so long that a lease which has run out means death (migration 0005)."""
    statement = b"select clock_timestamp() > pg_postmaster_start_time() + %(lease)s::interval"
    async with asyncio.timeout(2 * SHORT_LEASE.total_seconds()):
        while not await database.one(scalar_row, statement, {"lease": SHORT_LEASE}):
            await asyncio.sleep(0.1)
