"""What edits, now and later: opened, set to work, and ended with grace."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

from retouch.app.addresses import WEBHOOK_SECONDS, addresses
from retouch.app.editing import open_editing
from retouch.app.storage import build_ledger, keep, open_own_objects, signing_secrets
from retouch.editing import Editing
from retouch.fetch import Sender
from retouch.projects import Change, Changes, Runner, Submitting, Teller, Tidying
from retouch.settings import Settings
from retouch.stores import webhooks
from retouch.stores.database import Connection, Database
from retouch.stores.ledger import Ledger
from retouch.stores.links import signed
from retouch.stores.objects import Objects
from retouch.stores.projects import Projects
from retouch.stores.queue import Queue
from retouch.wire.own_links import OwnLinks
from retouch.wire.parts import FILES
from retouch.worker import Worker, refund_abandoned


@dataclass(frozen=True)
class Works:
    """What edits, now and later, in the server's processes and in those of `retouch worker`."""

    database: Database
    objects: Objects
    ledger: Ledger
    editing: Editing
    projects: Submitting
    runner: Runner
    worker: Worker
    teller: Teller


async def open_works(settings: Settings, stack: AsyncExitStack, *, places: int) -> Works:
    """The story on a ledger, with what runs beside it: leases renewed, abandoned edits paid back; and projects."""
    if settings.database_url is None:
        raise RuntimeError("no database: `retouch serve` starts one, or set RETOUCH_DATABASE_URL")
    database = await stack.enter_async_context(Database(settings.database_url))
    objects = await open_own_objects(settings, database)
    ledger, queue = build_ledger(settings, database), Queue(database)
    tidying = Tidying(database, objects=objects, queue=queue, keep=keep(settings))
    changes = Changes([tidying.ended, _tell_webhooks])
    own = await _own_links(settings, database, objects)
    editing = await open_editing(settings, stack, objects, ledger, told=changes.ended, own=own)
    stack.push_async_callback(editing.leases.close)
    for work in (editing.leases.keep(), refund_abandoned(ledger, objects)):
        stack.callback(asyncio.create_task(work).cancel)
    projects = Submitting(database, editing=editing, ledger=ledger, objects=objects, queue=queue, changes=changes)
    runner = Runner(database, editing=editing, ledger=ledger, objects=objects, changes=changes, places=places)
    worker = Worker(queue, runner, tidying, places=places)
    teller = await _open_teller(settings, stack, database)
    return Works(database, objects, ledger, editing, projects, runner, worker, teller)


async def _own_links(settings: Settings, database: Database, objects: Objects) -> OwnLinks:
    """Reads the links that this server has signed, under whatever name it was reached then."""
    hosts = {f"{host}:{settings.port}" for host in (settings.host, "127.0.0.1", "localhost")}
    if settings.public_url:
        hosts.add(urlsplit(settings.public_url).netloc.lower())
    return OwnLinks(objects, await signing_secrets(settings, database), frozenset(hosts))


async def _open_teller(settings: Settings, stack: AsyncExitStack, database: Database) -> Teller:
    """Who sends messages to webhooks."""
    secrets = await signing_secrets(settings, database)
    return Teller(
        webhooks.Webhooks(database),
        Projects(database),
        await stack.enter_async_context(Sender(addresses(settings, WEBHOOK_SECONDS))),
        lambda base, key, expires: base + signed(FILES + key, expires, secrets[0]),
        public_url=settings.public_url,
        keep_seconds=keep(settings).total_seconds(),
    )


async def _tell_webhooks(connection: Connection, change: Change) -> None:
    await webhooks.tell(connection, change.project_id, change.status.value)


async def work_on(works: Works) -> None:
    """Projects, chores and messages, until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(works.worker.run())
        group.create_task(works.teller.run())


async def end_works(works: Works, working: asyncio.Task[None] | None, grace_seconds: float) -> None:
    """Take nothing new, give what runs its grace, and put the rest back."""
    if working is not None:
        working.cancel()
        await asyncio.wait({working})
    await works.editing.running.drain(grace_seconds)
    await works.runner.stop()
