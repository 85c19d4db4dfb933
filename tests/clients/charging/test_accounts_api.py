"""What an account sees of itself over HTTP, and what the owner does with accounts."""

import json
from typing import Any

import pytest

from retouch.domain.model import MICRO
from retouch.domain.rights import Rights
from retouch.stores.database import Database
from support.money import Customer, balance, customer
from support.projects import ask
from support.server import KEY, Server
from support.shop import read, send


class TestReading:
    """What an account sees of itself, and nobody else does."""

    async def test_other_accounts_edits_are_not_found(self, shop: Server, database: Database) -> None:
        who, other = await customer(database, 10), await customer(database, 10)
        edit_id = (await send(shop, who)).headers["retouch-edit-id"]
        for path in (f"/v1/edits/{edit_id}", "/v1/edits/edit_none", "/v1/edits/%00", f"/v1/accounts/{who.account}"):
            answer = await ask(shop, other, "GET", path)
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
            answer = await ask(shop, who, "GET", path)
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
            answer = await ask(shop, who, "GET", f"/v1/usage?{query}")
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
        made = json.loads((await ask(shop, owner, "POST", "/v1/accounts", {"name": "A", "tier": "pro"})).body)
        path = f"/v1/accounts/{made['id']}"
        assert (made["tier"], made["balance"], made["unlimited"]) == ("pro", 0, False)
        again = {"idempotency-key": "invoice"}
        grants = [await ask(shop, owner, "POST", f"{path}/grants", {"amount": 2.5}, headers=again) for _ in range(2)]
        assert {grant.status for grant in grants} == {201}
        assert len({json.loads(grant.body)["id"] for grant in grants}) == 1
        changed = json.loads((await ask(shop, owner, "PATCH", path, {"images_per_day": 3})).body)
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
        answer = await ask(shop, Customer("", "", KEY), method, path.replace("{id}", who.account), fields)
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
        told = json.loads((await ask(shop, owner, "PATCH", path, {"images_per_day": None, "spend_cap": None})).body)
        limits = {"requests_per_minute": 600, "concurrent_edits": 4, "images_per_day": None, "spend_cap": None}
        assert told["limits"] == limits
        assert (await send(shop, who)).status == 200
        assert (await send(shop, who)).status == 200
        told = json.loads((await ask(shop, owner, "PATCH", path, {"name": "B"})).body)
        assert (told["name"], told["tier"], told["limits"]) == ("B", "free", limits)

    async def test_nobody_else_can(self, shop: Server, database: Database) -> None:
        """With every scope, an account cannot grant itself credits, nor see that others exist."""
        who, other = await customer(database), await customer(database)
        for account, status in ((who.account, 403), (other.account, 404)):
            grant = await ask(shop, who, "POST", f"/v1/accounts/{account}/grants", {"amount": 5})
            change = await ask(shop, who, "PATCH", f"/v1/accounts/{account}", {"tier": "business"})
            assert (grant.status, change.status) == (status, status)
        assert (await ask(shop, who, "POST", "/v1/accounts", {"name": "A"})).status == 403
        assert await balance(database, who) == 0
