"""Signed links: type, length, ETag, ranges, and what a wrong link is told."""

from urllib.parse import parse_qs, urlsplit

import openai
import pytest

from support.http import Answer, exchange
from support.images import encoded, photo
from support.server import Server


@pytest.fixture(scope="module")
def link(client: openai.OpenAI) -> str:
    answer = client.images.edit(model="retouch-classic", image=encoded(photo()), prompt="sepia", response_format="url")
    assert answer.data
    assert answer.data[0].url
    return answer.data[0].url


def get(link: str, method: str = "GET", **headers: str) -> Answer:
    return exchange(link, method, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_a_link_needs_no_key_and_names_what_it_holds(link: str) -> None:
    answer = get(link)
    body = answer.body
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert body.startswith(b"\x89PNG")
    assert int(answer.headers["content-length"]) == len(body)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    head = get(link, "HEAD")
    assert head.body == b""
    assert head.headers["content-length"] == answer.headers["content-length"]


def test_an_unchanged_file_is_not_sent_again(link: str) -> None:
    etag = get(link).headers["etag"]
    answer = get(link, if_none_match=f'"other", {etag}')
    assert (answer.status, answer.body) == (304, b"")
    assert get(link, if_none_match='"other"').status == 200


@pytest.mark.parametrize(
    ("asked", "slice_"),
    [("bytes=0-9", slice(0, 10)), ("bytes=10-", slice(10, None)), ("bytes=-7", slice(-7, None))],
)
def test_ranges(link: str, asked: str, slice_: slice) -> None:
    whole = get(link).body
    answer = get(link, range=asked)
    body = answer.body
    assert (answer.status, body) == (206, whole[slice_])
    start = whole.index(body) if slice_.start != 0 else 0
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(body) - 1}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=0-1,3-4", "bytes=-", "lines=1-2", "bytes=5-2"])
def test_ranges_that_cannot_be_served_alone(link: str, asked: str) -> None:
    """Several ranges and nonsense get the whole file, as RFC 9110 allows; a range beyond the end is told so."""
    answer = get(link, range=asked)
    assert answer.status in (200, 416)
    assert (len(answer.body) > 100) == (answer.status == 200)
    assert get(link, range="bytes=99999999-").status == 416
    assert get(link, range="bytes=-0").status == 416


def test_a_changed_file_is_sent_whole_to_a_resumed_download(link: str) -> None:
    assert get(link, range="bytes=0-9", if_range='"other"').status == 200


def test_wrong_links_are_all_told_the_same(link: str, server: Server) -> None:
    query = parse_qs(urlsplit(link).query)
    assert query
    path = urlsplit(link).path
    wrong = [
        link[:-2] + ("aa" if not link.endswith("aa") else "bb"),
        f"{server.url}{path}",
        f"{server.url}{path.replace('.png', '.jpeg')}?{urlsplit(link).query}",
        f"{server.url}/v1/files/../../etc/passwd?{urlsplit(link).query}",
        f"{server.url}/v1/files/outputs/none.png?{urlsplit(link).query}",
        f"{server.url}{path}?expires=99999999999&signature=x",
    ]
    answers = {get(each).body for each in wrong}
    assert {get(each).status for each in wrong} == {404}
    assert len(answers) == 1
