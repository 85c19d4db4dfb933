"""GET /v1/activity: what runs and waits, for who runs the server; and that it tells no more than that."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from retouch.stores.accounts import Accounts
from retouch.stores.database import Database
from support.images import encoded, photo
from support.money import Customer, customer
from support.projects import ask, created, until, upload
from support.server import KEY, Server, running_server

OWNER = Customer("", "", KEY)
#: What nobody but the caller is to read.
SECRETS = ("a birthday present", "project of surprise", "end-user-77", "api-assets", "uploads", "data:image")


@pytest.fixture(scope="module")
def address(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def served(address: str) -> Iterator[Server]:
    """A server that runs one project at a time, so that a second one waits."""
    with running_server({"RETOUCH_DATABASE_URL": address, "RETOUCH_QUEUE__RUNNING": "1"}) as server:
        yield server


@pytest.fixture
async def database(address: str) -> AsyncIterator[Database]:
    async with Database(address) as database:
        yield database


async def activity(server: Server, who: Customer, query: str = "") -> dict[str, Any]:
    answer = await ask(server, who, "GET", f"/v1/activity{query}")
    assert answer.status == 200, answer.body
    assert not [word for word in SECRETS if word in answer.body.decode()]
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def until_listed(server: Server, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(60):
        while len(found := (await activity(server, OWNER))["data"]) != count:
            await asyncio.sleep(0.05)
    return list(found)


@pytest.fixture
async def busy(served: Server, database: Database, tmp_path: Path) -> AsyncIterator[tuple[Customer, Customer, Path]]:
    """One account has an edit that runs, another a project that runs and one that waits, until the gate is there."""
    shop, studio = await customer(database, 20), await customer(database, 20)
    gate = tmp_path / "gate"
    prompt = f"hold {gate} a birthday present"
    image = "data:image/png;base64," + base64.b64encode(encoded(photo())).decode()
    body = {"model": "repaint", "prompt": prompt, "image": image, "user": "end-user-77", "n": 2}
    going = asyncio.create_task(ask(served, shop, "POST", "/v1/images/edits", body))
    try:
        await until_listed(served, 1)
        path = await upload(served, studio)
        first = await created(served, studio, path, prompt, name="project of surprise")
        await until(served, studio, first, "rendering")
        await created(served, studio, path, prompt, name="project of surprise")
        yield shop, studio, gate
    finally:
        gate.touch()
        await going
    assert await until_listed(served, 0) == []


async def test_the_owner_sees_what_runs_and_waits_over_all_accounts(
    served: Server, database: Database, busy: tuple[Customer, Customer, Path]
) -> None:
    """The oldest first, with whose it is and how far; neither prompts, pictures nor the names that callers gave."""
    shop, studio, _ = busy
    edit, running, waiting = (await activity(served, OWNER))["data"]
    assert [one["kind"] for one in (edit, running, waiting)] == ["edit", "project", "project"]
    assert [one["state"] for one in (edit, running, waiting)] == ["running", "running", "queued"]
    assert [one["attempt"] for one in (edit, running, waiting)] == [1, 1, 0]
    assert edit["account"] == {"id": shop.account, "name": "a customer"}
    assert running["account"] == waiting["account"] == {"id": studio.account, "name": "a customer"}
    assert edit["key"] == {"id": shop.key_id, "name": "a key"}
    assert (edit["model"], edit["served_by"]["engine"]) == ("repaint", "repaint")
    assert edit["images"] == {"asked": 2, "made": 0}
    assert edit["charged"] == 0
    assert edit["started_at"] == edit["created_at"]
    assert running["created_at"] <= running["started_at"]
    assert waiting["started_at"] is None


async def test_it_comes_in_pages(served: Server, busy: tuple[Customer, Customer, Path]) -> None:
    every = (await activity(served, OWNER))["data"]
    seen: list[dict[str, Any]] = []
    page = await activity(served, OWNER, "?limit=1")
    seen += page["data"]
    while page["has_more"]:
        page = await activity(served, OWNER, f"?limit=1&after={page['last_id']}")
        seen += page["data"]
    assert seen == every
    assert len(seen) == 3


async def test_another_account_sees_its_own_alone(served: Server, busy: tuple[Customer, Customer, Path]) -> None:
    """Behind another's edit in the list, too."""
    shop, studio, _ = busy
    [own] = (await activity(served, shop))["data"]
    assert own["account"]["id"] == shop.account
    others = (await activity(served, studio))["data"]
    assert [one["account"]["id"] for one in others] == [studio.account] * 2
    assert (await activity(served, studio, f"?after={own['id']}"))["data"] == others


async def test_a_key_without_the_scope_is_refused(served: Server, database: Database) -> None:
    owner = await Accounts(database).owner()
    made = await ask(served, OWNER, "POST", "/v1/keys", {"scopes": ["edit", "read"]})
    reader = Customer(owner.id, "", json.loads(made.body)["key"])
    assert (await ask(served, reader, "GET", "/v1/activity")).status == 403


@pytest.mark.parametrize(("query", "param"), [("?limit=0", "limit"), ("?state=running", "state")])
async def test_what_makes_no_sense_is_refused_by_name(served: Server, query: str, param: str) -> None:
    answer = await ask(served, OWNER, "GET", f"/v1/activity{query}")
    assert (answer.status, json.loads(answer.body)["error"]["param"]) == (400, param)
