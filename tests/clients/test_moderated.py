"""A server with moderation on: judged before the engine, refused with a refund, and closed when there is no verdict."""

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from support.http import exchange
from support.images import encoded, photo
from support.server import KEY, Server, clean_environment, running_server
from upstreams.faults import fails
from upstreams.moderation import ModerationUpstream


@pytest.fixture(scope="module")
async def judge() -> AsyncIterator[ModerationUpstream]:
    async with ModerationUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def moderated(judge: ModerationUpstream, new_database: Any) -> Iterator[tuple[Server, str]]:
    database = new_database()
    settings = {
        "RETOUCH_DATABASE_URL": database,
        "RETOUCH_MODERATION__BY": "openai",
        "RETOUCH_MODERATION__BASE_URL": judge.base_url,
        "RETOUCH_MODERATION__API_KEY": judge.key,
    }
    with running_server(settings) as server:
        yield server, database


async def edit(server: Server, prompt: str, width: int = 96) -> tuple[int, dict[str, Any]]:
    picture = base64.b64encode(encoded(photo(width, 64))).decode()
    fields = {"model": "retouch-classic", "prompt": prompt, "image": picture, "user": "end-user-7"}
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    body = json.dumps(fields).encode()
    answer = await asyncio.to_thread(exchange, f"{server.url}/v1/images/edits", "POST", body, headers)
    return answer.status, json.loads(answer.body)


def last_edit(database: str) -> dict[str, Any]:
    with psycopg.connect(database, row_factory=dict_row) as connection:
        row = connection.execute("select * from edits order by created_at desc limit 1").fetchone()
    assert row
    return row


async def test_what_passes_is_edited(moderated: tuple[Server, str], judge: ModerationUpstream) -> None:
    status, _ = await edit(moderated[0], "make it sepia")
    assert status == 200
    assert judge.asked[-1] == ("make it sepia", [("png", (96, 64))])


@pytest.mark.parametrize(
    ("prompt", "width", "category"), [('write "we hate it"', 96, "hate"), ("sepia", 97, "violence")]
)
async def test_what_is_flagged_costs_nothing_and_says_why(
    moderated: tuple[Server, str], prompt: str, width: int, category: str
) -> None:
    """Charged, judged, refunded; the record keeps the end user's identifier, for the operator."""
    server, database = moderated
    status, body = await edit(server, prompt, width)
    assert (status, body["code"], body["categories"]) == (400, "CONTENT_POLICY_VIOLATION", [category])
    assert body["error"]["code"] == "moderation_blocked"
    assert category in body["message"]
    record = last_edit(database)
    assert (record["state"], record["refunded"], record["attempts"]) == ("failed", record["charged"], [])
    assert record["charged"] > 0
    assert (record["end_user"], record["error"]["code"]) == ("end-user-7", "CONTENT_POLICY_VIOLATION")


async def test_without_a_verdict_nothing_is_edited_or_charged(
    moderated: tuple[Server, str], judge: ModerationUpstream
) -> None:
    server, database = moderated
    judge.order(fails(), fails(), fails())
    status, body = await edit(server, "make it sepia")
    assert (status, body["code"]) == (502, "UPSTREAM_ERROR")
    record = last_edit(database)
    assert (record["state"], record["refunded"]) == ("failed", record["charged"])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"RETOUCH_MODERATION__BY": "nobody"}, "moderation.by must be one of: openai"),
        ({"RETOUCH_MODERATION__BY": "openai"}, "OPENAI_API_KEY"),
    ],
)
def test_a_moderation_that_cannot_work_stops_the_start(settings: dict[str, str], said: str) -> None:
    """Nobody edits unjudged because of a typing error."""
    command = [sys.executable, "-m", "retouch", "serve", "--port", "0"]
    done = subprocess.run(
        command, env={**clean_environment(), **settings}, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


async def test_a_project_is_judged_too(moderated: tuple[Server, str]) -> None:
    """Refused, it ends in an error that says why, and costs nothing."""
    server, _ = moderated
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}

    async def call(method: str, path: str, fields: object = None) -> dict[str, Any]:
        body = None if fields is None else json.dumps(fields).encode()
        answer = await asyncio.to_thread(exchange, f"{server.url}{path}", method, body, headers)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = json.loads(answer.body)
        return found

    offered = await call("POST", "/v1/files/upload-urls", {"items": [{"type": "image", "extension": "png"}]})
    [item] = offered["items"]
    await asyncio.to_thread(exchange, item["upload_url"], "PUT", encoded(photo(97, 64)))
    fields = {
        "model": "retouch-classic",
        "style": {"prompt": "sepia"},
        "assets": {"image_file_paths": [item["file_path"]]},
    }
    made = await call("POST", "/v1/ai-image-editor", fields)
    async with asyncio.timeout(60):
        while (project := await call("GET", f"/v1/image-projects/{made['id']}"))["status"] in {"queued", "rendering"}:
            await asyncio.sleep(0.1)
    assert (project["status"], project["credits_charged"], project["downloads"]) == ("error", 0, [])
    assert project["error"]["code"] == "content_policy_violation"
    assert "violence" in project["error"]["message"]
