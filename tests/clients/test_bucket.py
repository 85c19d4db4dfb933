"""Two servers with data folders of their own, on one database and one bucket: each does the other's work."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from retouch.stores.backup import backup, restore
from retouch.stores.objects import Objects
from support.bucket import Bucket, running_bucket
from support.http import exchange
from support.images import encoded, photo
from support.keys import soon_refused
from support.server import KEY, Server, running_server

HEADERS = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with running_bucket() as bucket:
        yield bucket


@pytest.fixture(scope="module")
def address(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def servers(bucket: Bucket, address: str) -> Iterator[tuple[Server, Server]]:
    """The second runs no projects: what it is handed, the first has to make."""
    shared = {**bucket.environment, "RETOUCH_STORAGE_URL": bucket.url, "RETOUCH_DATABASE_URL": address}
    with running_server(shared) as first, running_server({**shared, "RETOUCH_QUEUE__SERVE": "false"}) as second:
        yield first, second


def edit(server: Server) -> str:
    """An edit answered as a link."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client:
        answer = client.images.edit(
            model="retouch-classic", image=encoded(photo()), prompt="sepia", response_format="url"
        )
    assert answer.data
    return str(answer.data[0].url)


def call(server: Server, method: str, path: str, fields: object = None) -> dict[str, Any]:
    body = None if fields is None else json.dumps(fields).encode()
    answer = exchange(f"{server.url}{path}", method, body, HEADERS)
    assert answer.status < 300, answer.body
    found: dict[str, Any] = json.loads(answer.body or b"{}")
    return found


def at(server: Server, link: str) -> str:
    """The same link, asked of another server."""
    address = urlsplit(link)
    return f"{server.url}{address.path}?{address.query}"


def test_a_link_signed_by_one_is_served_by_the_other(servers: tuple[Server, Server]) -> None:
    """Whole and in part; and nothing lies in either one's folder."""
    first, second = servers
    link = edit(first)
    whole = exchange(at(second, link))
    assert (whole.status, whole.headers["content-type"]) == (200, "image/png")
    assert whole.body == exchange(link).body
    part = exchange(at(second, link), headers={"range": "bytes=1-3"})
    assert (part.status, part.body) == (206, b"PNG")
    assert exchange(at(second, link), headers={"if-none-match": whole.headers["etag"]}).status == 304
    assert exchange(at(second, link)[:-2]).status == 404
    assert first.files == second.files == set()


def test_what_one_was_handed_the_other_makes(servers: tuple[Server, Server]) -> None:
    """Uploaded at one, submitted and asked for there, made by the other; deleted, it is gone for both."""
    first, second = servers
    upload = call(second, "POST", "/v1/files/upload-urls", {"items": [{"type": "image", "extension": "png"}]})
    [item] = upload["items"]
    assert exchange(at(first, item["upload_url"]), "PUT", encoded(photo())).status < 300
    fields = {
        "model": "retouch-classic",
        "style": {"prompt": "make it sepia"},
        "assets": {"image_file_paths": [item["file_path"]]},
    }
    made = call(second, "POST", "/v1/ai-image-editor", fields)["id"]
    deadline = time.monotonic() + 60
    while (project := call(second, "GET", f"/v1/image-projects/{made}"))["status"] != "complete":
        assert time.monotonic() < deadline, project
        time.sleep(0.1)
    [download] = project["downloads"]
    for server in servers:
        assert exchange(at(server, download["url"])).body.startswith(b"\x89PNG")
    call(first, "DELETE", f"/v1/image-projects/{made}")
    while exchange(at(second, download["url"])).status != 404:
        assert time.monotonic() < deadline, "the images are still there"
        time.sleep(0.1)


def test_a_key_revoked_at_one_is_refused_by_both(servers: tuple[Server, Server]) -> None:
    first, second = servers
    made = call(first, "POST", "/v1/keys", {"name": "short"})
    bearer = {"authorization": f"Bearer {made['key']}"}
    assert exchange(f"{second.url}/v1/models", headers=bearer).status == 200
    call(first, "DELETE", f"/v1/keys/{made['id']}")
    assert exchange(f"{first.url}/v1/models", headers=bearer).status == 401
    assert soon_refused(lambda: exchange(f"{second.url}/v1/models", headers=bearer).status)


@pytest.fixture
def kept(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Objects:
    """What the servers keep."""
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    return Objects.open(tmp_path, bucket.url)


async def test_a_bucket_can_be_backed_up_into_a_folder(
    servers: tuple[Server, Server], kept: Objects, address: str, tmp_path: Path, new_database: Callable[..., str]
) -> None:
    """And the other way round, which is how pictures move."""
    link = edit(servers[0])
    key = urlsplit(link).path.removeprefix("/v1/files/")
    here = Objects.open(tmp_path / "here")
    await backup(address, kept, tmp_path / "all.tar", lambda what, number: None)
    await restore(new_database("template0"), here, tmp_path / "all.tar", lambda what, number: None)
    assert await here.get(key) == await kept.get(key) == exchange(link).body
