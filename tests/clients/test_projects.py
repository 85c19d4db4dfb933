"""Projects and uploads over HTTP: words, statuses, whose they are, and what is refused."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retouch.domain.resolution import AccountTier
from retouch.stores.credits import Credits
from retouch.stores.database import Database
from support.http import exchange
from support.images import decoded, encoded, photo
from support.money import Customer, account_of, customer
from support.projects import ask, create, created, happens, project, until, upload
from support.server import Server, running_server

PHOTO = encoded(photo())
CONFIG = """
[models.repaint]
summary = "Repaints everything"
price = 5
limits = { n = 16 }
routes = [{ engine = "repaint", model = "any" }]

[models.repaint-attached]
summary = "Repaints everything, and stops when its client leaves"
price = 2
routes = [{ engine = "repaint", model = "stops" }]

[models.paid]
summary = "Not for everybody"
price = 5
tiers = ["pro", "business"]
routes = [{ engine = "repaint", model = "any" }]
"""


@pytest.fixture(scope="module")
def url(new_database: Any) -> str:
    made: str = new_database()
    return made


@pytest.fixture(scope="module")
def server(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    config = tmp_path_factory.mktemp("config") / "retouch.toml"
    config.write_text(CONFIG)
    settings = {
        "RETOUCH_DATABASE_URL": url,
        "RETOUCH_CONFIG": str(config),
        "RETOUCH_QUEUE__RUNNING": "2",
        "RETOUCH_UPLOADS__QUOTA_MB": "1",
        "RETOUCH_LIMITS__IMAGE_MB": "0.6",
    }
    with running_server(settings) as server:
        yield server


@pytest.fixture
async def database(url: str, server: Server) -> AsyncIterator[Database]:
    """The server's database; whatever a test did, it adds up afterwards."""
    async with Database(url) as database:
        yield database
        assert await Credits(database).check() == []


@pytest.fixture
async def who(database: Database) -> Customer:
    return await customer(database, 100, tier=AccountTier.PRO)


@pytest.fixture
async def picture(server: Server, who: Customer) -> str:
    """An upload of theirs."""
    return await upload(server, who, PHOTO)


async def test_every_field_is_there_from_the_first_moment_on(
    server: Server, who: Customer, picture: str, tmp_path: Path
) -> None:
    """Queued or rendering, then complete, with downloads that expire in a day."""
    go = tmp_path / "go"
    id_ = await created(server, who, picture, f"hold {go}")
    first = await project(server, who, id_)
    assert set(first) == {
        "id",
        "name",
        "status",
        "image_count",
        "type",
        "created_at",
        "enabled",
        "credits_charged",
        "total_frame_cost",
        "downloads",
        "error",
    }
    assert (first["id"], first["downloads"], first["error"], first["credits_charged"]) == (id_, [], None, 5)
    assert first["name"].startswith("Ai Image Editor - ")
    assert (await until(server, who, id_, "rendering"))["status"] == "rendering"
    go.touch()
    (download,) = (await until(server, who, id_, "complete"))["downloads"]
    ends = datetime.fromisoformat(download["expires_at"])
    assert timedelta(hours=23) < ends - datetime.now(UTC) <= timedelta(hours=24)
    assert (await asyncio.to_thread(exchange, download["url"])).status == 200


async def test_its_pictures_are_dropped_once_it_is_settled(server: Server, who: Customer, picture: str) -> None:
    """The upload stays for its seven days, the copy that the edit needed does not."""
    id_ = await created(server, who, picture)
    await until(server, who, id_, "complete")
    await happens(lambda: not [name for name in server.files if name.startswith("objects/inputs/")])
    assert [name for name in server.files if name.startswith(f"objects/uploads/{who.account}/")]


async def test_a_list_in_pages_without_what_is_deleted(server: Server, who: Customer, picture: str) -> None:
    """Newest first."""
    ids = [await created(server, who, picture) for _ in range(4)]
    for id_ in ids:
        await until(server, who, id_, "complete")
    assert (await ask(server, who, "DELETE", f"/v1/image-projects/{ids[2]}")).status == 204
    assert (await ask(server, who, "DELETE", f"/v1/image-projects/{ids[2]}")).status == 204
    first = json.loads((await ask(server, who, "GET", "/v1/image-projects?limit=2")).body)
    rest = json.loads((await ask(server, who, "GET", f"/v1/image-projects?limit=2&after={first['last_id']}")).body)
    assert [one["id"] for one in (*first["data"], *rest["data"])] == [ids[3], ids[1], ids[0]]
    assert (first["has_more"], rest["has_more"]) == (True, False)


async def test_cancel_while_it_waits(
    server: Server, database: Database, who: Customer, picture: str, tmp_path: Path
) -> None:
    """It is canceled at once and paid back in full; nothing runs."""
    go = tmp_path / "go"
    holding = [await created(server, who, picture, f"hold {go}") for _ in range(2)]
    for id_ in holding:
        await until(server, who, id_, "rendering")
    waiting = await created(server, who, picture)
    answer = await ask(server, who, "POST", f"/v1/image-projects/{waiting}/cancel")
    found = json.loads(answer.body)
    assert (answer.status, found["status"], found["credits_charged"]) == (200, "canceled", 0)
    go.touch()
    for id_ in holding:
        await until(server, who, id_, "complete")
    assert (await project(server, who, waiting))["status"] == "canceled"
    assert (await account_of(database, who)).balance == 90_000_000


async def test_cancel_while_it_is_made(
    server: Server, database: Database, who: Customer, picture: str, tmp_path: Path
) -> None:
    """An engine of our own stops, and all is paid back."""
    id_ = await created(server, who, picture, f"hold {tmp_path / 'never'}", model="repaint-attached")
    await until(server, who, id_, "rendering")
    assert (await ask(server, who, "POST", f"/v1/image-projects/{id_}/cancel")).status == 200
    assert (await until(server, who, id_, "canceled"))["credits_charged"] == 0
    assert (await account_of(database, who)).balance == 100_000_000


async def test_what_a_provider_is_at_work_on_runs_on(
    server: Server, who: Customer, picture: str, tmp_path: Path
) -> None:
    """Canceled or not, it is charged for; so its image is delivered."""
    go = tmp_path / "go"
    id_ = await created(server, who, picture, f"hold {go}")
    await until(server, who, id_, "rendering")
    assert (await ask(server, who, "POST", f"/v1/image-projects/{id_}/cancel")).status == 200
    go.touch()
    done = await until(server, who, id_, "complete")
    assert (done["credits_charged"], len(done["downloads"])) == (5, 1)


async def test_deleted_while_it_is_made(server: Server, who: Customer, picture: str, tmp_path: Path) -> None:
    """What comes of it is taken away."""
    go = tmp_path / "go"
    id_ = await created(server, who, picture, f"hold {go}")
    await until(server, who, id_, "rendering")
    assert (await ask(server, who, "DELETE", f"/v1/image-projects/{id_}")).status == 204
    go.touch()
    done = await until(server, who, id_, "complete")
    assert (done["enabled"], done["downloads"]) == (False, [])
    await happens(lambda: not [name for name in server.files if id_ in name])


async def test_an_edit_with_async_is_a_project(server: Server, database: Database, who: Customer) -> None:
    """By the field or by the header; 202 and the same object."""
    body = {"model": "repaint", "prompt": "paint it", "image": _b64(PHOTO), "size": "100x70"}
    asked = await ask(server, who, "POST", "/v1/images/edits", {**body, "async": True})
    preferred = await ask(server, who, "POST", "/v1/images/edits", body, headers={"prefer": "respond-async, wait=5"})
    assert (asked.status, preferred.status) == (202, 202)
    assert preferred.headers["preference-applied"] == "respond-async"
    for answer in (asked, preferred):
        id_ = json.loads(answer.body)["id"]
        assert answer.headers["retouch-edit-id"] == id_
        assert answer.headers["retouch-credits-charged"] == "5"
        (download,) = (await until(server, who, id_, "complete"))["downloads"]
        data = (await asyncio.to_thread(exchange, download["url"])).body
        assert _size(data) == (100, 70)
        edit = await ask(server, who, "GET", f"/v1/edits/{id_}")
        assert json.loads(edit.body)["state"] == "complete"
    assert (await account_of(database, who)).balance == 90_000_000


async def test_the_same_idempotency_key_is_the_same_project(
    server: Server, database: Database, who: Customer, picture: str
) -> None:
    """Charged once; another request with that key is a conflict."""
    headers = {"idempotency-key": "one"}
    first = await create(server, who, picture, headers=headers)
    second = await create(server, who, picture, headers=headers)
    other = await create(server, who, picture, "something else", headers=headers)
    assert json.loads(first.body)["id"] == json.loads(second.body)["id"]
    assert (second.headers["idempotent-replayed"], other.status) == ("true", 409)
    assert (await account_of(database, who)).balance == 95_000_000
    await until(server, who, json.loads(first.body)["id"], "complete")
    await happens(lambda: not [name for name in server.files if name.startswith("objects/inputs/")])


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"style": {"prompt": ""}}, 422, "style.prompt"),
        ({"style": {}}, 422, "style.prompt"),
        ({"image_count": 2}, 422, "image_count"),
        ({"image_count": 1.5}, 422, "image_count"),
        ({"image_count": "1"}, 422, "image_count"),
        ({"resolution": "8k"}, 422, "resolution"),
        ({"aspect_ratio": "7:5"}, 422, "aspect_ratio"),
        ({"assets": {}}, 422, "image_file_paths"),
        ({"assets": {"image_file_paths": []}}, 422, "image_file_paths"),
        ({"assets": {"image_file_paths": ["/etc/passwd"]}}, 422, "api-assets/"),
        ({"assets": {"image_file_paths": ["api-assets/../secret.png"]}}, 404, "Not Found"),
        ({"assets": {"image_file_paths": ["api-assets/0123456789012345678901.png"]}}, 404, "Not Found"),
        ({"assets": {"image_file_paths": ["http://127.0.0.1/a.png"]}}, 400, "address"),
        ({"model": "no-such"}, 400, "no-such"),
        ({"size": "10x10"}, 400, "size"),
    ],
    ids=str,
)
async def test_what_is_refused(  # noqa: PLR0917 - fixtures, and a row of the table
    server: Server, database: Database, who: Customer, picture: str, change: dict[str, Any], status: int, word: str
) -> None:
    """Told in one sentence, and nothing is charged or kept."""
    body = {"model": "repaint", "style": {"prompt": "x"}, "assets": {"image_file_paths": [picture]}, **change}
    answer = await ask(server, who, "POST", "/v1/ai-image-editor", body)
    told = json.loads(answer.body)
    assert (answer.status, set(told)) == (status, {"message"})
    assert word in told["message"]
    assert (await account_of(database, who)).balance == 100_000_000
    assert not [name for name in server.files if name.startswith("objects/inputs/")]


async def test_the_tier_bounds_models_and_resolutions(server: Server, database: Database) -> None:
    """403 that names the tier; what is not said stays within it."""
    free = await customer(database, 100)
    path = await upload(server, free, PHOTO)
    refused = await create(server, free, path, model="paid")
    assert (refused.status, "free" in json.loads(refused.body)["message"]) == (403, True)
    refused = await create(server, free, path, resolution="1k")
    assert (refused.status, "free" in json.loads(refused.body)["message"]) == (403, True)
    body = {"model": "paid", "prompt": "paint it", "image": _b64(PHOTO)}
    assert (await ask(server, free, "POST", "/v1/images/edits", body)).status == 403
    done = await until(server, free, await created(server, free, path), "complete")
    assert _size((await asyncio.to_thread(exchange, done["downloads"][0]["url"])).body) == (640, 427)


async def test_a_resolution_with_an_aspect_is_exact_and_priced(server: Server, who: Customer, picture: str) -> None:
    """2k costs half as much again."""
    id_ = await created(server, who, picture, resolution="2k", aspect_ratio="4:5")
    done = await until(server, who, id_, "complete")
    assert done["credits_charged"] == 8
    assert _size((await asyncio.to_thread(exchange, done["downloads"][0]["url"])).body) == (1638, 2048)


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


async def test_another_accounts_things_are_not_found(
    server: Server, database: Database, who: Customer, picture: str
) -> None:
    """Every endpoint that names one; each answer is that of a thing that never was."""
    other = await customer(database, 100, tier=AccountTier.BUSINESS)
    id_ = await created(server, who, picture)
    await until(server, who, id_, "complete")
    for unknown in (id_, "edit_nothing"):
        for method, path in (
            ("GET", f"/v1/image-projects/{unknown}"),
            ("DELETE", f"/v1/image-projects/{unknown}"),
            ("POST", f"/v1/image-projects/{unknown}/cancel"),
        ):
            answer = await ask(server, other, method, path)
            assert (answer.status, json.loads(answer.body)) == (404, {"message": "Not Found"})
        assert (await ask(server, other, "GET", f"/v1/edits/{unknown}")).status == 404
    used = await create(server, other, picture)
    assert (used.status, json.loads(used.body)) == (404, {"message": "Not Found"})
    assert json.loads((await ask(server, other, "GET", "/v1/image-projects")).body)["data"] == []
    after = await ask(server, other, "GET", f"/v1/image-projects?after={id_}z")
    assert json.loads(after.body)["data"] == []
    assert (await project(server, who, id_))["status"] == "complete"
    assert (await account_of(database, other)).balance == 100_000_000


async def test_nobody_gets_in_without_a_key(server: Server, who: Customer) -> None:
    """Exactly the text that Magic Hour's clients compare with."""
    stranger = Customer(who.account, who.key_id, "rt-nobody")
    for method, path in (
        ("POST", "/v1/files/upload-urls"),
        ("POST", "/v1/ai-image-editor"),
        ("GET", "/v1/image-projects"),
        ("GET", "/v1/image-projects/x"),
        ("DELETE", "/v1/image-projects/x"),
        ("POST", "/v1/image-projects/x/cancel"),
    ):
        answer = await ask(server, stranger, method, path)
        assert (answer.status, json.loads(answer.body)) == (401, {"message": "Unauthorized"})


async def test_another_error_form_on_request(server: Server, who: Customer) -> None:
    """The header wins over the route's own form."""
    answer = await ask(server, who, "GET", "/v1/image-projects/x", headers={"retouch-error-format": "openai"})
    assert json.loads(answer.body)["error"]["code"] == "not_found"


_ITEMS = {"items": [{"type": "image", "extension": "png"}]}


async def _offered(server: Server, who: Customer) -> dict[str, str]:
    answer = await ask(server, who, "POST", "/v1/files/upload-urls", _ITEMS)
    assert answer.status == 200, answer.body
    item: dict[str, str] = json.loads(answer.body)["items"][0]
    return item


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _size(data: bytes) -> tuple[int, int]:
    height, width = decoded(data).shape[:2]
    return width, height
