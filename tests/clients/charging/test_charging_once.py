"""A request that is repeated, by its idempotency key or by an SDK, is charged once."""

import asyncio
import json
from pathlib import Path

import openai

from retouch.stores.database import Database
from support.money import Customer, balance, customer
from support.server import Server
from support.shop import PHOTO, reaches, running, send


class TestIdempotencyKeys:
    """A request that may be repeated."""

    async def test_the_first_answer_again(self, shop: Server, database: Database) -> None:
        """With links of its own; as base64 too; charged once."""
        who = await customer(database, 100)
        for delivery in ("url", "b64_json"):
            again = {"idempotency-key": f"order {delivery}"}
            first = await send(shop, who, headers=again, response_format=delivery, seed=7)
            second = await send(shop, who, headers=again, response_format=delivery, seed=7)
            assert (first.status, second.status) == (200, 200)
            assert "idempotent-replayed" not in first.headers
            assert second.headers["idempotent-replayed"] == "true"
            for name in ("retouch-edit-id", "retouch-credits-charged", "retouch-engine", "retouch-model"):
                assert first.headers[name] == second.headers[name]
            one, other = json.loads(first.body), json.loads(second.body)
            for body in (one, other):
                for datum in body["data"]:
                    datum["url"] = datum.get("url", "").partition("?")[0]
            assert one == other
        assert await balance(database, who) == 90

    async def test_another_body_is_a_conflict(self, shop: Server, database: Database) -> None:
        who, again = await customer(database, 100), {"idempotency-key": "order"}
        await send(shop, who, headers=again)
        answer = await send(shop, who, headers=again, prompt="something else")
        body = json.loads(answer.body)
        assert (answer.status, body["code"]) == (409, "IDEMPOTENCY_CONFLICT")
        assert answer.headers["x-should-retry"] == "false"
        assert await balance(database, who) == 95

    async def test_a_twin_waits_for_the_first(self, shop: Server, database: Database, tmp_path: Path) -> None:
        who, again, sign = await customer(database, 100), {"idempotency-key": "order"}, tmp_path / "go"
        asked = [asyncio.create_task(send(shop, who, headers=again, prompt=f"hold {sign}")) for _ in range(4)]
        await reaches(lambda: running(shop, who), 1)
        sign.touch()
        answers = await asyncio.gather(*asked)
        assert {answer.status for answer in answers} == {200}
        assert len({answer.headers["retouch-edit-id"] for answer in answers}) == 1
        assert sum("idempotent-replayed" in answer.headers for answer in answers) == 3
        assert await balance(database, who) == 95

    async def test_what_failed_may_be_tried_again(self, shop: Server, database: Database, tmp_path: Path) -> None:
        who, again = await customer(database, 100), {"idempotency-key": "order"}
        prompt = f"fails-once {tmp_path / 'failed'}"
        assert (await send(shop, who, headers=again, prompt=prompt)).status == 502
        answer = await send(shop, who, headers=again, prompt=prompt)
        assert answer.status == 200
        assert "idempotent-replayed" not in answer.headers
        assert await balance(database, who) == 95

    async def test_expired_images_are_gone_and_nothing_is_charged(self, shop: Server, database: Database) -> None:
        who, again = await customer(database, 100), {"idempotency-key": "order"}
        first = await send(shop, who, headers=again)
        for path in (shop.data / "objects").rglob(f"{first.headers['retouch-edit-id']}/**/*.png"):
            path.unlink()
        answer = await send(shop, who, headers=again)
        assert (answer.status, json.loads(answer.body)["code"]) == (410, "GONE")
        assert await balance(database, who) == 95

    async def test_a_key_of_another_shape_is_refused(self, shop: Server, database: Database) -> None:
        who = await customer(database, 100)
        answer = await send(shop, who, headers={"idempotency-key": "x" * 256})
        body = json.loads(answer.body)
        assert (answer.status, body["error"]["param"]) == (400, "Idempotency-Key")


async def test_the_sdk_times_out_retries_and_is_charged_once(shop: Server, database: Database, tmp_path: Path) -> None:
    """Its retry waits for the edit that its first attempt started."""
    who, sign = await customer(database, 100), tmp_path / "go"
    async with openai.AsyncOpenAI(base_url=f"{shop.url}/v1", api_key=who.key, max_retries=2, timeout=1.5) as client:
        edit = client.images.with_raw_response.edit
        asked = asyncio.ensure_future(edit(model="repaint", image=PHOTO, prompt=f"hold {sign}"))
        record = await retried(database, who)
        sign.touch()
        answer = await asked
    assert answer.headers["retouch-joined"] == "true"
    assert answer.headers["retouch-edit-id"] == record
    assert answer.parse().data
    assert await balance(database, who) == 95


async def retried(database: Database, who: Customer) -> str:
    """The account's edit, once a retry has joined it."""
    statement = b"select id from edits where account_id = %(id)s and joined <> '{}'"
    async with asyncio.timeout(30):
        while True:
            async with database.connection() as connection:
                found = await (await connection.execute(statement, {"id": who.account})).fetchone()
            if found:
                return str(found[0])
            await asyncio.sleep(0.02)
