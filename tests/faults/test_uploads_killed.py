"""An upload whose server dies, or stands still, while it is received: its address can be used again, and works once."""

import asyncio
import http.client
import json
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg.rows import scalar_row

from retouch.stores.database import Database
from support.http import Answer, exchange, open_connection, target
from support.images import encoded, photo
from support.money import Customer, balanced, customer
from support.projects import BOUND, ask, create
from support.server import Server, running_server

#: As large as each other, so that what comes of them can be told apart by nothing but their bytes.
ONE, TWO = encoded(photo(64, 64), "BMP"), encoded(photo(64, 64)[::-1], "BMP")


@dataclass
class Shop:
    """Two servers on one database and one store."""

    servers: tuple[Server, Server]
    home: Path
    database: Database

    def kept(self, who: Customer) -> set[bytes]:
        """What lies in the store of an account's uploads."""
        return {file.read_bytes() for file in (self.home / "objects" / "uploads" / who.account).glob("*")}


@pytest.fixture
def servers(new_database: Callable[[], str], tmp_path: Path) -> Iterator[tuple[Server, Server, str]]:
    url = new_database()
    settings = {
        "RETOUCH_DATABASE_URL": url,
        "RETOUCH_STORAGE_URL": f"file://{tmp_path / 'objects'}",
        "RETOUCH_QUEUE__SERVE": "false",
        "RETOUCH_UPLOADS__QUOTA_MB": str(1.5 * len(ONE) / 1e6),
    }
    with ExitStack() as stack:
        first, second = (stack.enter_context(running_server(settings)) for _ in range(2))
        yield first, second, url


@pytest.fixture
async def shop(servers: tuple[Server, Server, str], tmp_path: Path) -> AsyncIterator[Shop]:
    first, second, url = servers
    async with balanced(url) as database:
        yield Shop((first, second), tmp_path, database)


async def test_the_address_of_a_killed_server_can_be_used_again(shop: Shop) -> None:
    """Once its receiver has surely ended, by one of those who try at once; before, it is told when to come back."""
    who = await customer(shop.database, 100)
    item = await offered(shop.servers[0], who)
    half = await begun(shop, item)
    shop.servers[0].process.send_signal(signal.SIGKILL)
    shop.servers[0].process.wait()
    half.close()
    early = await put(shop.servers[1], item, ONE)
    assert early.status == 503
    # The longest that a body may take, and a minute to keep it.
    told = re.search(r"again in (\d+) s", json.loads(early.body)["message"])
    assert told
    assert 120 < int(told[1]) <= 180
    assert (await create(shop.servers[1], who, item["file_path"])).status == 404
    await long_ago(shop)
    answers = await asyncio.gather(*(put(shop.servers[1], item, ONE) for _ in range(6)))
    assert Counter(answer.status == 200 for answer in answers) == {True: 1, False: 5}
    assert {answer.status for answer in answers} <= {200, 410, 503}
    assert (await put(shop.servers[1], item, TWO)).status == 410
    assert shop.kept(who) == {ONE}
    assert await counted(shop, who) == len(ONE)
    assert (await create(shop.servers[1], who, item["file_path"], "sepia", model="retouch-classic")).status == 200


async def test_a_server_that_stood_still_changes_nothing_when_it_goes_on(shop: Shop) -> None:
    """Taken for dead, it tells its own client that the address was used, and keeps nothing."""
    who = await customer(shop.database, 100)
    item = await offered(shop.servers[0], who)
    half = await begun(shop, item)
    shop.servers[0].process.send_signal(signal.SIGSTOP)
    try:
        await long_ago(shop)
        assert (await put(shop.servers[1], item, ONE)).status == 200
    finally:
        shop.servers[0].process.send_signal(signal.SIGCONT)
    with closing(half):
        await asyncio.to_thread(half.send, TWO[len(TWO) // 2 :])
        late = await asyncio.to_thread(half.getresponse)
        assert late.status == 410
    assert shop.kept(who) == {ONE}
    assert await counted(shop, who) == len(ONE)


async def test_a_server_that_dies_before_it_has_noted_what_it_kept(shop: Shop) -> None:
    """The bytes of the dead are nobody's: they count for nothing, and the next ones take their place."""
    who = await customer(shop.database, 100)
    item = await offered(shop.servers[0], who)
    async with shop.database.connection() as connection:
        await connection.execute(b"begin")
        await connection.execute(b"select from accounts where id = %s for update", (who.account,))
        doomed = asyncio.create_task(put(shop.servers[0], item, TWO))
        async with asyncio.timeout(BOUND):
            while shop.kept(who) != {TWO}:
                await asyncio.sleep(0.02)
        shop.servers[0].process.send_signal(signal.SIGKILL)
        with pytest.raises((OSError, http.client.HTTPException)):
            await doomed
        await connection.execute(b"rollback")
    await long_ago(shop)
    assert (await put(shop.servers[1], item, ONE)).status == 200
    assert await counted(shop, who) == len(ONE)
    [key] = await shop.database.all(scalar_row, b"select key from uploads")
    assert (shop.home / "objects" / key).read_bytes() == ONE


async def offered(server: Server, who: Customer) -> dict[str, str]:
    asked = {"items": [{"type": "image", "extension": "bmp"}]}
    answer = await ask(server, who, "POST", "/v1/files/upload-urls", asked)
    assert answer.status == 200, answer.body
    item: dict[str, str] = json.loads(answer.body)["items"][0]
    return item


async def begun(shop: Shop, item: dict[str, str]) -> http.client.HTTPConnection:
    """An upload at the first server of which half has come."""
    connection = open_connection(shop.servers[0].url)
    connection.putrequest("PUT", target(item["upload_url"]))
    connection.putheader("content-length", str(len(TWO)))
    connection.endheaders(TWO[: len(TWO) // 2])
    async with asyncio.timeout(BOUND):
        while await shop.database.all(scalar_row, b"select state from uploads") != ["receiving"]:
            await asyncio.sleep(0.02)
    return connection


async def put(server: Server, item: dict[str, str], data: bytes) -> Answer:
    return await asyncio.to_thread(exchange, server.url + target(item["upload_url"]), "PUT", data)


async def long_ago(shop: Shop) -> None:
    """As if whoever receives had begun long ago."""
    statement = (
        b"update uploads set receiving_until = clock_timestamp() - interval '1 second' where state = 'receiving'"
    )
    assert await shop.database.run(statement) == 1


async def counted(shop: Shop, who: Customer) -> Any:
    """The bytes that count against an account's quota."""
    statement = b"select sum(bytes)::bigint from uploads where account_id = %(id)s"
    return await shop.database.one(scalar_row, statement, {"id": who.account})
