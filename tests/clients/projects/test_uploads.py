"""Pictures that are handed in beforehand, over HTTP."""

import asyncio
import json
from typing import Any

import pytest

from retouch.stores.database import Database
from support.http import exchange
from support.images import encoded, photo
from support.money import Customer, customer
from support.projects import ask, upload
from support.server import Server

PHOTO = encoded(photo())


async def test_an_upload_is_written_once(server: Server, who: Customer) -> None:
    """The second is told so, and the first stays."""
    item = await _offered(server, who)
    assert item["file_path"].startswith("api-assets/")
    put = [await asyncio.to_thread(exchange, item["upload_url"], "PUT", PHOTO) for _ in range(2)]
    assert [answer.status for answer in put] == [200, 410]
    assert json.loads(put[1].body).keys() == {"message"}


async def test_an_upload_that_failed_may_be_repeated(server: Server, who: Customer) -> None:
    """What is no picture, and what is too large, is refused and uses nothing up."""
    item = await _offered(server, who)
    for data, status in ((b"<svg onload=alert(1)>", 400), (bytes(700_000), 413), (PHOTO, 200)):
        answer = await asyncio.to_thread(exchange, item["upload_url"], "PUT", data)
        assert answer.status == status, answer.body


async def test_an_upload_needs_its_signature(server: Server, who: Customer) -> None:
    """Another path, another expiry or none at all is not found."""
    item = await _offered(server, who)
    other = await _offered(server, who)
    address, _, query = item["upload_url"].partition("?")
    for url in (
        address,
        f"{address}?{query[:-1]}A" if not query.endswith("A") else f"{address}?{query[:-1]}B",
        f"{address}?{other['upload_url'].partition('?')[2]}",
        f"{server.url}/v1/files/api-assets/nothing.png?{query}",
    ):
        answer = await asyncio.to_thread(exchange, url, "PUT", PHOTO)
        assert (answer.status, json.loads(answer.body)) == (404, {"message": "Not Found"}), url
    # And it cannot be read by it.
    assert (await asyncio.to_thread(exchange, item["upload_url"])).status == 404


async def test_uploads_have_a_quota(server: Server, database: Database) -> None:
    """Of the account's own, in bytes."""
    who, other = await customer(database), await customer(database)
    large = encoded(photo(600, 300))
    assert 300_000 < len(large) < 600_000
    statuses = []
    for _ in range(4):
        answer = await ask(server, who, "POST", "/v1/files/upload-urls", _ITEMS)
        if answer.status != 200:
            statuses.append(answer.status)
            break
        item = json.loads(answer.body)["items"][0]
        statuses.append((await asyncio.to_thread(exchange, item["upload_url"], "PUT", large)).status)
    assert statuses[:2] == [200, 200]
    assert statuses[-1] == 403
    await upload(server, other)


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{"type": "video", "extension": "mp4"}],
        [{"type": "image", "extension": "svg"}],
        [{"type": "image", "extension": ".png"}],
        [{"type": "image", "extension": "../png"}],
        [{"type": "image"}],
    ],
    ids=str,
)
async def test_uploads_of_other_kinds_are_refused(server: Server, who: Customer, items: list[Any]) -> None:
    answer = await ask(server, who, "POST", "/v1/files/upload-urls", {"items": items})
    assert (answer.status, set(json.loads(answer.body))) == (422, {"message"})


_ITEMS = {"items": [{"type": "image", "extension": "png"}]}


async def _offered(server: Server, who: Customer) -> dict[str, str]:
    answer = await ask(server, who, "POST", "/v1/files/upload-urls", _ITEMS)
    assert answer.status == 200, answer.body
    item: dict[str, str] = json.loads(answer.body)["items"][0]
    return item
