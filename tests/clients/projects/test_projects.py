"""Projects over HTTP: words, statuses, prices, and what becomes of them."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from retouch.stores.database import Database
from support.http import exchange
from support.images import encoded, photo, size_of
from support.money import Customer, account_of
from support.projects import ask, create, created, happens, project, until
from support.server import Server

IMAGE = base64.b64encode(encoded(photo())).decode()


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


@pytest.mark.parametrize("blank", ["", " \t\n"])
async def test_a_model_of_nothing_but_blanks_is_none(server: Server, who: Customer, picture: str, blank: str) -> None:
    """As with an edit: the default's turn, at its price."""
    models = []
    for model in ({}, {"model": blank}):
        body = {"style": {"prompt": "sepia"}, "assets": {"image_file_paths": [picture]}, **model}
        made = await ask(server, who, "POST", "/v1/ai-image-editor", body)
        assert made.status == 200, made.body
        edit = await ask(server, who, "GET", f"/v1/edits/{json.loads(made.body)['id']}")
        models.append((json.loads(edit.body)["served_by"], json.loads(made.body)["credits_charged"]))
    assert models[0] == models[1]


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
    body = {"model": "repaint", "prompt": "paint it", "image": IMAGE, "size": "100x70"}
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
        assert size_of(data) == (100, 70)
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


async def test_images_come_in_their_order_whichever_was_finished_first(
    server: Server, who: Customer, picture: str, tmp_path: Path
) -> None:
    """In the downloads and in the record of the edit."""
    go = tmp_path / "go"
    id_ = await created(server, who, picture, f"hold-first {go}", image_count=4)
    await happens(lambda: len([name for name in server.files if id_ in name]) == 3)
    assert not [name for name in server.files if id_ in name and name.endswith("-0.png")]
    go.touch()
    done = await until(server, who, id_, "complete")
    assert [urlsplit(one["url"]).path[-6:] for one in done["downloads"]] == [f"-{index}.png" for index in range(4)]
    record = json.loads((await ask(server, who, "GET", f"/v1/edits/{id_}")).body)
    assert [output["index"] for output in record["outputs"]] == [0, 1, 2, 3]


async def test_a_resolution_with_an_aspect_is_exact_and_priced(server: Server, who: Customer, picture: str) -> None:
    """2k costs half as much again."""
    id_ = await created(server, who, picture, resolution="2k", aspect_ratio="4:5")
    done = await until(server, who, id_, "complete")
    assert done["credits_charged"] == 8
    assert size_of((await asyncio.to_thread(exchange, done["downloads"][0]["url"])).body) == (1638, 2048)
