"""Which addresses are this server's own, and what is read from behind them."""

import time
from pathlib import Path

import pytest

from retouch.domain.errors import Code, RetouchError
from retouch.stores.links import signed
from retouch.stores.objects import Objects
from retouch.wire.own_links import OwnLinks
from retouch.wire.parts import FILES

OLD, NEW = b"the secret before", b"the secret now"
KEY = "outputs/2026-11-21/a.png"
HOUR = 3600


@pytest.fixture
async def links(tmp_path: Path) -> OwnLinks:
    objects = Objects.open(tmp_path, None)
    await objects.put(KEY, b"a picture")
    return OwnLinks(objects, (NEW, OLD), frozenset({"edits.example", "127.0.0.1:8080"}))


def link(secret: bytes = NEW, *, seconds: int = HOUR, base: str = "https://edits.example", key: str = KEY) -> str:
    return base + signed(FILES + key, int(time.time()) + seconds, secret)


async def refused(links: OwnLinks, url: str, most: int = 100) -> str:
    with pytest.raises(RetouchError) as caught:
        await links.read(url, "image[1]", most)
    assert caught.value.code is Code.INVALID_IMAGE
    assert caught.value.param == "image[1]"
    return caught.value.message


@pytest.mark.parametrize(
    "base", ["https://edits.example", "http://127.0.0.1:8080", "http://edits.example/below", "http://x"]
)
@pytest.mark.parametrize("secret", [OLD, NEW])
async def test_a_signature_makes_a_link_ours_whatever_its_host(links: OwnLinks, base: str, secret: bytes) -> None:
    """Also one that was made before the secret was changed, or under another name."""
    assert await links.read(link(secret, base=base), "image", 100) == b"a picture"


async def test_what_has_expired_is_told_so(links: OwnLinks) -> None:
    """Under any name, because the signature is ours."""
    for base in ("https://edits.example", "https://elsewhere.example"):
        assert "expired" in await refused(links, link(seconds=-1, base=base))


async def test_a_forged_link_to_this_server_is_told_so_and_one_to_another_is_not_ours(links: OwnLinks) -> None:
    """Another server may well have links of the same form."""
    assert "signed" in await refused(links, link(b"a guess"))
    assert "signed" in await refused(links, link(b"a guess", base="https://EDITS.example"))
    assert await links.read(link(b"its own", base="https://other.example"), "image", 100) is None
    assert await links.read("https://other.example/cat.png", "image", 100) is None
    assert await links.read("https://edits.example/docs", "image", 100) is None


@pytest.mark.parametrize(
    "query", ["", "?", "?expires=9&signature=", "?expires=٣&signature=a", "?expires=-1&signature=a", "?" + "a=1&" * 500]
)
async def test_no_query_confuses_it(links: OwnLinks, query: str) -> None:
    assert "signed" in await refused(links, f"https://edits.example{FILES}{KEY}{query}")


async def test_a_picture_that_is_gone_or_too_large_is_told_so(links: OwnLinks) -> None:
    assert "no longer kept" in await refused(links, link(key="outputs/2026-11-21/b.png"))
    assert "more than 5 bytes" in await refused(links, link(), most=5)
