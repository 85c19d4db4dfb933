"""Two servers on one database and one store: charged once, limited exactly, and paid back when one of them dies."""

import asyncio
import base64
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from psycopg.rows import scalar_row

from retouch.domain.ledger import EditRecord, EditState
from retouch.domain.model import MICRO
from retouch.stores.credits import Credits
from retouch.stores.database import Database
from retouch.stores.ledger import Ledger
from support.http import Answer, exchange
from support.images import decoded, encoded, photo
from support.money import Customer, balance, balanced, customer
from support.server import Server, running_server

PHOTO = encoded(photo())
IMAGE = base64.b64encode(PHOTO).decode()
CONFIG = """
[models.repaint]
price = 5
routes = [{ engine = "repaint", model = "any" }]
"""


@dataclass
class Pair:
    """Two servers, their database, and how often their engine was called."""

    servers: tuple[Server, Server]
    database_url: str
    calls: Path
    start: Callable[[], Server]


@pytest.fixture(scope="module")
def pair(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    home, url = tmp_path_factory.mktemp("pair"), new_database()
    config = home / "retouch.toml"
    config.write_text(CONFIG)
    settings = {
        "RETOUCH_DATABASE_URL": url,
        "RETOUCH_STORAGE_URL": f"file://{home / 'objects'}",
        "RETOUCH_CONFIG": str(config),
        "RETOUCH_ENGINES__REPAINT__LOG": str(home / "calls"),
    }
    with ExitStack() as stack:

        def start() -> Server:
            return stack.enter_context(running_server(settings))

        yield Pair((start(), start()), url, home / "calls", start)


@pytest.fixture
async def database(pair: Pair) -> AsyncIterator[Database]:
    async with balanced(pair.database_url) as database:
        yield database


async def send(server: Server, who: Customer, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
    body = {"model": "repaint", "prompt": "paint it", "image": IMAGE, "response_format": "url", **fields}
    counted = {"x-stainless-retry-count": "0"}  # as the OpenAI SDK does
    given = {"authorization": f"Bearer {who.key}", "content-type": "application/json", **counted, **(headers or {})}
    url = f"{server.url}/v1/images/edits"
    return await asyncio.to_thread(exchange, url, "POST", json.dumps(body).encode(), given)


async def edit_of(
    database: Database, who: Customer, wanted: Callable[[EditRecord], bool], seconds: float = 60
) -> EditRecord:
    """The account's latest edit, once it is as wanted."""
    books = Credits(database)
    async with asyncio.timeout(seconds):
        while not ((found := await books.edits(who.account, limit=1)) and wanted(found[0])):
            await asyncio.sleep(0.02)
    return found[0]


async def test_limits_are_exact_over_both(pair: Pair, database: Database) -> None:
    who = await customer(database, 1000, requests_per_minute=12)
    answers = await asyncio.gather(*(send(pair.servers[number % 2], who) for number in range(30)))
    assert Counter(answer.status for answer in answers) == {200: 12, 429: 18}
    assert await balance(database, who) == 1000 - 12 * 5


async def test_edits_at_a_time_are_exact_over_both(pair: Pair, database: Database, tmp_path: Path) -> None:
    who, sign = await customer(database, 1000, concurrent_edits=3), tmp_path / "go"
    asked = [
        asyncio.create_task(send(pair.servers[number % 2], who, prompt=f"hold {sign}", seed=number))
        for number in range(10)
    ]
    async with asyncio.timeout(60):
        while sum(task.done() for task in asked) < 7:
            await asyncio.sleep(0.02)
    sign.touch()
    assert Counter(answer.status for answer in await asyncio.gather(*asked)) == {200: 3, 429: 7}


@pytest.mark.parametrize("ended_first", [False, True])
@pytest.mark.parametrize("delivery", ["b64_json", "url"])
async def test_the_sdks_retry_reaches_the_other_server(
    pair: Pair, database: Database, tmp_path: Path, ended_first: bool, delivery: Any
) -> None:
    """It waits there for the edit of the first, or finds it ended; the engine is called once, and so is the charge."""
    who, sign = await customer(database, 100), tmp_path / "go"
    before = calls(pair)
    attempts = 0

    async def turn(request: httpx2.Request) -> None:
        """Every attempt after the first goes to the other server; when it does, the engine may go on."""
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            return
        request.url = request.url.copy_with(port=httpx2.URL(pair.servers[1].url).port)
        sign.touch()
        if ended_first:
            await edit_of(database, who, lambda edit: edit.state is EditState.COMPLETE)

    http = httpx2.AsyncClient(event_hooks={"request": [turn]})
    async with openai.AsyncOpenAI(
        base_url=f"{pair.servers[0].url}/v1", api_key=who.key, max_retries=2, timeout=5, http_client=http
    ) as client:
        answer = await client.images.with_raw_response.edit(
            model="repaint", image=PHOTO, prompt=f"hold {sign}", response_format=delivery, timeout=1.5
        )
    assert attempts == 2
    assert answer.headers["retouch-joined"] == "true"
    data = answer.parse().data
    assert data
    picture = data[0].b64_json or (await asyncio.to_thread(exchange, str(data[0].url))).body
    assert decoded(picture).shape == (64, 96, 3)
    assert calls(pair) == before + 1
    assert await balance(database, who) == 95


async def test_a_delivered_answer_is_not_given_to_another_calls_retry(pair: Pair, database: Database) -> None:
    """The same words again, by a new call whose first attempt was lost on the way: a new edit, charged."""
    who = await customer(database, 100)
    first = await send(pair.servers[0], who)
    statement = b"select delivered from edits where id = %(id)s"
    async with asyncio.timeout(30):
        while True:
            async with database.connection() as connection:
                cursor = await connection.execute(statement, {"id": first.headers["retouch-edit-id"]})
                row = await cursor.fetchone()
            if row and row[0]:
                break
            await asyncio.sleep(0.02)
    second = await send(pair.servers[1], who, {"x-stainless-retry-count": "1"})
    assert "retouch-joined" not in second.headers
    assert await balance(database, who) == 90


async def test_a_twin_on_the_other_server_waits(pair: Pair, database: Database, tmp_path: Path) -> None:
    """And a conflict is one there too."""
    who, sign = await customer(database, 100), tmp_path / "go"
    again, prompt = {"idempotency-key": "order"}, f"hold {sign}"
    first = asyncio.create_task(send(pair.servers[0], who, again, prompt=prompt))
    await edit_of(database, who, lambda edit: edit.state is EditState.RUNNING)
    second = asyncio.create_task(send(pair.servers[1], who, again, prompt=prompt))
    assert (await send(pair.servers[1], who, again)).status == 409
    sign.touch()
    answers = [await first, await second]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].headers["retouch-edit-id"] == answers[1].headers["retouch-edit-id"]
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert await balance(database, who) == 95


async def test_a_server_that_is_killed_is_paid_back_for_once(pair: Pair, database: Database, tmp_path: Path) -> None:
    """By the sweep of another, once the lease has run out, which tells of the calls; the client's retry starts anew."""
    who, sign = await customer(database, 100), tmp_path / "go"
    doomed = await asyncio.to_thread(pair.start)
    asked = asyncio.create_task(send(doomed, who, prompt=f"hold {sign}", n=2))
    edit = await edit_of(database, who, lambda edit: edit.state is EditState.RUNNING)
    assert await balance(database, who) == 90
    calls_of = b"select jsonb_array_length(calls) from edits where id = %(id)s"
    async with asyncio.timeout(60):
        while await database.one(scalar_row, calls_of, {"id": edit.id}) != 2:
            await asyncio.sleep(0.02)
    doomed.process.send_signal(signal.SIGKILL)
    with pytest.raises(OSError):  # noqa: PT011 - the connection ends as the system says
        await asked
    paid = await edit_of(database, who, lambda edit: edit.state is EditState.FAILED)
    assert (paid.id, paid.refunded) == (edit.id, 10 * MICRO)
    told = {"cause": "the server that made this call ended", "cost": None, "engine": "repaint", "model": "any"}
    assert [{**attempt, **told} for attempt in paid.attempts] == list(paid.attempts)
    assert sorted(attempt["images"] for attempt in paid.attempts) == [[0], [1]]
    assert await balance(database, who) == 100
    kinds = [entry.kind for entry in await Credits(database).entries(who.account, limit=9)]
    assert kinds == ["refund", "charge", "grant"]
    sign.touch()
    again = await send(pair.servers[0], who, {"x-stainless-retry-count": "1"}, prompt=f"hold {sign}", n=2)
    assert again.status == 200
    assert "retouch-joined" not in again.headers
    assert await balance(database, who) == 90


async def test_a_lease_that_was_lost_stops_the_work(pair: Pair, database: Database, tmp_path: Path) -> None:
    """A process that was taken for dead neither answers with images nor charges for them."""
    who, sign = await customer(database, 100), tmp_path / "go"
    asked = asyncio.create_task(send(pair.servers[0], who, prompt=f"hold {sign}"))
    edit = await edit_of(database, who, lambda edit: edit.state is EditState.RUNNING)
    await database.run(b"update edits set lease_until = now() - interval '1 s' where id = %(id)s", {"id": edit.id})
    await Ledger(database).refund_abandoned()
    await edit_of(database, who, lambda edit: edit.state is EditState.FAILED)
    sign.touch()
    answer = await asked
    assert (answer.status, json.loads(answer.body)["code"]) == (503, "OVERLOADED")
    assert await balance(database, who) == 100


def calls(pair: Pair) -> int:
    return len(pair.calls.read_text().splitlines()) if pair.calls.exists() else 0
