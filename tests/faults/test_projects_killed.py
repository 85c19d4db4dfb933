"""Projects outlive whatever happens to the processes that make them, and cost once."""

import asyncio
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg.rows import scalar_row

from retouch.domain.resolution import AccountTier
from retouch.stores.credits import Credits
from retouch.stores.database import Database
from retouch.stores.embedded import Embedded
from stores.processes import answers, postmaster, runs
from support.images import encoded, photo
from support.money import Customer, account_of, customer
from support.projects import BOUND, WorkerProcess, ask, created, happens, project, running_worker, until, upload
from support.server import Server, running_server
from upstreams.fal import FalUpstream

PHOTO = encoded(photo())
CONFIG = """
[models.retouch-test]
summary = "Repaints everything"
price = 3
limits = { n = 16 }
routes = [{ engine = "repaint", model = "stops" }]
"""


@pytest.fixture
def url(new_database: Any) -> str:
    made: str = new_database()
    return made


@pytest.fixture
async def fal() -> AsyncIterator[FalUpstream]:
    async with FalUpstream(repaints=True) as upstream:
        yield upstream


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the test engine notes its calls."""
    return tmp_path / "calls"


@pytest.fixture
def settings(url: str, fal: FalUpstream, log: Path) -> dict[str, str]:
    """Of the server, which makes no projects itself, and of the workers."""
    return {
        "RETOUCH_DATABASE_URL": url,
        "RETOUCH_CONFIG": str(_config(log.parent)),
        "RETOUCH_QUEUE__SERVE": "false",
        "RETOUCH_GRACE_SECONDS": "0.5",
        "RETOUCH_ENGINES__REPAINT__LOG": str(log),
        "FAL_KEY": fal.key,
        "RETOUCH_ENGINES__FAL__BASE_URL": fal.root,
        "RETOUCH_ENGINES__FAL__REST_URL": fal.root,
        "RETOUCH_ENGINES__FAL__POLL_SECONDS": "0.01",
    }


@dataclass
class Shop:
    """A server that makes no projects itself, the settings of its workers, and where they lie."""

    server: Server
    database: Database
    settings: dict[str, str]
    folder: Path
    log: Path
    stack: ExitStack

    def worker(self) -> WorkerProcess:
        """Start a worker, which ends with the test."""
        return self.stack.enter_context(running_worker(self.server, self.settings, self.folder))

    def calls(self) -> int:
        """How often the test engine was called."""
        return len(self.log.read_text().splitlines()) if self.log.exists() else 0


@pytest.fixture
async def shop(settings: dict[str, str], url: str, tmp_path: Path, log: Path) -> AsyncIterator[Shop]:
    """Whatever a test does to it, it adds up afterwards."""
    running = running_server(settings)
    server = await asyncio.to_thread(running.__enter__)
    try:
        async with Database(url) as database:
            with ExitStack() as stack:
                yield Shop(server, database, settings, tmp_path, log, stack)
            assert await Credits(database).check() == []
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


async def test_a_killed_worker_is_replaced(shop: Shop) -> None:
    """Another worker begins the edit again within ten seconds; it is charged once, and the call that ended is told."""
    who = await customer(shop.database, 100)
    go = shop.folder / "go"
    first = shop.worker()
    id_ = await created(shop.server, who, await upload(shop.server, who, PHOTO), f"hold {go}", model="retouch-test")
    await happens(lambda: shop.calls() == 1)
    await _told_of(shop.database, id_)
    shop.worker()
    first.kill()
    await happens(lambda: shop.calls() == 2)
    go.touch()
    done = await until(shop.server, who, id_, "complete")
    assert (done["credits_charged"], len(done["downloads"])) == (3, 1)
    ended, made = await _attempts(shop, who, id_)
    assert (ended["engine"], ended["model"], ended["images"]) == ("repaint", "stops", [0])
    assert (ended["cause"], ended["cost"]) == ("the server that made this call ended", None)
    assert (made["images"], made["cause"]) == ([0], None)
    assert (await account_of(shop.database, who)).balance == 97_000_000


async def test_a_provider_is_not_asked_twice(shop: Shop, fal: FalUpstream) -> None:
    """The job that fal's queue has taken on is waited for by the next worker."""
    who = await customer(shop.database, 1000, tier=AccountTier.PRO)
    fal.statuses = ("IN_PROGRESS",) * 100_000
    first = shop.worker()
    id_ = await created(shop.server, who, await upload(shop.server, who, PHOTO), model="seedream-v4")
    await fal.polled.wait()
    await _told_of(shop.database, id_)
    first.kill()
    for job in fal._jobs.values():
        job.statuses.clear()
    shop.worker()
    done = await until(shop.server, who, id_, "complete")
    assert (done["credits_charged"], len(done["downloads"])) == (40, 1)
    assert fal.steps().count("submit") == 1
    assert len(fal.edits) == 1
    ended, waited = await _attempts(shop, who, id_)
    assert (ended["engine"], ended["cause"], ended["cost"]) == ("fal", "the server that made this call ended", None)
    assert (waited["engine"], waited["cause"], waited["images"]) == ("fal", None, [0])
    assert waited["cost"] is not None


async def test_finished_images_are_not_made_again(shop: Shop) -> None:
    """Of two images one was stored when the worker died: the other alone is asked for."""
    who = await customer(shop.database, 100)
    path = await upload(shop.server, who, PHOTO)
    go = shop.folder / "go"
    first = shop.worker()
    id_ = await created(shop.server, who, path, f"hold-after-first {go}", model="retouch-test", image_count=4)
    await happens(lambda: len([name for name in shop.server.files if id_ in name]) == 1)
    await _noted(shop.database, id_)
    await _told_of(shop.database, id_, calls=4, made=1)
    first.kill()
    assert shop.calls() == 4
    shop.worker()
    await happens(lambda: shop.calls() == 7)
    go.touch()
    done = await until(shop.server, who, id_, "complete")
    assert (done["credits_charged"], len(done["downloads"])) == (12, 4)
    causes = [attempt["cause"] for attempt in await _attempts(shop, who, id_)]
    assert sorted(map(str, causes)) == ["None"] * 4 + ["the server that made this call ended"] * 3


async def test_a_worker_that_dies_after_the_last_image_leaves_nothing_to_make(shop: Shop) -> None:
    """It is stored and noted, and not settled: the next worker settles it, and asks nobody."""
    who = await customer(shop.database, 100)
    path = await upload(shop.server, who, PHOTO)
    first = shop.worker()
    id_ = await created(shop.server, who, path, f"lingers {shop.folder / 'never'}", model="retouch-test")
    await _noted(shop.database, id_)
    first.kill()
    asked = shop.calls()
    shop.worker()
    done = await until(shop.server, who, id_, "complete")
    assert (done["credits_charged"], len(done["downloads"]), shop.calls()) == (3, 1, asked)


async def _told_of(database: Database, id_: str, *, calls: int = 1, made: int = 0) -> None:
    """Wait until it is written down what this edit's process has called, in case that it dies."""
    statement = b"""select (select array[count(*), count(*) filter (where call ->> 'cause' is null)]
        from jsonb_array_elements(calls) call) from edits where id = %(id)s"""
    async with asyncio.timeout(BOUND):
        while await database.one(scalar_row, statement, {"id": id_}) != [calls, made]:
            await asyncio.sleep(0.02)


async def _attempts(shop: Shop, who: Customer, id_: str) -> list[dict[str, Any]]:
    """The calls in the record of an edit."""
    answer = await ask(shop.server, who, "GET", f"/v1/edits/{id_}")
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = json.loads(answer.body)["attempts"]
    return found


async def _noted(database: Database, id_: str) -> None:
    deadline = asyncio.get_running_loop().time() + BOUND
    statement = b"select jsonb_array_length(outputs) from edits where id = %(id)s"
    while await database.one(scalar_row, statement, {"id": id_}) != 1:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


async def test_a_stopped_worker_puts_back_what_it_has_begun(shop: Shop) -> None:
    """After its grace; the project waits again, not paid back, and the next worker makes it."""
    who = await customer(shop.database, 100)
    go = shop.folder / "go"
    first = shop.worker()
    id_ = await created(shop.server, who, await upload(shop.server, who, PHOTO), f"hold {go}", model="retouch-test")
    await happens(lambda: shop.calls() == 1)
    assert await asyncio.to_thread(first.stop) == 0
    found = await project(shop.server, who, id_)
    assert (found["status"], found["credits_charged"]) == ("queued", 3)
    [ended] = await _attempts(shop, who, id_)
    assert (ended["cause"], ended["cost"]) == ("the server that made this call ended", None)
    go.touch()
    shop.worker()
    assert (await until(shop.server, who, id_, "complete"))["credits_charged"] == 3


async def test_an_edit_that_kills_its_workers_is_given_up(shop: Shop) -> None:
    """After five, and paid back; it may be what kills them."""
    who = await customer(shop.database, 100)
    id_ = await created(shop.server, who, await upload(shop.server, who, PHOTO), model="retouch-test")
    await shop.database.run(b"update edits set deaths = 5")
    shop.worker()
    found = await until(shop.server, who, id_, "error")
    assert (found["credits_charged"], found["error"]["code"], shop.calls()) == (0, "internal_server_error", 0)


async def test_a_provider_that_confirms_is_cancelled(shop: Shop, fal: FalUpstream) -> None:
    """What still waits in fal's queue is taken out of it and costs nothing."""
    who = await customer(shop.database, 1000, tier=AccountTier.PRO)
    fal.statuses = ("IN_QUEUE",) * 100_000
    shop.worker()
    id_ = await created(shop.server, who, await upload(shop.server, who, PHOTO), model="seedream-v4")
    await fal.polled.wait()
    answer = await ask(shop.server, who, "POST", f"/v1/image-projects/{id_}/cancel")
    assert answer.status == 200
    assert (await until(shop.server, who, id_, "canceled"))["credits_charged"] == 0
    assert fal.cancelled == ["job-0"]
    assert (await account_of(shop.database, who)).balance == 1_000_000_000


async def test_the_servers_own_worker_survives_too(url: str, tmp_path: Path) -> None:
    """kill -9 of the only server while it makes a project; the next one goes on."""
    settings = {"RETOUCH_DATABASE_URL": url}
    data, go, config = tmp_path / "data", tmp_path / "go", _config(tmp_path)
    settings["RETOUCH_CONFIG"] = str(config)
    running = running_server(settings, data=data)
    server = await asyncio.to_thread(running.__enter__)
    async with Database(url) as database:
        who = await customer(database, 100)
        id_ = await created(server, who, await upload(server, who, PHOTO), f"hold {go}", model="retouch-test")
        await until(server, who, id_, "rendering")
        server.process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(server.process.wait)
        await asyncio.to_thread(running.__exit__, None, None, None)
        go.touch()
        again = running_server(settings, data=data)
        server = await asyncio.to_thread(again.__enter__)
        try:
            assert (await until(server, who, id_, "complete"))["credits_charged"] == 3
        finally:
            await asyncio.to_thread(again.__exit__, None, None, None)
        assert await Credits(database).check() == []


async def test_the_database_restarts_while_projects_are_made(tmp_path: Path) -> None:
    """The worker loop goes on, what was running is settled, and what comes later is made."""
    with tempfile.TemporaryDirectory(prefix="retouch-restart-") as folder:
        embedded = Embedded.start(Path(folder), durable=True)
        try:
            await _through_a_restart(embedded, Path(folder), tmp_path)
        finally:
            embedded.stop()


async def _through_a_restart(embedded: Embedded, folder: Path, tmp_path: Path) -> None:
    settings = {"RETOUCH_DATABASE_URL": embedded.conninfo, "RETOUCH_CONFIG": str(_config(tmp_path))}
    async with Database(embedded.conninfo) as database:
        await database.migrate()
    go = tmp_path / "go"
    running = running_server(settings)
    server = await asyncio.to_thread(running.__enter__)
    try:
        async with Database(embedded.conninfo) as database:
            who = await customer(database, 100)
            path = await upload(server, who, PHOTO)
            held = await created(server, who, path, f"hold {go}", model="retouch-test")
            await until(server, who, held, "rendering")
        pid = postmaster(folder)
        os.kill(pid, signal.SIGINT)  # fast: every connection is cut
        await happens(lambda: not answers(embedded.conninfo))
        await happens(lambda: not runs(pid))
        go.touch()
        assert await asyncio.to_thread(embedded.revive)
        await happens(lambda: answers(embedded.conninfo))
        async with Database(embedded.conninfo) as database:
            assert (await until(server, who, held, "complete"))["credits_charged"] == 3
            later = await created(server, who, path, model="retouch-test")
            assert (await until(server, who, later, "complete"))["credits_charged"] == 3
            assert await Credits(database).check() == []
            assert (await account_of(database, who)).balance == 94_000_000
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


def _config(folder: Path) -> Path:
    path = folder / "worker.toml"
    path.write_text(CONFIG)
    return path
