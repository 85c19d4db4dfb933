"""Builds every part, connects them, opens and closes them. The only module that names an engine."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import entry_points
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from retouch.admission.ledger import Also, Ledger, NoLedger
from retouch.admission.uses import Uses
from retouch.domain.engine import Engine
from retouch.domain.ledger import AccountLimits
from retouch.domain.model import MICRO
from retouch.domain.moderation import Moderator
from retouch.domain.units import MB
from retouch.engines import compatible
from retouch.engines.cpu.engine import CpuEngine
from retouch.engines.fal import Fal
from retouch.engines.gemini import Gemini
from retouch.engines.moderation import MODERATORS
from retouch.engines.openai_images import OpenAIImages
from retouch.engines.upstream import Client
from retouch.routing.catalog import load_catalog
from retouch.routing.choose import Chooser
from retouch.routing.health import Health
from retouch.routing.places import located
from retouch.routing.slots import Slots
from retouch.settings import JwtSettings, Settings
from retouch.stores import webhooks
from retouch.stores.accounts import Accounts
from retouch.stores.api_keys import ApiKeys
from retouch.stores.credits import Credits
from retouch.stores.database import Connection, Database
from retouch.stores.embedded import Embedded
from retouch.stores.identities import Identities
from retouch.stores.ledger import IDEMPOTENCY, LEASE
from retouch.stores.ledger import Ledger as PostgresLedger
from retouch.stores.links import signed
from retouch.stores.objects import Objects
from retouch.stores.secrets import secret
from retouch.stores.sessions import Sessions
from retouch.stores.traffic import Traffic

if TYPE_CHECKING:  # what edits and serves is loaded where it is opened, so that the other commands start sooner
    from fastapi import FastAPI

    from retouch.admission.tokens import Issuer
    from retouch.editing import Editing
    from retouch.fetch import Fetcher, FetchSettings, OwnFiles
    from retouch.projects import Change, Runner, Submitting, Teller
    from retouch.wire.own_links import OwnLinks
    from retouch.wire.parts import Parts
    from retouch.wire.request_id import RequestId
    from retouch.worker import Worker

#: Other packages add engines under this entry point: a callable that takes the engine's settings.
ENTRY_POINT = "retouch.engines"

#: Seconds that a webhook may take to answer.
WEBHOOK_SECONDS = 15.0

#: Places of an engine that works elsewhere, on this machine: calls under way, and edits waiting for one.
RUNNING, WAITING = 32, 128
MOST_PLACES = 100_000


def build_engines(settings: Settings, cpu: CpuEngine, client: Client) -> dict[str, Engine]:
    """Every engine by the name that routes call it: our own, then those of installed packages."""
    own = settings.engines
    try:
        engines: list[Engine] = [
            cpu,
            OpenAIImages(own.get("openai", {}), client, os.environ),
            Gemini(own.get("gemini", {}), client, os.environ),
            Fal(own.get("fal", {}), client, os.environ),
            *compatible.build(own, client),
            *(point.load()(own.get(point.name, {})) for point in entry_points(group=ENTRY_POINT)),
        ]
        for name in own:
            _places(settings, name)
    except ValueError as error:
        raise located(error, settings.config) from None
    found = {engine.name: engine for engine in engines}
    for name in own.keys() - found.keys():
        why = f"engines.{name}: there is no such engine; a server of yours needs kind and base_url in its table"
        raise located(ValueError(why), settings.config)
    return found


def _places(settings: Settings, engine: str) -> tuple[int, int]:
    """Calls at a time, and edits that may wait, on this machine. Raises ValueError naming the setting."""
    found = []
    for name, default, least in (("running", RUNNING, 1), ("waiting", WAITING, 0)):
        text = str(settings.engines.get(engine, {}).get(name, default))
        if not text.isdecimal() or not least <= int(text) <= MOST_PLACES:
            raise ValueError(f"engines.{engine}.{name} must be a whole number from {least} to {MOST_PLACES}")
        found.append(int(text))
    return found[0], found[1]


def new_client() -> Client:
    """The client through which every engine of a process talks to its provider; close it."""
    return Client()


def build_moderator(settings: Settings, client: Client) -> Moderator | None:
    """Who judges prompts and pictures; None unless the operator wants it. Raises ConfigError."""
    own = settings.moderation
    if own.by is None:
        return None
    told = {**own.model_dump(), "api_key": own.api_key and own.api_key.get_secret_value()}
    try:
        if own.by not in MODERATORS:
            raise ValueError(f"moderation.by must be one of: {', '.join(MODERATORS)}")
        return MODERATORS[own.by](told, client, os.environ)
    except ValueError as error:
        raise located(error, settings.config) from None


def build_cpu(settings: Settings) -> CpuEngine:
    """The built-in editor, which also cuts out backdrops for models that draw no transparency."""
    return CpuEngine(_cpu_workers(settings), settings.cpu.time_limit)


def build_chooser(settings: Settings, engines: Mapping[str, Engine]) -> Chooser:
    """The catalogue, and which of it works."""
    return Chooser(load_catalog(settings.models, settings.config), engines, settings.default_order)


def idle_chooser(settings: Settings) -> Chooser:
    """The catalogue for a command that edits nothing: no engine is started."""
    client = new_client()
    build_moderator(settings, client)  # what is wrong with it is told now, too
    return build_chooser(settings, build_engines(settings, build_cpu(settings), client))


async def open_editing(
    settings: Settings,
    stack: AsyncExitStack,
    objects: Objects | None,
    ledger: "Ledger",
    *,
    told: Also | None = None,
    own: "OwnFiles | None" = None,
) -> "Editing":
    """The story of an edit with all that it needs, closed by `stack`; without `objects` it answers no links.

    `told` runs in the transaction that ends an edit which was accepted for later; `own` reads this server's own links.
    """
    from retouch.editing import Editing, Patience  # noqa: PLC0415
    from retouch.pixels import Bounds  # noqa: PLC0415

    client, cpu = new_client(), build_cpu(settings)
    stack.push_async_callback(client.close)
    engines = build_engines(settings, cpu, client)
    for engine in engines.values():
        stack.push_async_callback(engine.close)
    if all(engine is cpu or engine.missing() for engine in engines.values()):
        # Beside other engines its workers, 170 MB on two cores, are started by the first edit that is for them.
        cpu.warm()
    return Editing(
        chooser=build_chooser(settings, engines),
        health=Health(lambda route: _slots(settings, route.engine)),
        fetcher=await stack.enter_async_context(_fetcher(settings, own)),
        objects=objects,
        bounds=Bounds(pixels=int(settings.limits.megapixels * 1_000_000), bytes=int(settings.limits.image_mb * MB)),
        patience=Patience(settings.edit_seconds, settings.reroute_after_send),
        cut_out=cpu.cut_out,
        ledger=ledger,
        moderator=build_moderator(settings, client),
        told=told,
    )


def _ledger(settings: Settings, database: Database) -> PostgresLedger:
    """The ledger, with the limits of accounts that have none of their own."""
    own = settings.accounts
    limits = AccountLimits(
        requests_per_minute=own.requests_per_minute,
        concurrent_edits=own.concurrent_edits,
        images_per_day=own.images_per_day,
        spend_cap=None if own.spend_cap is None else round(own.spend_cap * MICRO),
    )
    return PostgresLedger(database, limits, after_restart=LEASE)


@dataclass(frozen=True)
class Works:
    """What edits, now and later, in the server's processes and in those of `retouch worker`."""

    database: Database
    objects: Objects
    ledger: PostgresLedger
    editing: "Editing"
    projects: "Submitting"
    runner: "Runner"
    worker: "Worker"
    teller: "Teller"


async def _open_works(settings: Settings, stack: AsyncExitStack, *, places: int) -> Works:
    """The story on a ledger, with what runs beside it: leases renewed, abandoned edits paid back; and projects."""
    from retouch.projects import Changes, Runner, Submitting, Tidying  # noqa: PLC0415
    from retouch.stores.queue import Queue  # noqa: PLC0415
    from retouch.worker import Worker, refund_abandoned  # noqa: PLC0415

    if settings.database_url is None:
        raise RuntimeError("no database: `retouch serve` starts one, or set RETOUCH_DATABASE_URL")
    database = await stack.enter_async_context(Database(settings.database_url))
    objects, ledger, queue = open_objects(settings), _ledger(settings, database), Queue(database)
    tidying = Tidying(database, objects=objects, queue=queue, keep=_keep(settings))
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


async def _tell_webhooks(connection: Connection, change: "Change") -> None:
    await webhooks.tell(connection, change.project_id, change.status.value)


async def _open_teller(settings: Settings, stack: AsyncExitStack, database: Database) -> "Teller":
    """Who sends messages to webhooks."""
    from retouch.fetch import Sender  # noqa: PLC0415
    from retouch.projects import Teller  # noqa: PLC0415
    from retouch.stores.projects import Projects  # noqa: PLC0415
    from retouch.wire.parts import FILES  # noqa: PLC0415

    secrets = await _signing_secrets(settings, database)
    return Teller(
        webhooks.Webhooks(database),
        Projects(database),
        await stack.enter_async_context(Sender(_addresses(settings, WEBHOOK_SECONDS))),
        lambda base, key, expires: base + signed(FILES + key, expires, secrets[0]),
        public_url=settings.public_url,
        keep_seconds=_keep(settings).total_seconds(),
    )


async def _work_on(works: Works) -> None:
    """Projects, chores and messages, until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(works.worker.run())
        group.create_task(works.teller.run())


async def _end_works(works: Works, working: "asyncio.Task[None] | None", grace_seconds: float) -> None:
    """Take nothing new, give what runs its grace, and put the rest back."""
    if working is not None:
        working.cancel()
        await asyncio.wait({working})
    await works.editing.running.drain(grace_seconds)
    await works.runner.stop()


async def work(settings: Settings, stopping: asyncio.Event) -> None:
    """`retouch worker`: run projects, and what else is on the queue, until `stopping`."""
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(open_address(settings))
        settings = settings.model_copy(update={"database_url": address, "workers": 1})
        async with Database(address) as database:
            await database.migrate()
        works = await _open_works(settings, stack, places=settings.queue.running)
        working = asyncio.create_task(_work_on(works))
        await stopping.wait()
        await _end_works(works, working, settings.grace_seconds)


def create() -> "RequestId":
    """The ASGI application, from file and environment: what every server process runs."""
    from retouch.wire.app import build_wire  # noqa: PLC0415
    from retouch.wire.request_id import RequestId  # noqa: PLC0415

    settings = Settings()

    @asynccontextmanager
    async def lifespan(app: "FastAPI") -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            works = await _open_works(settings, stack, places=max(1, settings.queue.running // settings.workers))
            parts = app.state.parts = await _open_parts(settings, stack, works)
            working = asyncio.create_task(_work_on(works)) if settings.queue.serve else None
            if settings.workers > 1:
                stack.callback(asyncio.create_task(_end_with_parent(os.getppid())).cancel)
            yield
            # The server has stopped listening and has waited: edits that outlive their client get the same grace.
            parts.stopping.set()
            await _end_works(works, working, settings.grace_seconds)

    return RequestId(build_wire(lifespan))


async def _end_with_parent(parent: int) -> None:
    """One of several server processes stops when the one that started them is gone: uvicorn's would run on."""
    while os.getppid() == parent:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


@asynccontextmanager
async def local_editing(settings: Settings) -> AsyncIterator["Editing"]:
    """Edits with no server and no database, for the command line."""
    async with AsyncExitStack() as stack:
        yield await open_editing(settings, stack, None, NoLedger())


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


async def _open_parts(settings: Settings, stack: AsyncExitStack, works: Works) -> "Parts":
    """Open every part, in an order in which `stack` can close them."""
    from retouch.admission.tokens import Tokens  # noqa: PLC0415
    from retouch.projects import Uploading  # noqa: PLC0415
    from retouch.stores.uploads import Uploads  # noqa: PLC0415
    from retouch.wire.form import Budget, FormBounds  # noqa: PLC0415
    from retouch.wire.parts import Parts  # noqa: PLC0415

    database, objects = works.database, works.objects
    keys, secrets = ApiKeys(database), await _signing_secrets(settings, database)
    uses = Uses(keys)
    stack.push_async_callback(uses.flush_or_log)
    stack.callback(asyncio.create_task(uses.keep_flushing()).cancel)
    limits = settings.limits
    return Parts(
        editing=works.editing,
        chooser=works.editing.chooser,
        projects=works.projects,
        uploading=Uploading(
            Uploads(database),
            objects,
            max_bytes=int(settings.limits.image_mb * MB),
            quota=int(settings.uploads.quota_mb * MB),
        ),
        keys=keys,
        tokens=Tokens(keys, Identities(database), [_issuer(entry) for entry in settings.jwt], secrets),
        uses=uses,
        sessions=Sessions(database),
        ledger=works.ledger,
        accounts=Accounts(database),
        credits=Credits(database),
        traffic=Traffic(database),
        webhooks=webhooks.Webhooks(database),
        addresses=_addresses(settings, WEBHOOK_SECONDS),
        objects=objects,
        secrets=secrets,
        ready=_ready(database),
        bounds=FormBounds(
            body_bytes=int(limits.body_mb * MB),
            image_bytes=int(limits.image_mb * MB),
            images=limits.images,
            body_seconds=limits.body_seconds,
            idle_seconds=limits.idle_seconds,
        ),
        budget=Budget(int(limits.uploads_mb * MB)),
        public_url=settings.public_url,
        link_seconds=settings.outputs.link_minutes * 60,
        keep_seconds=_keep(settings).total_seconds(),
        starting_balance=round(settings.accounts.starting_credits * MICRO),
        heartbeat_seconds=settings.heartbeat_seconds,
        metrics_public=settings.metrics_public,
        default_error_format=settings.error_format,
    )


def _keep(settings: Settings) -> timedelta:
    """How long outputs are kept: never less than a link to them works, or an idempotency key answers with them."""
    own = settings.outputs
    return max(timedelta(hours=own.keep_hours), timedelta(minutes=own.link_minutes), IDEMPOTENCY)


def _ready(database: Database) -> Callable[[], Awaitable[None]]:
    async def ready() -> None:
        await database.run(b"select 1")

    return ready


async def _signing_secrets(settings: Settings, database: Database) -> tuple[bytes, ...]:
    """What signs links, new ones by the first: the operator's secret before the database's own, so that links made
    before RETOUCH_SECRET was set still work."""
    own = await secret(database)
    return (settings.secret.encode(), own) if settings.secret else (own,)


def _issuer(own: JwtSettings) -> "Issuer":
    from retouch.admission import verifiers  # noqa: PLC0415
    from retouch.admission.key_sets import KeySet  # noqa: PLC0415
    from retouch.admission.tokens import Issuer  # noqa: PLC0415

    if own.secret:
        keys: verifiers.Verifier | KeySet = verifiers.of_secret(own.secret.get_secret_value())
    elif own.public_key:
        keys = verifiers.of_pem(own.public_key)
    else:
        assert own.jwks_url, "one of the three is set"  # noqa: S101
        keys = KeySet(own.jwks_url)
    return Issuer(name=own.issuer, audience=own.audience, keys=keys, leeway=own.leeway, auto_create=own.auto_create)


def _cpu_workers(settings: Settings) -> int:
    """Worker processes of the built-in editor for one server process: the machine's, shared out."""
    return max(1, (settings.cpu.workers or os.cpu_count() or 1) // settings.workers)


def _slots(settings: Settings, engine: str) -> Slots:
    """An engine's places in this process: the machine's, shared out over the processes."""
    if engine == CpuEngine.name:
        return Slots(engine, running=_cpu_workers(settings), waiting=settings.cpu.waiting // settings.workers)
    running, waiting = _places(settings, engine)
    return Slots(engine, running=max(1, running // settings.workers), waiting=waiting // settings.workers)


def _fetcher(settings: Settings, own: "OwnFiles | None") -> "Fetcher":
    from retouch.fetch import Fetcher  # noqa: PLC0415

    return Fetcher(_addresses(settings, settings.fetch.seconds), own=own)


async def _own_links(settings: Settings, database: Database, objects: Objects) -> "OwnLinks":
    """Reads the links that this server has signed, under whatever name it was reached then."""
    from retouch.wire.own_links import OwnLinks  # noqa: PLC0415

    hosts = {f"{host}:{settings.port}" for host in (settings.host, "127.0.0.1", "localhost")}
    if settings.public_url:
        hosts.add(urlsplit(settings.public_url).netloc.lower())
    return OwnLinks(objects, await _signing_secrets(settings, database), frozenset(hosts))


def _addresses(settings: Settings, seconds: float) -> "FetchSettings":
    """Which addresses that callers name are used, for so many seconds each."""
    from retouch.fetch import FetchSettings  # noqa: PLC0415

    own, max_bytes = settings.fetch, int(settings.limits.image_mb * MB)
    return FetchSettings(enabled=own.enabled, allow_hosts=own.allow_hosts, seconds=seconds, max_bytes=max_bytes)
