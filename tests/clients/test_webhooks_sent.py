"""Webhooks from end to end: registered over HTTP, told by a real server, checked as receivers check them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from retouch.admission.keys import hash_key, shown
from retouch.domain.rights import Rights
from retouch.stores.accounts import Accounts
from retouch.stores.api_keys import ApiKeys
from retouch.stores.database import Database
from support.http import exchange, request
from support.money import Customer
from support.projects import created, upload
from support.server import KEY, Server, free_port, running_server
from upstreams.receiver import Receiver

OWNER = Customer("", "", KEY)
STRANGER = "rt-a-key-of-another-account-0123456789abcdef"


@pytest.fixture(autouse=True)
def nothing_yet(receiver: Receiver) -> None:
    receiver.received.clear()
    receiver.answers.clear()


async def call(
    server: Server, method: str, path: str, fields: object = None, key: str = KEY
) -> tuple[int, dict[str, Any]]:
    answer = await request(server.url + path, method, fields, key=key)
    return answer.status, json.loads(answer.body or b"{}")


@pytest.fixture
async def webhook(hooked: Server, receiver: Receiver) -> AsyncIterator[dict[str, Any]]:
    status, made = await call(hooked, "POST", "/v1/webhooks", {"url": receiver.url})
    assert status == 201, made
    yield made
    assert (await call(hooked, "DELETE", f"/v1/webhooks/{made['id']}"))[0] == 204


async def project(server: Server, prompt: str = "make it sepia", model: str = "retouch-classic") -> str:
    """Hand a picture in and have it edited later; the project's id."""
    return await created(server, OWNER, await upload(server, OWNER), prompt, model=model)


def events(receiver: Receiver, project_id: str) -> list[str]:
    return [message.json["type"] for message in receiver.received if message.json["payload"]["id"] == project_id]


async def delivery(server: Server, webhook_id: str, project_id: str, event: str, state: str) -> dict[str, Any]:
    """The message of an event, once it stands so."""
    async with asyncio.timeout(60):
        while True:
            _, page = await call(server, "GET", f"/v1/webhooks/{webhook_id}/deliveries?state={state}&limit=100")
            for found in page["data"]:
                if (found["project_id"], found["event"]) == (project_id, event):
                    return dict(found)
            await asyncio.sleep(0.1)


async def test_a_project_is_told_as_it_begins_and_ends(
    hooked: Server, receiver: Receiver, webhook: dict[str, Any]
) -> None:
    """Signed in both ways; the payload is what GET answers, with links that work."""
    made = await project(hooked)
    await receiver.until(lambda received: len(received) == 2)
    assert sorted(events(receiver, made)) == ["image.completed", "image.started"]
    assert all(message.is_signed(webhook["secret"]) for message in receiver.received)
    assert len({message.headers["webhook-id"] for message in receiver.received}) == 2
    told = {message.json["type"]: message.json["payload"] for message in receiver.received}
    assert (told["image.started"]["status"], told["image.started"]["downloads"]) == ("rendering", [])
    _, asked = await call(hooked, "GET", f"/v1/image-projects/{made}")
    payload = told["image.completed"]
    assert {**payload, "downloads": []} == {**asked, "downloads": []}
    [download] = payload["downloads"]
    assert download["url"].startswith(hooked.url)
    assert exchange(download["url"]).body.startswith(b"\x89PNG")


async def test_a_failure_is_told_with_its_error_and_the_refund(
    hooked: Server, receiver: Receiver, webhook: dict[str, Any]
) -> None:
    made = await project(hooked, "fail UPSTREAM_ERROR", "repaint")
    await receiver.until(lambda received: "image.errored" in [message.json["type"] for message in received])
    [payload] = [message.json["payload"] for message in receiver.received if message.json["type"] == "image.errored"]
    assert (payload["id"], payload["status"], payload["credits_charged"]) == (made, "error", 0)
    assert payload["error"]["code"]


async def test_what_is_not_taken_is_sent_again_under_the_same_id(
    hooked: Server, receiver: Receiver, webhook: dict[str, Any]
) -> None:
    """Signed anew; a redirect is not followed; the log shows every try, and nothing of what was answered."""
    await call(hooked, "PATCH", f"/v1/webhooks/{webhook['id']}", {"events": ["image.completed"]})
    receiver.answers.extend([500, 302])
    made = await project(hooked)
    done = await delivery(hooked, webhook["id"], made, "image.completed", "delivered")
    assert [one["status"] for one in done["tries"]] == [500, 302, 204]
    assert [one["error"] for one in done["tries"]] == ["it did not answer with success"] * 2 + [None]
    assert len(receiver.received) == 3
    assert {message.headers["webhook-id"] for message in receiver.received} == {done["id"]}
    assert all(message.is_signed(webhook["secret"]) for message in receiver.received)
    status, again = await call(hooked, "POST", f"/v1/webhooks/{webhook['id']}/deliveries/{done['id']}/redeliver")
    assert (status, again["state"]) == (202, "pending")
    await receiver.until(lambda received: len(received) == 4)
    assert receiver.received[-1].headers["webhook-id"] == done["id"]


async def test_the_secret_is_shown_once_and_can_be_replaced(
    hooked: Server, receiver: Receiver, webhook: dict[str, Any]
) -> None:
    """The former one is good for Standard Webhooks for a while."""
    _, found = await call(hooked, "GET", f"/v1/webhooks/{webhook['id']}")
    assert "secret" not in found
    _, rotated = await call(hooked, "POST", f"/v1/webhooks/{webhook['id']}/rotate")
    assert rotated["secret"] != webhook["secret"]
    await project(hooked)
    await receiver.until(lambda received: len(received) == 2)
    message = receiver.received[0]
    assert message.is_signed(rotated["secret"])
    assert message.is_standard(webhook["secret"])
    assert not message.is_magic_hours(webhook["secret"])


async def test_turned_off_it_is_told_nothing(hooked: Server, receiver: Receiver, webhook: dict[str, Any]) -> None:
    path = f"/v1/webhooks/{webhook['id']}"
    _, off = await call(hooked, "PATCH", path, {"enabled": False})
    assert off["enabled"] is False
    made = await project(hooked)
    async with asyncio.timeout(60):
        while (await call(hooked, "GET", f"/v1/image-projects/{made}"))[1]["status"] != "complete":
            await asyncio.sleep(0.05)
    assert (await call(hooked, "PATCH", path, {"enabled": True}))[1]["enabled"] is True
    assert (await call(hooked, "GET", f"{path}/deliveries"))[1]["data"] == []


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "http://user:password@example.com/"}, "url"),
        ({"url": "https://example.com:8443/"}, "url"),
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"url": "http://0x7f.1/"}, "url"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "no address"}, "url"),
        ({"url": "https://example.com/", "events": []}, "events"),
        ({"url": "https://example.com/", "events": ["image.cancelled"]}, "events[0]"),
        ({"url": "https://example.com/", "colour": "red"}, "colour"),
    ],
)
async def test_what_can_never_be_sent_to_is_refused_at_once(hooked: Server, fields: dict[str, Any], param: str) -> None:
    status, body = await call(hooked, "POST", "/v1/webhooks", fields)
    assert (status, body["error"]["param"]) == (400, param)


async def test_a_closed_address_is_told_nothing(hooked: Server) -> None:
    """Another port of this machine: refused when it is kept, and no name in DNS can lead there either."""
    status, body = await call(hooked, "POST", "/v1/webhooks", {"url": f"http://127.0.0.1:{free_port()}/"})
    assert (status, body["error"]["param"]) == (400, "url")


async def test_another_account_sees_nothing(hooked: Server, hooked_url: str, webhook: dict[str, Any]) -> None:
    """Not found, whatever is tried."""
    async with Database(hooked_url) as database:
        other = await Accounts(database).create("other")
        await ApiKeys(database).add(other.id, hash_key(STRANGER), shown(STRANGER), name="", rights=Rights())
    path = f"/v1/webhooks/{webhook['id']}"
    tries = [
        ("GET", path, None),
        ("PATCH", path, {"enabled": False}),
        ("DELETE", path, None),
        ("POST", f"{path}/rotate", None),
        ("GET", f"{path}/deliveries", None),
        ("POST", f"{path}/deliveries/dlv_{'0' * 26}/redeliver", None),
    ]
    assert [(await call(hooked, *one, key=STRANGER))[0] for one in tries] == [404] * len(tries)
    assert (await call(hooked, "GET", "/v1/webhooks", key=STRANGER))[1]["data"] == []
    for wrong in ("wh_1", "x%00y", f"wh_{'0' * 26}"):
        assert (await call(hooked, "GET", f"/v1/webhooks/{wrong}"))[0] == 404


async def test_lists_come_in_pages(hooked: Server, receiver: Receiver) -> None:
    made = [(await call(hooked, "POST", "/v1/webhooks", {"url": receiver.url}))[1]["id"] for _ in range(3)]
    _, first = await call(hooked, "GET", "/v1/webhooks?limit=2")
    assert (len(first["data"]), first["has_more"]) == (2, True)
    _, rest = await call(hooked, "GET", f"/v1/webhooks?limit=2&after={first['last_id']}")
    assert {one["id"] for one in [*first["data"], *rest["data"]]} >= set(made)
    for id_ in made:
        await call(hooked, "DELETE", f"/v1/webhooks/{id_}")


async def test_a_message_survives_the_server(
    new_database: Callable[[], str], receiver: Receiver, tmp_path: Path
) -> None:
    """Killed before it could be told, the server that comes next tells it."""
    address = new_database()
    settings = {"RETOUCH_DATABASE_URL": address, "RETOUCH_FETCH__ALLOW_HOSTS": json.dumps([receiver.host])}
    receiver.answers.extend([503] * 100)
    with running_server(settings, data=tmp_path / "data") as server:
        _, webhook = await call(server, "POST", "/v1/webhooks", {"url": receiver.url, "events": ["image.completed"]})
        made = await project(server)
        await receiver.until(lambda received: made in [message.json["payload"]["id"] for message in received])
        server.process.kill()
    receiver.answers.clear()
    receiver.received.clear()
    async with Database(address) as database:  # its pause, or its sender's minute, is over
        await database.run(b"update deliveries set next_at = now()")
    with running_server(settings, data=tmp_path / "data") as server:
        await delivery(server, webhook["id"], made, "image.completed", "delivered")
        await call(server, "DELETE", f"/v1/webhooks/{webhook['id']}")
    assert receiver.received[-1].is_signed(webhook["secret"])
