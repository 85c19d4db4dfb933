"""A client that leaves, and what fal's queue makes of it: paid back only where fal confirms that it costs nothing."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from retouch.domain.model import MICRO
from retouch.stores.database import Database
from support.http import exchange, open_connection
from support.images import encoded, photo
from support.money import Customer, account_of, customer
from support.server import Server, running_server
from upstreams.fal import FalUpstream

#: Longer than the 10 s after which nobody is waited for, and than a machine that is busy takes with it.
LONG = 60.0


@dataclass
class Shop:
    """A server that charges, fal behind it, and a customer of it."""

    server: Server
    fal: FalUpstream
    database: Database
    who: Customer

    async def leave_an_edit(self) -> None:
        """Ask for an edit, and leave once fal has been asked about it."""
        body = {"model": "qwen-edit", "prompt": "a hat", "image": base64.b64encode(encoded(photo())).decode()}
        headers = {"authorization": f"Bearer {self.who.key}", "content-type": "application/json"}
        connection = open_connection(self.server.url)
        await asyncio.to_thread(connection.request, "POST", "/v1/images/edits", json.dumps(body), headers)
        await asyncio.wait_for(self.fal.polled.wait(), LONG)
        connection.close()

    async def balance(self) -> float:
        return (await account_of(self.database, self.who)).balance / MICRO

    async def settled(self) -> dict[str, Any]:
        """The edit's record, once it is final."""
        headers = {"authorization": f"Bearer {self.who.key}"}
        async with asyncio.timeout(LONG):
            while True:
                answer = await asyncio.to_thread(exchange, f"{self.server.url}/v1/edits", "GET", None, headers)
                (record,) = json.loads(answer.body)["data"]
                if record["state"] not in {"queued", "running"}:
                    return dict(record)
                await asyncio.sleep(0.05)  # the end comes from another process


@pytest.fixture
async def shop(new_database: Any) -> AsyncIterator[Shop]:
    url = new_database()
    async with FalUpstream() as fal, Database(url) as database:
        settings = {
            "RETOUCH_DATABASE_URL": url,
            "FAL_KEY": fal.key,
            "RETOUCH_ENGINES__FAL__BASE_URL": fal.base_url,
            "RETOUCH_ENGINES__FAL__REST_URL": fal.root,
            "RETOUCH_ENGINES__FAL__POLL_SECONDS": "0.2",
        }
        with running_server(settings) as server:
            yield Shop(server, fal, database, await customer(database, 100))


async def test_a_job_still_in_the_queue_is_cancelled_after_ten_seconds_and_paid_back(shop: Shop) -> None:
    shop.fal.statuses = ("IN_QUEUE",) * 10_000
    asked = asyncio.get_running_loop().time()
    await shop.leave_an_edit()
    assert await shop.balance() == 90
    await asyncio.wait_for(shop.fal.cancel_asked.wait(), LONG)
    assert asyncio.get_running_loop().time() - asked >= 10
    record = await shop.settled()
    assert (record["state"], record["charged"], record["refunded"]) == ("canceled", 10, 10)
    assert await shop.balance() == 100
    assert shop.fal.cancelled == ["job-0"]


async def test_a_job_that_runs_stays_charged_and_is_stored(shop: Shop) -> None:
    """It was asked for and it is made: it can be read, whoever has left."""
    shop.fal.statuses = ("IN_PROGRESS",) * 12
    await shop.leave_an_edit()
    record = await shop.settled()
    assert (record["state"], record["refunded"]) == ("complete", 0)
    assert await shop.balance() == 90
    assert shop.fal.cancelled == []
