"""Two servers that only answer and two workers that make projects, on one database and one bucket.

Limits over two servers are in `test_charging_processes`, links and keys over two in `test_bucket`; here all of it with
projects, which workers make. `tests/faults/test_torture.py` kills them.
"""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from retouch.domain.ledger import EditState
from retouch.domain.model import MICRO
from retouch.stores.credits import Credits
from retouch.stores.database import Database
from support.bucket import running_bucket
from support.http import Answer, exchange
from support.images import encoded, photo
from support.keys import soon_refused
from support.money import Customer, account_of, balanced, customer
from support.projects import WorkerProcess, ask, create, created, running_worker, until, upload
from support.server import Server, running_server

PICTURE = base64.b64encode(encoded(photo())).decode()
PRICE = 5
CONFIG = f"""
[models.repaint]
price = {PRICE}
routes = [{{ engine = "repaint", model = "any" }}]
"""


@dataclass
class Four:
    """Two servers, two workers, and their database."""

    servers: tuple[Server, Server]
    workers: tuple[WorkerProcess, WorkerProcess]
    database_url: str


@pytest.fixture(scope="module")
def four(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Four]:
    home, url = tmp_path_factory.mktemp("four"), new_database()
    config = home / "retouch.toml"
    config.write_text(CONFIG)
    with ExitStack() as stack:
        bucket = stack.enter_context(running_bucket())
        settings = {
            **bucket.environment,
            "RETOUCH_STORAGE_URL": bucket.url,
            "RETOUCH_DATABASE_URL": url,
            "RETOUCH_CONFIG": str(config),
            "RETOUCH_QUEUE__SERVE": "false",
            "RETOUCH_QUEUE__RUNNING": "1",
        }
        first, second = (stack.enter_context(running_server(settings)) for _ in range(2))
        workers = (stack.enter_context(running_worker(first, settings, home)) for _ in range(2))
        yield Four((first, second), (next(workers), next(workers)), url)


@pytest.fixture
async def database(four: Four) -> AsyncIterator[Database]:
    async with balanced(four.database_url) as database:
        yield database


async def edit(server: Server, who: Customer, **more: Any) -> Answer:
    body = {"model": "repaint", "prompt": "paint it", "image": PICTURE, **more}
    return await ask(server, who, "POST", "/v1/images/edits", body)


async def test_a_minutes_requests_are_exact_over_edits_and_projects_at_both(four: Four, database: Database) -> None:
    """However they are asked for and whoever makes them: so many are accepted, and charged, and no more."""
    who = await customer(database, 1000, requests_per_minute=9)
    path = await upload(four.servers[0], who)

    def asked(number: int) -> Any:
        server = four.servers[number % 2]
        match number % 3:
            case 0:
                return create(server, who, path)
            case 1:
                return edit(server, who, seed=number)
            case _:
                return edit(server, who, seed=number, **{"async": True})

    answers = await asyncio.gather(*(asked(number) for number in range(30)))
    accepted = [answer for answer in answers if answer.status in {200, 202}]
    assert Counter(answer.status == 429 for answer in answers) == {False: 9, True: 21}
    assert len(accepted) == 9
    for answer in answers:
        if answer.status == 429:
            assert 0 < float(answer.headers["retry-after"]) <= 60
    assert (await account_of(database, who)).balance == (1000 - 9 * PRICE) * MICRO
    await settled(database, who)


async def test_a_balance_is_not_overdrawn_by_both(four: Four, database: Database) -> None:
    who = await customer(database, 4 * PRICE)
    path = await upload(four.servers[0], who)
    answers = await asyncio.gather(*(create(four.servers[number % 2], who, path) for number in range(12)))
    assert Counter(answer.status for answer in answers) == {200: 4, 402: 8}
    await settled(database, who)
    assert (await account_of(database, who)).balance == 0


async def test_what_a_worker_made_is_served_by_both(four: Four, database: Database) -> None:
    """A link that one signed opens at the other, and is the same picture."""
    who = await customer(database, 100)
    made = await created(four.servers[0], who, await upload(four.servers[1], who))
    [one] = (await until(four.servers[0], who, made, "complete"))["downloads"]
    [two] = (await until(four.servers[1], who, made, "complete"))["downloads"]
    bodies = set()
    for server in four.servers:
        for link in (one, two):
            address = urlsplit(link["url"])
            got = await asyncio.to_thread(exchange, f"{server.url}{address.path}?{address.query}")
            assert got.status == 200
            bodies.add(got.body)
    assert len(bodies) == 1


async def test_both_workers_make_projects(four: Four, database: Database, tmp_path: Path) -> None:
    """One project each at a time: the second begins while the first is held, and so in the other worker."""
    who = await customer(database, 100)
    path = await upload(four.servers[0], who)
    held = [tmp_path / name for name in ("one", "two")]
    made = [await created(four.servers[at], who, path, f"hold {sign}") for at, sign in enumerate(held)]
    for at, id_ in enumerate(made):
        await until(four.servers[1 - at], who, id_, "rendering")
    waits = await created(four.servers[0], who, path)
    assert (
        json.loads((await ask(four.servers[1], who, "GET", f"/v1/image-projects/{waits}")).body)["status"] == "queued"
    )
    for sign in held:
        sign.touch()
    for id_ in (*made, waits):
        await until(four.servers[0], who, id_, "complete")


async def test_a_project_that_one_accepted_the_other_cancels(four: Four, database: Database, tmp_path: Path) -> None:
    """While it waits: it is paid back, and no worker makes it."""
    who, sign = await customer(database, 100), tmp_path / "go"
    path = await upload(four.servers[0], who)
    busy = [await created(four.servers[0], who, path, f"hold {sign}") for _ in range(2)]
    for id_ in busy:
        await until(four.servers[0], who, id_, "rendering")
    waits = await created(four.servers[0], who, path)
    answer = await ask(four.servers[1], who, "POST", f"/v1/image-projects/{waits}/cancel")
    assert json.loads(answer.body)["status"] == "canceled"
    sign.touch()
    await settled(database, who)
    assert (await account_of(database, who)).balance == (100 - 2 * PRICE) * MICRO


async def test_a_key_revoked_at_one_is_refused_by_the_other_for_everything(four: Four, database: Database) -> None:
    """With its tokens; what it had asked for before is made all the same."""
    who = await customer(database, 100)
    own = json.loads((await ask(four.servers[0], who, "POST", "/v1/keys", {"name": "short"})).body)
    short = Customer(who.account, own["id"], own["key"])
    token = json.loads((await ask(four.servers[1], short, "POST", "/v1/auth/token")).body)["access_token"]
    path = await upload(four.servers[1], short)
    made = await created(four.servers[1], short, path)
    assert (await ask(four.servers[0], who, "DELETE", f"/v1/keys/{short.key_id}")).status == 200
    balance = f"{four.servers[1].url}/v1/balance"
    bearer = {"authorization": f"Bearer {own['key']}"}
    assert await asyncio.to_thread(soon_refused, lambda: exchange(balance, headers=bearer).status)
    for key in (own["key"], token):
        holder = Customer(who.account, short.key_id, key)
        for method, target, body in (
            ("GET", f"/v1/image-projects/{made}", None),
            ("POST", "/v1/ai-image-editor", {"style": {"prompt": "x"}, "assets": {"image_file_paths": [path]}}),
            ("GET", "/v1/balance", None),
        ):
            assert (await ask(four.servers[1], holder, method, target, body)).status == 401, target
    await until(four.servers[1], who, made, "complete")


async def settled(database: Database, who: Customer) -> None:
    """Wait until nothing of the account runs or waits."""
    books = Credits(database)
    async with asyncio.timeout(60):
        while any(not one.state.final for one in await books.edits(who.account, limit=100)):
            await asyncio.sleep(0.05)
    assert all(one.state is not EditState.FAILED for one in await books.edits(who.account, limit=100))
