"""Projects over HTTP: what is refused, and how; whose they are."""

import asyncio
import base64
import json
from typing import Any

import pytest

from retouch.domain.resolution import AccountTier
from retouch.stores.database import Database
from support.http import exchange
from support.images import encoded, photo, size_of
from support.money import Customer, account_of, customer
from support.projects import ask, create, created, happens, project, until, upload
from support.server import Server

IMAGE = base64.b64encode(encoded(photo())).decode()


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
    await happens(lambda: not [name for name in server.files if name.startswith("objects/inputs/")])


async def test_the_tier_bounds_models_and_resolutions(server: Server, database: Database) -> None:
    """403 that names the tier; what is not said stays within it."""
    free = await customer(database, 100)
    path = await upload(server, free)
    refused = await create(server, free, path, model="paid")
    assert (refused.status, "free" in json.loads(refused.body)["message"]) == (403, True)
    refused = await create(server, free, path, resolution="1k")
    assert (refused.status, "free" in json.loads(refused.body)["message"]) == (403, True)
    body = {"model": "paid", "prompt": "paint it", "image": IMAGE}
    assert (await ask(server, free, "POST", "/v1/images/edits", body)).status == 403
    done = await until(server, free, await created(server, free, path), "complete")
    assert size_of((await asyncio.to_thread(exchange, done["downloads"][0]["url"])).body) == (640, 427)


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
