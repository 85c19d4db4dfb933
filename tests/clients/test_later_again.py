"""An edit for later whose 202 was lost: the retry gets the same project, at whichever server, charged once."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import openai
import psycopg
import pytest
from psycopg.rows import scalar_row

from retouch.stores.database import Database
from support.http import Answer, open_connection, request
from support.images import encoded, photo
from support.money import Customer, balance, balanced, customer
from support.server import Server, running_server

PHOTO = encoded(photo())
IMAGE = base64.b64encode(PHOTO).decode()
PRICE = 5
CONFIG = f"""
[models.repaint]
price = {PRICE}
routes = [{{ engine = "repaint", model = "any" }}]
"""
#: Whoever holds this lock makes every look at a project wait, and so every 202, after the project was accepted.
HELD = 7
SLOW = """
alter table projects rename to projects_kept;
create function answers() returns boolean language plpgsql volatile as $$
begin
    perform pg_advisory_xact_lock_shared(7);
    return true;
end $$;
create view projects as select * from projects_kept where answers();
"""


@dataclass
class Pair:
    """Two servers that make no projects, and their database, whose answers can be held."""

    servers: tuple[Server, Server]
    database_url: str


@pytest.fixture(scope="module")
def pair(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    home, url = tmp_path_factory.mktemp("pair"), new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SLOW.encode())
    config = home / "retouch.toml"
    config.write_text(CONFIG)
    settings = {
        "RETOUCH_DATABASE_URL": url,
        "RETOUCH_STORAGE_URL": f"file://{home / 'objects'}",
        "RETOUCH_CONFIG": str(config),
        "RETOUCH_QUEUE__SERVE": "false",
    }
    with ExitStack() as stack:
        first, second = (stack.enter_context(running_server(settings)) for _ in range(2))
        yield Pair((first, second), url)


@pytest.fixture
async def database(pair: Pair) -> AsyncIterator[Database]:
    async with balanced(pair.database_url) as database:
        yield database


@asynccontextmanager
async def holding(database: Database, statement: bytes, *given: object) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Hold a lock, until the end or until what is given is called."""
    async with database.connection() as connection:
        await connection.execute(b"begin")
        await connection.execute(statement, given)

        async def release() -> None:
            await connection.execute(b"rollback")

        yield release
        await release()


def answers(database: Database) -> Any:
    """Hold every 202, after its project was accepted."""
    return holding(database, b"select pg_advisory_xact_lock(%s)", HELD)


def account(database: Database, who: Customer) -> Any:
    """Hold an account, so that nothing of it is accepted."""
    return holding(database, b"select from accounts where id = %s for update", who.account)


async def waiting(database: Database, number: int) -> None:
    """Wait until so many statements wait for what is held."""
    statement = b"""select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'"""
    async with asyncio.timeout(60):
        while await database.one(scalar_row, statement) != number:
            await asyncio.sleep(0.02)


async def ask(server: Server, who: Customer, attempt: int | None, prompt: str, *, prefer: bool = False) -> Answer:
    """Ask for a project by an edit that does not wait, in either of the two ways."""
    headers = {} if attempt is None else {"x-stainless-retry-count": str(attempt)}
    body: dict[str, object] = {"model": "repaint", "prompt": prompt, "image": IMAGE}
    if prefer:
        headers["prefer"] = "respond-async"
    else:
        body["async"] = True
    return await request(f"{server.url}/v1/images/edits", "POST", body, key=who.key, headers=headers)


async def edits(database: Database, who: Customer) -> list[str]:
    """The ids of an account's edits."""
    statement = b"select id from edits where account_id = %(id)s order by id"
    return await database.all(scalar_row, statement, {"id": who.account})


class Losing(httpx2.AsyncBaseTransport):
    """The SDK's connections: the first attempt is cut once it was accepted and before it was answered."""

    def __init__(self, database: Database, release: Callable[[], Awaitable[None]], then: str) -> None:
        self.attempts = 0
        self._inner = httpx2.AsyncHTTPTransport()
        self._database = database
        self._release = release
        self._then = httpx2.URL(then)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.attempts += 1
        if self.attempts > 1:
            request.url = request.url.copy_with(port=self._then.port)
            return await self._inner.handle_async_request(request)
        asked = asyncio.create_task(self._inner.handle_async_request(request))
        await waiting(self._database, 1)
        asked.cancel()
        await asyncio.wait({asked})
        await waiting(self._database, 0)
        await self._release()
        raise httpx2.ReadTimeout("The answer was late", request=request)

    async def aclose(self) -> None:
        await self._inner.aclose()


async def test_the_sdks_retry_gets_the_project_from_the_other_server(pair: Pair, database: Database) -> None:
    who = await customer(database, 100)
    async with answers(database) as release:
        losing = Losing(database, release, then=pair.servers[1].url)
        async with openai.AsyncOpenAI(
            base_url=f"{pair.servers[0].url}/v1",
            api_key=who.key,
            max_retries=2,
            http_client=httpx2.AsyncClient(transport=losing),
        ) as client:
            answer = await client.images.with_raw_response.edit(
                model="repaint", image=PHOTO, prompt="paint it", extra_body={"async": True}
            )
    project = json.loads(answer.content)
    assert (losing.attempts, answer.status_code) == (2, 202)
    assert answer.headers["retouch-joined"] == "true"
    assert await edits(database, who) == [project["id"]] == [answer.headers["retouch-edit-id"]]
    assert (project["status"], project["credits_charged"]) == ("queued", PRICE)
    assert await balance(database, who) == 100 - PRICE


@pytest.mark.parametrize("at", [0, 1])
async def test_a_client_that_went_before_its_202_gets_the_project_by_its_retry(
    pair: Pair, database: Database, at: int
) -> None:
    """Each attempt number once, in the same words alone, however it asks not to wait; once answered it is another's."""
    who = await customer(database, 100)
    async with answers(database) as release:
        await leave(pair.servers[0], who, database)
        await release()
    other = await ask(pair.servers[at], who, 1, "paint something else")
    assert "retouch-joined" not in other.headers
    again = await ask(pair.servers[at], who, 2, "paint it", prefer=True)
    assert (again.status, again.headers["retouch-joined"]) == (202, "true")
    assert again.headers["preference-applied"] == "respond-async"
    assert set(await edits(database, who)) == {json.loads(one.body)["id"] for one in (other, again)}
    assert await balance(database, who) == 100 - 2 * PRICE
    await delivered(database, again)
    late = await ask(pair.servers[at], who, 3, "paint it")
    assert "retouch-joined" not in late.headers
    assert await balance(database, who) == 100 - 3 * PRICE


async def test_the_same_request_twice_is_two_projects(pair: Pair, database: Database) -> None:
    """Whether or not the client counts its attempts, and also where the second was refused at first."""
    who = await customer(database, 100)
    made = [
        await ask(pair.servers[number % 2], who, attempt, "paint it") for number, attempt in enumerate((0, 0, None))
    ]
    for answer in made:
        await delivered(database, answer)
    made.append(await ask(pair.servers[1], who, 1, "paint it"))
    assert [answer.status for answer in made] == [202] * 4
    assert len({json.loads(answer.body)["id"] for answer in made}) == 4
    assert not any("retouch-joined" in answer.headers for answer in made)
    assert await balance(database, who) == 100 - 4 * PRICE


async def test_who_leaves_before_it_is_accepted_has_asked_for_nothing(pair: Pair, database: Database) -> None:
    who = await customer(database, 100)
    async with account(database, who) as release:
        await leave(pair.servers[0], who, database)
        await release()
    assert await edits(database, who) == []
    again = await ask(pair.servers[1], who, 1, "paint it")
    assert "retouch-joined" not in again.headers
    assert await balance(database, who) == 100 - PRICE


async def test_a_retry_that_overtakes_its_first_attempt_joins_it(pair: Pair, database: Database) -> None:
    """A proxy may hide that the client has gone: of two that are accepted at once, the retry is no project."""
    who = await customer(database, 100)
    async with answers(database) as answer, account(database, who) as accept:
        first = asyncio.create_task(ask(pair.servers[0], who, 0, "paint it"))
        await waiting(database, 1)
        retry = asyncio.create_task(ask(pair.servers[1], who, 1, "paint it"))
        await waiting(database, 2)
        await accept()
        async with asyncio.timeout(60):
            joined = b"select id from edits where joined = '{1}' and account_id = %(id)s"
            while await database.one(scalar_row, joined, {"id": who.account}) is None:
                await asyncio.sleep(0.02)
        await answer()
    both = [await first, await retry]
    assert [one.status for one in both] == [202, 202]
    assert {json.loads(one.body)["id"] for one in both} == set(await edits(database, who))
    assert ["retouch-joined" in one.headers for one in both] == [False, True]
    assert await balance(database, who) == 100 - PRICE


async def leave(server: Server, who: Customer, database: Database) -> None:
    """Ask for the first time, and go while the server waits for what is held; it has noticed then."""
    connection = open_connection(server.url)
    headers = {"authorization": f"Bearer {who.key}", "content-type": "application/json", "x-stainless-retry-count": "0"}
    body = {"model": "repaint", "prompt": "paint it", "image": IMAGE, "async": True}
    await asyncio.to_thread(connection.request, "POST", "/v1/images/edits", json.dumps(body), headers)
    await waiting(database, 1)
    connection.close()
    await waiting(database, 0)


async def delivered(database: Database, answer: Answer) -> None:
    """Wait until it is noted that a client has its answer."""
    statement = b"select delivered from edits where id = %(id)s"
    async with asyncio.timeout(60):
        while not await database.one(scalar_row, statement, {"id": answer.headers["retouch-edit-id"]}):
            await asyncio.sleep(0.02)
