"""A link that an answer gave, sent back as an input: read from the store, with no network."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from support.http import exchange
from support.images import decoded, encoded, photo
from support.server import KEY, Server, running_server


@pytest.fixture(scope="module")
def hidden() -> Iterator[Server]:
    """A server that knows itself by a name that leads nowhere, and fetches nothing."""
    own = {"RETOUCH_PUBLIC_URL": "https://pictures.invalid/retouch", "RETOUCH_FETCH__ENABLED": "false"}
    with running_server(own) as server:
        yield server


@pytest.fixture(scope="module")
def sdk(hidden: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{hidden.url}/v1", api_key=KEY, max_retries=0, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def link(sdk: openai.OpenAI) -> str:
    answer = sdk.images.edit(
        model="retouch-classic", image=encoded(photo()), prompt="rotate 180", response_format="url"
    )
    assert answer.data
    assert answer.data[0].url
    return answer.data[0].url


def edit(server: Server, **fields: object) -> tuple[int, dict[str, Any]]:
    given = {"model": "retouch-classic", "prompt": "rotate 180", "response_format": "b64_json", **fields}
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    answer = exchange(f"{server.url}/v1/images/edits", "POST", json.dumps(given).encode(), headers)
    return answer.status, json.loads(answer.body)


def test_an_own_link_is_an_input(hidden: Server, link: str) -> None:
    """As image and as mask, under the public name or any other, though nothing is fetched."""
    assert link.startswith("https://pictures.invalid/retouch/v1/files/")
    elsewhere = link.replace("https://pictures.invalid/retouch", "http://10.1.2.3:99")
    for address in (link, elsewhere):
        status, body = edit(hidden, image=address)
        assert status == 200, body
        assert (decoded(body["data"][0]["b64_json"]) == photo()).all()
    status, body = edit(hidden, image=link, mask=link, prompt="make it darker")
    assert status == 200, body


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda link: link.replace("expires=", "expires=1"), "no link that this server has signed"),
        (lambda link: link.replace("signature=", "signature=x"), "no link that this server has signed"),
        (lambda link: link.replace("/outputs/", "/outputs/../"), "no link that this server has signed"),
        (lambda link: link.partition("?")[0], "no link that this server has signed"),
        (lambda link: link.replace("pictures.invalid", "others.invalid").replace("=", "=x"), "does not fetch"),
        (lambda link: link.replace("/v1/files/", "/v1/"), "does not fetch"),
    ],
)
def test_a_forged_link_reads_nothing(hidden: Server, link: str, wrong: Callable[[str], str], told: str) -> None:
    """One to this server is told so; one to another is another's, and fetched if that is on."""
    status, body = edit(hidden, image=wrong(link))
    assert (status, told in body["message"]) == (400, True), body
    assert "image" in body["message"]


def test_a_link_whose_picture_is_gone_says_so(hidden: Server, link: str) -> None:
    answer = exchange(link.replace("https://pictures.invalid/retouch", hidden.url))
    assert answer.status == 200
    key = urlsplit(link).path.partition("/v1/files/")[2]
    kept = hidden.data / "objects" / key
    data = kept.read_bytes()
    kept.unlink()
    try:
        status, body = edit(hidden, image=link)
    finally:
        kept.write_bytes(data)
    assert (status, "no longer kept" in body["message"]) == (400, True), body
