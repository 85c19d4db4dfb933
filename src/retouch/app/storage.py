"""Where everything is kept: the database and the store of pictures, the operator's or our own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from retouch.domain.ledger import AccountLimits
from retouch.domain.model import MICRO
from retouch.settings import Settings
from retouch.stores.database import Database
from retouch.stores.embedded import Embedded
from retouch.stores.ledger import IDEMPOTENCY, LEASE, Ledger
from retouch.stores.objects import Objects
from retouch.stores.secrets import secret
from retouch.stores.storage_mark import claim


@asynccontextmanager
async def open_address(settings: Settings) -> AsyncIterator[str]:
    """How to connect to the database: the operator's, or the embedded one, started if it is not running."""
    if settings.database_url:
        yield settings.database_url
        return
    embedded = await asyncio.to_thread(Embedded.start, settings.data)
    try:
        yield embedded.conninfo
    finally:
        await asyncio.to_thread(embedded.stop)


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """A migrated database: the operator's, or the embedded one."""
    async with open_address(settings) as address, Database(address) as database:
        await database.migrate()
        yield database


def open_objects(settings: Settings) -> Objects:
    """The store of pictures: the operator's bucket, or a folder."""
    return Objects.open(settings.data / "objects", settings.storage_url)


async def open_own_objects(settings: Settings, database: Database) -> Objects:
    """The store of pictures, if it is the one that belongs to the database. Raises WrongStorage, RetouchError."""
    objects = open_objects(settings)
    await claim(database, objects)
    return objects


def build_ledger(settings: Settings, database: Database) -> Ledger:
    """The ledger, with the limits of accounts that have none of their own."""
    own = settings.accounts
    limits = AccountLimits(
        requests_per_minute=own.requests_per_minute,
        concurrent_edits=own.concurrent_edits,
        images_per_day=own.images_per_day,
        spend_cap=None if own.spend_cap is None else round(own.spend_cap * MICRO),
    )
    return Ledger(database, limits, after_restart=LEASE)


def keep(settings: Settings) -> timedelta:
    """How long outputs are kept: never less than a link to them works, or an idempotency key answers with them."""
    own = settings.outputs
    return max(timedelta(hours=own.keep_hours), timedelta(minutes=own.link_minutes), IDEMPOTENCY)


async def signing_secrets(settings: Settings, database: Database) -> tuple[bytes, ...]:
    """What signs links, new ones by the first: the operator's secret before the database's own, so that links made
    before RETOUCH_SECRET was set still work."""
    own = await secret(database)
    return (settings.secret.encode(), own) if settings.secret else (own,)
