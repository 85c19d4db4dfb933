"""Pictures that a killed process has left are taken away; those that belong to somebody stay."""

from datetime import timedelta
from pathlib import Path

import pytest

from retouch.admission.keys import Caller
from retouch.domain.ledger import EditState, Output, Settlement
from retouch.domain.project import Input, Order
from retouch.projects import Tidying, Uploading
from retouch.stores.database import Connection, Database
from retouch.stores.ledger import Ledger
from retouch.stores.objects import Objects
from retouch.stores.projects import Projects
from retouch.stores.queue import Queue
from retouch.stores.uploads import Uploads
from support.money import admission, customer

DAY = "2026-11-21"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects.open(tmp_path / "objects")


@pytest.fixture
def tidying(database: Database, objects: Objects) -> Tidying:
    return Tidying(database, objects=objects, queue=Queue(database), keep=timedelta(days=1))


async def kept(objects: Objects) -> set[str]:
    return {one.key async for one in objects.list()}


def output(key: str) -> Output:
    return Output(index=0, key=key, width=8, height=8, format="png", background="auto", revised_prompt=None)


async def test_only_the_pictures_of_a_settled_edit_stay(database: Database, objects: Objects, tidying: Tidying) -> None:
    """What an attempt that died has put under the same edit goes, and so do pictures of no edit at all."""
    ledger, asked = Ledger(database), admission(await customer(database, 10))
    await ledger.admit(asked)
    mine, dead = (f"outputs/{DAY}/{asked.edit_id}/{asked.edit_id}-{attempt}-0.png" for attempt in (2, 1))
    nobodys = f"outputs/{DAY}/edit_{'0' * 26}/1/edit_{'0' * 26}-0.png"
    for key in (mine, dead, nobodys):
        await objects.put(key, b"picture")
    settlement = Settlement(
        edit_id=asked.edit_id, attempt=1, state=EditState.COMPLETE, made=1, due=0, outputs=[output(mine)]
    )
    assert await ledger.settle(settlement)
    assert await tidying.take_strays(timedelta(0)) == 2
    assert await kept(objects) == {mine}


async def test_what_runs_keeps_everything(database: Database, objects: Objects, tidying: Tidying) -> None:
    """An edit that is not settled may be about to write its pictures down; a project's inputs are needed."""
    ledger, asked = Ledger(database), admission(await customer(database, 10), queued=True)
    folder = f"inputs/{DAY}/in_{'1' * 26}"
    order = Order(request={}, folder=folder, images=[Input(key=f"{folder}/0", field="image")], mask=None)

    async def also(connection: Connection, edit_id: str) -> None:
        await Projects(database).add(connection, edit_id, asked.account_id, None, order)

    await ledger.admit(asked, also)
    begun = f"outputs/{DAY}/{asked.edit_id}/{asked.edit_id}-1-0.png"
    stray = f"inputs/{DAY}/in_{'2' * 26}/0"
    for key in (begun, f"{folder}/0", stray):
        await objects.put(key, b"picture")
    assert await tidying.take_strays(timedelta(0)) == 1
    assert await kept(objects) == {begun, f"{folder}/0"}


async def test_an_upload_whose_writer_died_is_taken_and_the_next_ones_stays(
    database: Database, objects: Objects, tidying: Tidying
) -> None:
    """Each writer to an address puts its picture at a place of its own; one that is killed then leaves it there."""
    who = await customer(database)
    caller = Caller(who.account, who.key_id, frozenset({"edit"}))
    uploading = Uploading(Uploads(database), objects, max_bytes=10**6, quota=10**9)
    again, never, slow = await uploading.offer(caller, ["png"] * 3)
    for place in (again, never):
        dead = await uploading.claim(await uploading.find(place.path), seconds=-3600)
        await objects.put(dead.key, PNG)
    alive, writing = [await uploading.claim(await uploading.find(one.path), seconds=60) for one in (again, slow)]
    await uploading.keep(alive, PNG)
    await objects.put(writing.key, PNG)
    assert await tidying.take_strays(timedelta(0)) == 2
    assert await kept(objects) == {alive.key, writing.key}
    assert (await uploading.read(again.path, "image", caller)).data == PNG
    # The address that nobody came back to takes another picture.
    await uploading.keep(await uploading.claim(await uploading.find(never.path), seconds=60), PNG)
    assert (await uploading.read(never.path, "image", caller)).data == PNG


async def test_a_file_that_is_none_of_ours_is_left_alone(objects: Objects, tidying: Tidying, tmp_path: Path) -> None:
    """A desktop leaves its own in a folder that somebody opens: it keeps nothing from being swept."""
    stray = f"inputs/{DAY}/in_{'2' * 26}/0"
    await objects.put(stray, b"picture")
    for folder in ("inputs", "outputs", "uploads/acct"):
        (tmp_path / "objects" / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "objects" / folder / ".DS_Store").write_bytes(b"desktop")
    assert await tidying.take_strays(timedelta(0)) == 1
    assert await kept(objects) == set()


async def test_what_is_young_is_left_alone(objects: Objects, tidying: Tidying) -> None:
    """Its edit may be about to be accepted."""
    await objects.put(f"inputs/{DAY}/in_{'2' * 26}/0", b"picture")
    await objects.put(f"outputs/{DAY}/edit_{'0' * 26}/edit_{'0' * 26}-1-0.png", b"picture")
    assert await tidying.take_strays() == 0
    assert len(await kept(objects)) == 2


async def test_more_pictures_than_are_looked_up_at_a_time(
    database: Database, objects: Objects, tidying: Tidying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retouch.projects.tidying.BATCH", 2)
    for number in range(5):
        await objects.put(f"outputs/{DAY}/edit_{number:026}/edit_{number:026}-1-0.png", b"picture")
    assert await tidying.take_strays(timedelta(0)) == 5
    assert await kept(objects) == set()
