"""Another account's things are not found, by whatever endpoint they are asked for, and nothing happens to them.

Every endpoint that takes an id or a path has a case here; one that has none fails `test_every_endpoint_has_a_case`.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from retouch.stores.database import Database
from retouch.wire.app import ROUTERS, build_wire
from support.http import Answer, exchange, request
from support.images import encoded, photo
from support.money import Customer, customer
from support.server import KEY, Server
from upstreams.receiver import Receiver

PHOTO = encoded(photo())


@dataclass(frozen=True)
class Case:
    """A request that names something of another account. `who` may do it: its owner, or whoever runs the server."""

    method: str
    path: str
    body: object = None
    who: str = "owner of it"

    @property
    def name(self) -> str:
        """As the list of endpoints has it."""
        return f"{self.method} {self.path}"


_PROJECT = {"style": {"prompt": "make it sepia"}, "model": "retouch-classic", "image_count": 1}
CASES = [
    Case("GET", "/v1/edits/{edit_id}"),
    Case("GET", "/v1/accounts/{account_id}"),
    Case("PATCH", "/v1/accounts/{account_id}", {"name": "mine now"}, who="operator"),
    Case("GET", "/v1/accounts/{account_id}/credits"),
    Case("POST", "/v1/accounts/{account_id}/grants", {"amount": 5}, who="operator"),
    Case("GET", "/v1/keys/{key_id}"),
    Case("PATCH", "/v1/keys/{key_id}", {"name": "mine now"}),
    Case("DELETE", "/v1/keys/{key_id}"),
    Case("GET", "/v1/image-projects/{project_id}"),
    Case("POST", "/v1/image-projects/{project_id}/cancel"),
    Case("DELETE", "/v1/image-projects/{project_id}"),
    Case("GET", "/v1/webhooks/{webhook_id}"),
    Case("PATCH", "/v1/webhooks/{webhook_id}", {"enabled": False}),
    Case("GET", "/v1/webhooks/{webhook_id}/deliveries"),
    Case("POST", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver"),
    Case("POST", "/v1/webhooks/{webhook_id}/rotate"),
    Case("DELETE", "/v1/webhooks/{webhook_id}"),
    # Named in bodies.
    Case("POST", "/v1/ai-image-editor", {**_PROJECT, "assets": {"image_file_paths": ["{upload}"]}}),
    Case("POST", "/v1/ai-image-editor", {**_PROJECT, "assets": {"image_file_path": "{upload}"}}),
]
#: Where the permission is a signature in the address: that of another's address is worth nothing here.
SIGNED = {"GET /v1/files/{key:path}", "HEAD /v1/files/{key:path}", "PUT /v1/files/api-assets/{name}"}
#: Paths that name nothing of an account.
NOBODYS = {"GET /v1/models/{model_id:path}", "GET /studio/{path:path}"}
#: Members of bodies that name something.
NAMED = {"/v1/ai-image-editor image_file_path", "/v1/ai-image-editor image_file_paths"}
#: Lists that go on behind an id.
LISTS = {
    "/v1/accounts",
    "/v1/accounts/{account_id}/credits",
    "/v1/activity",
    "/v1/credits",
    "/v1/edits",
    "/v1/image-projects",
    "/v1/keys",
    "/v1/webhooks",
    "/v1/webhooks/{webhook_id}/deliveries",
}
_NAMES_SOMETHING = re.compile(r"(^|_)(id|path|key)s?$")


def test_every_endpoint_has_a_case() -> None:
    endpoints = {
        f"{method} {route.path}"
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and "{" in route.path
        for method in route.methods or ()
    }
    assert endpoints == {case.name for case in CASES if "{" in case.path} | SIGNED | NOBODYS


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")
def test_every_member_of_a_body_that_names_something_has_a_case() -> None:
    document = _application().openapi()
    operations = [(path, operation) for path, every in document["paths"].items() for operation in every.values()]
    named = {
        f"{path} {name}"
        for path, operation in operations
        for name in _members(operation.get("requestBody"))
        if _NAMES_SOMETHING.search(name)
    }
    lists = {
        path for path, operation in operations for given in operation.get("parameters", []) if given["name"] == "after"
    }
    assert (named, lists) == (NAMED, LISTS)


def _application() -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield

    return build_wire(lifespan)


def _members(schema: object) -> Iterator[str]:
    """The names of all members, of members too."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from _members(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _members(part)


@dataclass
class Scene:
    """A server, its database, two accounts, and one of each thing that the first has, by the names in paths."""

    server: Server
    database: Database
    mine: Customer
    other: Customer
    things: dict[str, str]
    #: Addresses that are signed: of the upload to come, and of a finished picture.
    put: str
    get: str

    async def send(self, case: Case, key: str) -> Answer:
        """Ask for it with a key."""
        return await ask(self.server, case.method, self.filled(case.path), key, self.filled(case.body))

    def filled(self, text: Any) -> Any:
        """With the things' ids in place of their names."""
        if isinstance(text, str):
            return re.sub(r"\{(\w+)\}", lambda found: self.things[found[1]], text)
        if isinstance(text, dict):
            return {name: self.filled(value) for name, value in text.items()}
        return [self.filled(value) for value in text] if isinstance(text, list) else text

    async def kept(self) -> dict[str, object]:
        """Everything of the first account, in the database and in the store, but for when a key was last used."""
        tables = {"accounts": "id", **dict.fromkeys(_TABLES, "account_id")}
        found: dict[str, object] = {"files": self.server.files}
        async with self.database.connection() as connection:
            for table, column in tables.items():
                own = f"from {table} t where {column} = %(id)s"
                statement = f"select to_jsonb(t) - 'last_used_at' {own} order by 1"
                cursor = await connection.execute(statement.encode(), {"id": self.mine.account})
                found[table] = await cursor.fetchall()
            statement = "select to_jsonb(d) from deliveries d where webhook_id = %(id)s order by 1"
            cursor = await connection.execute(statement.encode(), {"id": self.things["webhook_id"]})
            found["deliveries"] = await cursor.fetchall()
        return found


_TABLES = ("api_keys", "edits", "entries", "projects", "uploads", "webhooks")


async def ask(server: Server, method: str, path: str, key: str, body: object = None) -> Answer:
    return await request(path if path.startswith("http") else server.url + path, method, body, key=key)


@pytest.fixture
async def scene(hooked: Server, hooked_url: str, receiver: Receiver) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(hooked_url))
        mine, other = await customer(database, 100), await customer(database, 100)
        yield await _scene(hooked, database, mine, other, receiver)


async def _scene(server: Server, database: Database, mine: Customer, other: Customer, receiver: Receiver) -> Scene:
    """Have the first account make one of each thing."""

    async def make(method: str, path: str, body: object = None) -> Any:
        answer = await ask(server, method, path, mine.key, body)
        assert answer.status < 300, answer.body
        return json.loads(answer.body)

    uploads = [{"type": "image", "extension": "png"}] * 2
    full, empty = (await make("POST", "/v1/files/upload-urls", {"items": uploads}))["items"]
    assert (await asyncio.to_thread(exchange, full["upload_url"], "PUT", PHOTO)).status == 200
    webhook = await make("POST", "/v1/webhooks", {"url": receiver.url})
    key = await make("POST", "/v1/keys", {"name": "another"})
    assets = {"image_file_paths": [full["file_path"]]}
    project = await make("POST", "/v1/ai-image-editor", {**_PROJECT, "assets": assets})
    async with asyncio.timeout(60):
        place = f"/v1/image-projects/{project['id']}"
        while (shown := await make("GET", place))["status"] != "complete":
            await asyncio.sleep(0.05)
        log = f"/v1/webhooks/{webhook['id']}/deliveries?state=delivered"
        while len(found := (await make("GET", log))["data"]) < 2:
            await asyncio.sleep(0.05)
        # Inputs of a settled project are taken away a moment later.
        while any(name.startswith("objects/inputs/") for name in server.files):
            await asyncio.sleep(0.05)
    things = {
        "account_id": mine.account,
        "edit_id": project["id"],
        "project_id": project["id"],
        "key_id": key["id"],
        "webhook_id": webhook["id"],
        "delivery_id": found[0]["id"],
        "upload": full["file_path"],
    }
    return Scene(server, database, mine, other, things, empty["upload_url"], shown["downloads"][0]["url"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_it_is_not_found(scene: Scene, case: Case) -> None:
    """With a key that may do everything in its own account, and with a token of that key; for whoever may, it works."""
    before = await scene.kept()
    issued = await ask(scene.server, "POST", "/v1/auth/token", scene.other.key)
    for key in (scene.other.key, json.loads(issued.body)["access_token"]):
        answer = await scene.send(case, key)
        assert answer.status == 404, answer.body
        for thing in (scene.mine.account, scene.mine.key_id):
            assert thing not in _answer(case, scene, answer)
    assert await scene.kept() == before
    allowed = await scene.send(case, KEY if case.who == "operator" else scene.mine.key)
    assert allowed.status < 300, allowed.body


def _answer(case: Case, scene: Scene, answer: Answer) -> str:
    """What was said, without what was asked for."""
    text = answer.body.decode()
    for thing in re.findall(r"\{(\w+)\}", case.path):
        text = text.replace(scene.things[thing], "")
    return text


async def test_a_foreign_id_in_a_list_shows_nothing(scene: Scene) -> None:
    """A list that goes on behind another account's thing is empty or the caller's own."""
    behind = {
        "/v1/accounts": "account_id",
        "/v1/activity": "edit_id",
        "/v1/edits": "edit_id",
        "/v1/image-projects": "project_id",
        "/v1/keys": "key_id",
        "/v1/webhooks": "webhook_id",
        "/v1/credits": None,
    }
    assert behind.keys() == {path for path in LISTS if "{" not in path}
    for path, thing in behind.items():
        after = scene.things[thing] if thing else "9" * 15
        answer = await ask(scene.server, "GET", f"{path}?after={after}", scene.other.key)
        assert answer.status == 200, answer.body
        mine = set(scene.things.values()) - {after}
        assert not any(one in answer.body.decode() for one in mine), answer.body
        own = {entry["id"] for entry in json.loads(answer.body)["data"]}
        assert not own & set(scene.things.values())


async def test_an_address_signed_for_another_path_opens_nothing(scene: Scene) -> None:
    """Nor does a key: the signature is for one path and one purpose."""
    before = await scene.kept()
    uploads = {"items": [{"type": "image", "extension": "png"}]}
    offered = await ask(scene.server, "POST", "/v1/files/upload-urls", scene.other.key, uploads)
    [own] = json.loads(offered.body)["items"]
    put, get, others = urlsplit(scene.put), urlsplit(scene.get), urlsplit(own["upload_url"]).query
    tries = [
        ("PUT", f"{put.path}?{others}"),
        ("PUT", f"{put.path}?{get.query}"),
        ("PUT", put.path),
        ("GET", f"{get.path}?{others}"),
        ("GET", f"{get.path}?{put.query}"),
        ("GET", get.path),
        ("HEAD", f"{get.path}?{others}"),
        ("GET", f"{put.path}?{put.query}"),
    ]
    for method, target in tries:
        answer = await ask(scene.server, method, target, scene.other.key, PHOTO if method == "PUT" else None)
        assert answer.status == 404, (method, target)
    assert await scene.kept() == before
    assert (await ask(scene.server, "PUT", f"{put.path}?{put.query}", "", PHOTO)).status == 200
    assert (await ask(scene.server, "GET", f"{get.path}?{get.query}", "")).status == 200
