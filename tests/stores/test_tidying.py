"""The store keeps what is needed, and nothing else."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from retouch.domain.ledger import EditState, Output, Settlement
from retouch.domain.project import Input, Order
from retouch.projects import Tidying
from retouch.stores.database import Connection, Database
from retouch.stores.ledger import Ledger
from retouch.stores.objects import Objects
from retouch.stores.projects import Projects
from retouch.stores.queue import Queue
from retouch.stores.uploads import Uploads
from support.money import Customer, admission, customer, start

INPUT = "inputs/2026-11-21/in_1/0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def objects(folder: Path) -> Objects:
    return Objects.open(folder)


@pytest.fixture
def tidying(database: Database, objects: Objects) -> Tidying:
    return Tidying(database, objects=objects, queue=Queue(database), keep=timedelta(hours=24))


async def queued(database: Database, objects: Objects, who: Customer) -> str:
    """A project that waits, with its picture."""
    order = Order(request={}, folder="inputs/2026-11-21/in_1", images=[Input(key=INPUT, field="image")])

    async def also(connection: Connection, edit_id: str) -> None:
        await Projects(database).add(connection, edit_id, who.account, None, order)

    await objects.put(INPUT, b"picture")
    verdict = await Ledger(database).admit(admission(who, queued=True, price=0), also)
    return verdict.edit_id or ""


async def settled(database: Database, objects: Objects, who: Customer) -> tuple[str, str]:
    """A project that is complete, and the key of its image."""
    id_ = await queued(database, objects, who)
    started = await start(Ledger(database))
    assert started is not None
    key = f"outputs/2026-11-21/{id_}/{id_}-1-0.png"
    await objects.put(key, b"image")
    output = Output(index=0, key=key, width=1, height=1, format="png", background="opaque")
    done = Settlement(edit_id=id_, attempt=1, state=EditState.COMPLETE, made=1, due=0, outputs=[output])
    assert await Ledger(database).settle(done)
    return id_, key


def aged(folder: Path, key: str, age: timedelta) -> None:
    """As if a file had been put so long ago."""
    then = time.time() - age.total_seconds()
    os.utime(folder / key, (then, then))


async def keys(objects: Objects) -> set[str]:
    return {found.key async for found in objects.list()}


async def test_a_settled_project_keeps_its_images_alone(database: Database, objects: Objects, tidying: Tidying) -> None:
    """Doing it twice changes nothing."""
    id_, key = await settled(database, objects, await customer(database))
    for _ in range(2):
        await tidying.tidy(id_)
        assert await keys(objects) == {key}


async def test_what_a_dead_process_put_is_taken_away(database: Database, objects: Objects, tidying: Tidying) -> None:
    """It was put and never noted: no record knows of it."""
    id_, key = await settled(database, objects, await customer(database))
    await database.run(b"update edits set attempt = 2, created_at = '2026-11-21 12:00+00'")
    await objects.put(f"outputs/2026-11-21/{id_}/{id_}-2-1.png", b"lost")
    await tidying.tidy(id_)
    assert await keys(objects) == {key}


async def test_one_that_waits_keeps_its_pictures(
    database: Database, folder: Path, objects: Objects, tidying: Tidying
) -> None:
    """However old they are, and whoever asks too early."""
    id_ = await queued(database, objects, await customer(database))
    await tidying.tidy(id_)
    aged(folder, INPUT, timedelta(days=30))
    await tidying.expire()
    assert await keys(objects) == {INPUT}


async def test_a_deleted_one_keeps_nothing(database: Database, objects: Objects, tidying: Tidying) -> None:
    """Neither in the store nor in its record."""
    who = await customer(database)
    id_, _ = await settled(database, objects, who)
    await tidying.tidy(id_)
    async with database.transaction() as connection:
        assert await Projects(database).delete(connection, id_, who.account)
    await tidying.tidy(id_)
    assert await keys(objects) == set()
    found = await Projects(database).find(id_, who.account)
    assert found is not None
    assert (found.outputs, found.deleted_at is None) == ((), False)


async def handed_in(database: Database, who: Customer, name: str, key: str, age: timedelta) -> str:
    """Note an upload of that age that lies there; its path."""
    path = f"api-assets/{name}.png"
    await database.run(
        b"insert into uploads (path, account_id, key, max_bytes, state, expires_at, created_at)"
        b" values (%(path)s, %(who)s, %(key)s, 1, 'stored', now(), now() - %(age)s::interval)",
        {"path": path, "who": who.account, "key": key, "age": age},
    )
    return path


async def test_what_is_too_old_expires(database: Database, folder: Path, objects: Objects, tidying: Tidying) -> None:
    """Outputs after a day, uploads after seven, pictures of which nobody knows after an hour."""
    who = await customer(database)
    (old_id, old), (young_id, young) = [await settled(database, objects, who) for _ in range(2)]
    for id_ in (old_id, young_id):
        await tidying.tidy(id_)
    ages = {
        old: timedelta(hours=25),
        young: timedelta(hours=23),
        "uploads/acct/_a.png": timedelta(days=8),
        "uploads/acct/_b.png": timedelta(days=6),
        "uploads/acct/dead_b.png": timedelta(days=6),
        "uploads/acct/new_b.png": timedelta(minutes=30),
        "inputs/2026-11-21/in_2/0": timedelta(hours=2),
        "inputs/2026-11-21/in_3/0": timedelta(minutes=30),
    }
    for key, age in ages.items():
        await objects.put(key, b"x")
        aged(folder, key, age)
    for name, age in (("a", timedelta(days=8)), ("b", timedelta(days=6))):
        await handed_in(database, who, name, f"uploads/acct/_{name}.png", age)
    await tidying.expire()
    assert await keys(objects) == {
        young,
        "uploads/acct/_b.png",
        "uploads/acct/new_b.png",
        "inputs/2026-11-21/in_3/0",
    }


async def test_an_upload_is_forgotten_after_seven_days(database: Database, tidying: Tidying) -> None:
    """Its path is nobody's then."""
    who, uploads = await customer(database), Uploads(database)
    path = await handed_in(database, who, "0123456789abcdefghijkl", "uploads/x", timedelta(days=6))
    await tidying.expire()
    assert await uploads.key(path, who.account) == "uploads/x"
    await database.run(b"update uploads set created_at = now() - interval '8 days'")
    await tidying.expire()
    assert await uploads.key(path, who.account) is None
