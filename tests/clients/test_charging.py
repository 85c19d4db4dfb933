"""What is charged, paid back and refused over HTTP, by a real server: bodies and headers field by field."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest

from retouch.domain.model import MICRO
from retouch.domain.rights import Rights
from retouch.stores.credits import Credits
from retouch.stores.database import Database
from support.http import Answer, exchange, open_connection
from support.images import encoded, photo
from support.money import Customer, account_of, customer
from support.server import KEY, Server, running_server

PHOTO = encoded(photo())
IMAGE = base64.b64encode(PHOTO).decode()

#: Models of the test engine with a price.
CONFIG = """
[models.repaint]
summary = "Repaints everything"
price = 5
routes = [{ engine = "repaint", model = "any", cost = 0.04 }]

[models.repaint-attached]
summary = "Repaints everything, and stops when its client leaves"
price = 2
routes = [{ engine = "repaint", model = "stops" }]
"""


@pytest.fixture(scope="module")
def shop_url(new_database: Any) -> str:
    url: str = new_database()
    return url


@pytest.fixture(scope="module")
def shop(shop_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that charges."""
    config = tmp_path_factory.mktemp("config") / "retouch.toml"
    config.write_text(CONFIG)
    log = config.with_name("calls")
    settings = {
        "RETOUCH_DATABASE_URL": shop_url,
        "RETOUCH_CONFIG": str(config),
        "RETOUCH_ENGINES__REPAINT__LOG": str(log),
        "RETOUCH_ENGINES__REPAINT__RUNNING": "8",
        "RETOUCH_ENGINES__REPAINT__WAITING": "64",
    }
    with running_server(settings) as server:
        yield server


@pytest.fixture
async def database(shop_url: str, shop: Server) -> AsyncIterator[Database]:
    """The server's database; whatever a test did, it adds up afterwards."""
    async with Database(shop_url) as database:
        yield database
        assert await Credits(database).check() == []


async def send(
    server: Server, who: Customer, path: str = "/v1/images/edits", headers: dict[str, str] | None = None, **fields: Any
) -> Answer:
    """Ask for an edit of the test engine, in a thread."""
    body = {"model": "repaint", "prompt": "paint it", "image": IMAGE, "response_format": "url", **fields}
    given = {"authorization": f"Bearer {who.key}", "content-type": "application/json", **(headers or {})}
    return await asyncio.to_thread(exchange, server.url + path, "POST", json.dumps(body).encode(), given)


async def read(server: Server, who: Customer, path: str) -> Any:
    answer = await asyncio.to_thread(exchange, server.url + path, "GET", None, {"authorization": f"Bearer {who.key}"})
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


async def balance(database: Database, who: Customer) -> float:
    return (await account_of(database, who)).balance / MICRO


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


SEED_402 = {
    "error": "Insufficient balance",
    "code": "INSUFFICIENT_BALANCE",
    "message": "Account balance is too low for this operation",
    "current_balance": 1.25,
    "required_amount": 5,
}


async def test_402_in_both_forms(shop: Server, database: Database) -> None:
    """The first seed's body, field by field, and the one that OpenAI's SDKs read."""
    who = await customer(database, 1.25)
    flat = await send(shop, who, headers={"retouch-error-format": "flat"})
    assert (flat.status, json.loads(flat.body)) == (402, SEED_402)
    nested = json.loads((await send(shop, who)).body)
    assert nested.pop("error") == {
        "message": SEED_402["message"],
        "type": "insufficient_quota",
        "param": None,
        "code": "insufficient_balance",
    }
    assert nested == {name: value for name, value in SEED_402.items() if name != "error"}
    assert flat.headers["x-should-retry"] == "false"
    assert await balance(database, who) == 1.25


async def test_429_in_both_forms(shop: Server, database: Database) -> None:
    """Its retry_after is true to the millisecond; the header is rounded up."""
    who = await customer(database, 100, requests_per_minute=1)
    first = await send(shop, who)
    limits = [first.headers[f"x-ratelimit-{name}-requests"] for name in ("limit", "remaining", "reset")]
    assert limits == ["1", "0", "60s"]
    flat = await send(shop, who, headers={"retouch-error-format": "flat"})
    body = json.loads(flat.body)
    wait = body.pop("retry_after")
    assert flat.status == 429
    assert body.pop("message").startswith("Too many requests. Please try again later.")
    assert body == {"error": "Rate limit exceeded", "code": "RATE_LIMIT_EXCEEDED"}
    assert 0 < wait <= 60
    assert wait <= int(flat.headers["retry-after"]) < wait + 1
    assert flat.headers["x-ratelimit-remaining-requests"] == "0"
    nested = json.loads((await send(shop, who)).body)
    assert (nested["error"]["type"], nested["error"]["code"]) == ("requests", "rate_limit_exceeded")
    assert nested["code"] == "RATE_LIMIT_EXCEEDED"
    shift = b"update request_windows set began = began - make_interval(secs => %(wait)s) where holder = %(id)s"
    await database.run(shift, {"wait": wait, "id": who.account})
    assert (await send(shop, who)).status == 200


@pytest.mark.parametrize(
    ("fields", "status", "flat", "nested"),
    [
        (
            {"model": "no-such-model"},
            400,
            {"error": "Invalid model specified", "code": "INVALID_MODEL"},
            {"type": "invalid_request_error", "code": "model_not_found"},
        ),
        (
            {"prompt": "crash"},
            500,
            {
                "error": "Internal server error",
                "code": "INTERNAL_SERVER_ERROR",
                "message": "An unexpected error occurred while processing your request",
            },
            {"type": "server_error", "code": "internal_server_error"},
        ),
    ],
)
async def test_400_and_500_in_both_forms(  # noqa: PLR0917
    shop: Server,
    database: Database,
    fields: dict[str, Any],
    status: int,
    flat: dict[str, str],
    nested: dict[str, str],
) -> None:
    """And nothing is charged in the end."""
    who = await customer(database, 100)
    answer = await send(shop, who, headers={"retouch-error-format": "flat"}, **fields)
    body = json.loads(answer.body)
    assert answer.status == status
    assert body == {"message": body["message"], **flat}
    found = json.loads((await send(shop, who, **fields)).body)
    assert {name: found["error"][name] for name in nested} == nested
    assert (found["code"], found["message"]) == (flat["code"], body["message"])
    assert await balance(database, who) == 100


async def test_401_in_both_forms(shop: Server, database: Database) -> None:
    stranger = Customer("", "", "rt-nobody")
    flat = await send(shop, stranger, headers={"retouch-error-format": "flat"})
    body = json.loads(flat.body)
    assert (flat.status, body) == (401, {**body, "error": "Invalid API key", "code": "INVALID_API_KEY"})
    assert set(body) == {"error", "code", "message"}
    nested = json.loads((await send(shop, stranger)).body)
    assert (nested["error"]["type"], nested["error"]["code"]) == ("invalid_request_error", "invalid_api_key")


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
        await until(lambda: running(shop, who), 1)
        assert await balance(database, who) == 100 - price
        connection.close()
        if model == "repaint-attached":
            await until(lambda: running(shop, who), 0)
            assert await balance(database, who) == 100
    sign.touch()
    await until(lambda: running(shop, who), 0)
    assert await balance(database, who) == 95
    kept, stopped = (await read(shop, who, "/v1/edits"))["data"]
    assert (stopped["state"], stopped["refunded"]) == ("canceled", 2)
    assert (kept["state"], kept["refunded"], len(kept["outputs"])) == ("complete", 0, 1)
    assert (await asyncio.to_thread(exchange, kept["outputs"][0]["url"])).status == 200


async def running(server: Server, who: Customer) -> int:
    return len((await read(server, who, "/v1/edits?state=running"))["data"])


async def until(count: Any, wanted: int) -> None:
    async with asyncio.timeout(30):
        while await count() != wanted:
            await asyncio.sleep(0.02)


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
        await until(lambda: running(shop, who), 1)
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


class TestReading:
    """What an account sees of itself, and nobody else does."""

    async def test_other_accounts_edits_are_not_found(self, shop: Server, database: Database) -> None:
        who, other = await customer(database, 10), await customer(database, 10)
        edit_id = (await send(shop, who)).headers["retouch-edit-id"]
        headers = {"authorization": f"Bearer {other.key}"}
        for path in (f"/v1/edits/{edit_id}", "/v1/edits/edit_none", "/v1/edits/%00", f"/v1/accounts/{who.account}"):
            answer = await asyncio.to_thread(exchange, shop.url + path, "GET", None, headers)
            assert (answer.status, json.loads(answer.body)["code"]) == (404, "NOT_FOUND")
        assert (await read(shop, other, "/v1/edits"))["data"] == []
        assert len((await read(shop, other, "/v1/credits"))["data"]) == 1
        listed = (await read(shop, other, "/v1/accounts"))["data"]
        assert [account["id"] for account in listed] == [other.account]

    async def test_every_endpoint_asks_for_its_scope(self, shop: Server, database: Database) -> None:
        who = await customer(database, 10, Rights(scopes=["edit"]))
        for path in (
            "/v1/edits",
            "/v1/edits/x",
            "/v1/balance",
            "/v1/usage",
            "/v1/account",
            "/v1/credits",
            "/v1/accounts",
        ):
            headers = {"authorization": f"Bearer {who.key}"}
            answer = await asyncio.to_thread(exchange, shop.url + path, "GET", None, headers)
            assert (answer.status, json.loads(answer.body)["code"]) == (403, "FORBIDDEN")

    async def test_account_balance_and_usage(self, shop: Server, database: Database) -> None:
        who = await customer(database, 20.5)
        await send(shop, who, n=2)
        await send(shop, who, prompt="fail UPSTREAM_ERROR")
        account = await read(shop, who, "/v1/account")
        assert (account["id"], account["credits"], account["tier"]) == (who.account, 10, "free")
        assert account["resolutions"] == ["640px"]
        assert account["email"] is account["subscription"] is None
        left = await read(shop, who, "/v1/balance")
        assert left == {"object": "balance", "balance": 10.5, "spent": 10, "unlimited": False}
        [line] = (await read(shop, who, "/v1/usage"))["data"]
        assert (line["model"], line["key_id"]) == ("repaint", who.key_id)
        assert (line["edits"], line["complete"], line["images"]) == (2, 1, 2)
        assert (line["charged"], line["refunded"], line["credits"]) == (15, 5, 10)
        assert line["cost"] == pytest.approx(0.08)
        [line] = (await read(shop, who, "/v1/usage?days=1&by=day"))["data"]
        assert not {"model", "key_id"} & line.keys()
        for query, param in (("days=0", "days"), ("days=x", "days"), ("by=week", "by"), ("span=1", "span")):
            headers = {"authorization": f"Bearer {who.key}"}
            answer = await asyncio.to_thread(exchange, f"{shop.url}/v1/usage?{query}", "GET", None, headers)
            assert (answer.status, json.loads(answer.body)["error"]["param"]) == (400, param)

    async def test_lists_come_in_pages(self, shop: Server, database: Database) -> None:
        """Each edit and entry once, newest first."""
        who = await customer(database, 100)
        made = [(await send(shop, who)).headers["retouch-edit-id"] for _ in range(5)]
        for path, expected in (("/v1/edits", made[::-1]), ("/v1/credits", [*made[::-1], None])):
            seen: list[str] = []
            page = await read(shop, who, f"{path}?limit=2")
            seen += [item.get("edit_id", item["id"]) for item in page["data"]]
            while page["has_more"]:
                page = await read(shop, who, f"{path}?limit=2&after={page['last_id']}")
                seen += [item.get("edit_id", item["id"]) for item in page["data"]]
            assert seen == expected


class TestAccounts:
    """What the owner does over HTTP."""

    async def test_the_owner_makes_limits_and_grants(self, shop: Server, database: Database) -> None:
        owner = Customer("", "", KEY)
        made = json.loads((await send_json(shop, owner, "POST", "/v1/accounts", {"name": "A", "tier": "pro"})).body)
        path = f"/v1/accounts/{made['id']}"
        assert (made["tier"], made["balance"], made["unlimited"]) == ("pro", 0, False)
        again = {"idempotency-key": "invoice"}
        grants = [await send_json(shop, owner, "POST", f"{path}/grants", {"amount": 2.5}, again) for _ in range(2)]
        assert {grant.status for grant in grants} == {201}
        assert len({json.loads(grant.body)["id"] for grant in grants}) == 1
        changed = json.loads((await send_json(shop, owner, "PATCH", path, {"images_per_day": 3})).body)
        assert (changed["balance"], changed["limits"]["images_per_day"]) == (2.5, 3)
        assert (await read(shop, owner, f"{path}/credits"))["data"][0]["amount"] == 2.5
        assert made["id"] in {account["id"] for account in (await read(shop, owner, "/v1/accounts?limit=100"))["data"]}

    @pytest.mark.parametrize(
        ("method", "path", "fields", "param"),
        [
            ("POST", "/v1/accounts", {}, "name"),
            ("POST", "/v1/accounts", {"name": "A", "tier": "gold"}, "tier"),
            ("POST", "/v1/accounts", {"name": "A", "unlimited": True}, "unlimited"),
            ("PATCH", "/v1/accounts/{id}", {"requests_per_minute": 0}, "requests_per_minute"),
            ("PATCH", "/v1/accounts/{id}", {"unlimited": True}, "unlimited"),
            ("PATCH", "/v1/accounts/{id}", {"name": None}, "name"),
            ("PATCH", "/v1/accounts/{id}", {"tier": None}, "tier"),
            ("PATCH", "/v1/accounts/{id}", {"spend_cap": 0.0000001}, "spend_cap"),
            ("POST", "/v1/accounts/{id}/grants", {"amount": 0}, "amount"),
            ("POST", "/v1/accounts/{id}/grants", {"amount": -1}, "amount"),
            ("POST", "/v1/accounts/{id}/grants", {"amount": "5"}, "amount"),
        ],
    )
    async def test_what_makes_no_sense_is_refused_by_name(  # noqa: PLR0917
        self, shop: Server, database: Database, method: str, path: str, fields: dict[str, Any], param: str
    ) -> None:
        who = await customer(database)
        answer = await send_json(shop, Customer("", "", KEY), method, path.replace("{id}", who.account), fields)
        assert (answer.status, json.loads(answer.body)["error"]["param"]) == (400, param)

    async def test_a_limit_that_is_left_out_stays_and_one_that_is_null_is_the_servers_own_again(
        self, shop: Server, database: Database
    ) -> None:
        """`shop` has no limits of its own, so null is no limit there: what was refused is accepted."""
        who = await customer(
            database, 100, images_per_day=1, concurrent_edits=4, requests_per_minute=600, spend_cap=5 * MICRO
        )
        owner, path = Customer("", "", KEY), f"/v1/accounts/{who.account}"
        assert (await send(shop, who)).status == 200
        assert (await send(shop, who)).status == 429
        told = json.loads(
            (await send_json(shop, owner, "PATCH", path, {"images_per_day": None, "spend_cap": None})).body
        )
        limits = {"requests_per_minute": 600, "concurrent_edits": 4, "images_per_day": None, "spend_cap": None}
        assert told["limits"] == limits
        assert (await send(shop, who)).status == 200
        assert (await send(shop, who)).status == 200
        told = json.loads((await send_json(shop, owner, "PATCH", path, {"name": "B"})).body)
        assert (told["name"], told["tier"], told["limits"]) == ("B", "free", limits)

    async def test_nobody_else_can(self, shop: Server, database: Database) -> None:
        """With every scope, an account cannot grant itself credits, nor see that others exist."""
        who, other = await customer(database), await customer(database)
        for account, status in ((who.account, 403), (other.account, 404)):
            grant = await send_json(shop, who, "POST", f"/v1/accounts/{account}/grants", {"amount": 5})
            change = await send_json(shop, who, "PATCH", f"/v1/accounts/{account}", {"tier": "business"})
            assert (grant.status, change.status) == (status, status)
        assert (await send_json(shop, who, "POST", "/v1/accounts", {"name": "A"})).status == 403
        assert await balance(database, who) == 0


async def send_json(  # noqa: PLR0917
    server: Server, who: Customer, method: str, path: str, fields: dict[str, Any], also: dict[str, str] | None = None
) -> Answer:
    headers = {"authorization": f"Bearer {who.key}", "content-type": "application/json", **(also or {})}
    return await asyncio.to_thread(exchange, server.url + path, method, json.dumps(fields).encode(), headers)
