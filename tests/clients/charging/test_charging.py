"""What is charged and paid back over HTTP, by a real server."""

import asyncio
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from retouch.stores.database import Database
from support.http import exchange, open_connection
from support.money import balance, customer
from support.server import Server
from support.shop import IMAGE, reaches, read, running, send


async def test_an_edit_is_charged_and_says_so(shop: Server, database: Database) -> None:
    who = await customer(database, 12.5)
    answer = await send(shop, who, n=2)
    assert answer.status == 200
    assert answer.headers["retouch-credits-charged"] == "10"
    assert await balance(database, who) == 2.5
    record = await read(shop, who, f"/v1/edits/{answer.headers['retouch-edit-id']}")
    assert (record["state"], record["charged"], record["refunded"]) == ("complete", 10, 0)
    assert record["cost"] == pytest.approx(0.08)
    assert [attempt["cause"] for attempt in record["attempts"]] == [None, None]
    for output, datum in zip(record["outputs"], json.loads(answer.body)["data"], strict=True):
        picture = await asyncio.to_thread(exchange, output["url"])
        assert picture.body == (await asyncio.to_thread(exchange, datum["url"])).body
        assert picture.headers["content-type"] == "image/png"


async def test_fifty_at_once_on_a_balance_for_twenty(shop: Server, database: Database) -> None:
    """Exactly twenty are accepted, thirty get 402."""
    who = await customer(database, 100)
    with ThreadPoolExecutor(50) as pool:
        loop = asyncio.get_running_loop()
        body = json.dumps({"model": "repaint", "prompt": "paint", "image": IMAGE, "response_format": "url"}).encode()
        headers = {"authorization": f"Bearer {who.key}", "content-type": "application/json"}
        asked = [
            loop.run_in_executor(pool, exchange, f"{shop.url}/v1/images/edits", "POST", body, headers)
            for _ in range(50)
        ]
        statuses = Counter(answer.status for answer in await asyncio.gather(*asked))
    assert statuses == {200: 20, 402: 30}
    assert await balance(database, who) == 0


@pytest.mark.parametrize("prompt", ["fail UPSTREAM_ERROR", "fail CONTENT_POLICY_VIOLATION", "short", "breaks"])
@pytest.mark.parametrize("stream", [False, True])
async def test_an_edit_that_fails_is_paid_back(shop: Server, database: Database, prompt: str, stream: bool) -> None:
    """Also in a stream that has begun, and after previews."""
    who = await customer(database, 10)
    partial: dict[str, Any] = {"partial_images": 2} if stream else {}
    answer = await send(shop, who, prompt=prompt, n=2, stream=stream, **partial)
    assert stream or answer.status >= 400
    assert not stream or b"event: error\n" in answer.body
    assert await balance(database, who) == 10
    [record] = (await read(shop, who, "/v1/edits"))["data"]
    assert (record["state"], record["charged"], record["refunded"]) == ("failed", 10, 10)
    assert record["error"]["code"] in {"UPSTREAM_ERROR", "CONTENT_POLICY_VIOLATION"}
    kinds = [entry["kind"] for entry in (await read(shop, who, "/v1/credits"))["data"]]
    assert kinds == ["refund", "charge", "grant"]


async def test_missing_images_are_paid_back(shop: Server, database: Database, tmp_path: Path) -> None:
    """Two of three are answered; the third's price returns."""
    who = await customer(database, 15)
    answer = await send(shop, who, prompt=f"fails-once {tmp_path / 'failed'}", n=3)
    assert answer.status == 200
    assert len(json.loads(answer.body)["data"]) == 2
    assert answer.headers["retouch-credits-charged"] == "10"
    assert await balance(database, who) == 5


async def test_what_is_refused_before_is_not_charged(shop: Server, database: Database) -> None:
    who = await customer(database, 10)
    refused: list[dict[str, Any]] = [{"size": "9999x1"}, {"image": "AAAA"}, {"prompt": ""}]
    for fields in refused:
        assert (await send(shop, who, **fields)).status == 400
    assert (await read(shop, who, "/v1/edits"))["data"] == []


async def test_leaving_while_waiting_or_running_here_is_paid_back(
    shop: Server, database: Database, tmp_path: Path
) -> None:
    """Not so what was sent to a provider: it runs on, and is kept."""
    who, sign = await customer(database, 100), tmp_path / "go"
    for model, price in (("repaint-attached", 2), ("repaint", 5)):
        fields = {"model": model, "prompt": f"hold {sign}", "image": IMAGE}
        connection = open_connection(shop.url)
        headers = {"authorization": f"Bearer {who.key}", "content-type": "application/json"}
        await asyncio.to_thread(connection.request, "POST", "/v1/images/edits", json.dumps(fields), headers)
        await reaches(lambda: running(shop, who), 1)
        assert await balance(database, who) == 100 - price
        connection.close()
        if model == "repaint-attached":
            await reaches(lambda: running(shop, who), 0)
            assert await balance(database, who) == 100
    sign.touch()
    await reaches(lambda: running(shop, who), 0)
    assert await balance(database, who) == 95
    kept, stopped = (await read(shop, who, "/v1/edits"))["data"]
    assert (stopped["state"], stopped["refunded"]) == ("canceled", 2)
    assert (kept["state"], kept["refunded"], len(kept["outputs"])) == ("complete", 0, 1)
    assert (await asyncio.to_thread(exchange, kept["outputs"][0]["url"])).status == 200
