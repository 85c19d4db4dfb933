"""Fetching a caller's addresses, against real servers on this machine."""

import asyncio
import gzip
from typing import Any

import pytest
from aiohttp import web

from retouch.domain.edit import ImageInput
from retouch.domain.errors import Code, RetouchError
from retouch.fetch import Fetcher, FetchSettings
from support.addresses import Answer, Names, serving


async def picture(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=b"picture of " + request.path.encode())


async def refusal(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(RetouchError) as caught:
        await fetcher.fetch(url, param="image[2]")
    assert caught.value.code is Code.INVALID_IMAGE
    assert caught.value.param == "image[2]"
    return caught.value.message


def named(port: int, **more: Any) -> Fetcher:
    return Fetcher(FetchSettings(allow_hosts=(f"127.0.0.1:{port}",), **more))


def pretend(names: Names, port: int) -> Fetcher:
    """A fetcher for which 127.0.0.1 is the public internet and 127.0.0.2 is a private network."""
    settings = FetchSettings(ports=frozenset({port}), seconds=3)
    return Fetcher(settings, resolver=names, gate=lambda ip: ip == "127.0.0.1")


async def test_a_named_host_is_open() -> None:
    """The operator may open a private host by name."""
    async with serving(picture) as port, named(port) as fetcher:
        assert bytes(await fetcher.fetch(f"http://127.0.0.1:{port}/a", param="image")) == b"picture of /a"
        assert bytes(await fetcher.fetch(f"HTTP://127.0.0.1:{port}/a#b", param="image")) == b"picture of /a"


async def test_what_is_sent() -> None:
    """No cookies, no proxy variables, no compression, the right Host."""
    seen: list[web.BaseRequest] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request)
        reply = web.Response(body=b"x")
        reply.set_cookie("a", "b")
        return reply

    async with serving(answer) as port, pretend(Names(a_test=[["127.0.0.1"]]), port) as fetcher:
        for _ in range(2):
            await fetcher.fetch(f"http://a.test:{port}/", param="image")
    assert {request.host for request in seen} == {f"a.test:{port}"}
    assert {request.headers["accept-encoding"] for request in seen} == {"identity"}
    assert not any("cookie" in request.headers or "referer" in request.headers for request in seen)


async def test_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would connect for us to places that we would not."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with serving(picture) as port, named(port) as fetcher:
        assert bytes(await fetcher.fetch(f"http://127.0.0.1:{port}/a", param="image")) == b"picture of /a"


CLOSED = "`image[2]`: the address's host is not a public one, cannot be found or does not answer."


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "10.0.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "１２７.0.0.1",
        "127。0。0。1",
        "localhost",
        "unknown.test",
    ],
)
async def test_private_hosts_are_refused_alike(host: str) -> None:
    """Literal, disguised, resolved or unknown: one sentence, and no connection."""
    reached: list[str] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        reached.append(request.path)
        return web.Response(body=b"secret")

    names = Names(localhost=[["127.0.0.1"]])
    async with serving(answer) as port:
        settings = FetchSettings(ports=frozenset({port}))
        async with Fetcher(settings, resolver=names) as fetcher:
            assert await refusal(fetcher, f"http://{host}:{port}/") == CLOSED
    assert reached == []


async def test_a_name_cannot_change_its_mind() -> None:
    """DNS rebinding: the address that was checked is the address that is used, asked for once a hop."""
    names = Names(a_test=[["127.0.0.1"], ["127.0.0.2"]])
    async with serving(picture) as port, serving(picture, "127.0.0.2", port), pretend(names, port) as fetcher:
        assert bytes(await fetcher.fetch(f"http://a.test:{port}/", param="image")) == b"picture of /"
        assert names.asked == 1
        assert await refusal(fetcher, f"http://a.test:{port}/") == CLOSED


async def test_one_private_address_closes_a_name() -> None:
    """A name with a public and a private address has no honest use."""
    names = Names(a_test=[["127.0.0.1", "127.0.0.2"]])
    async with serving(picture) as port, pretend(names, port) as fetcher:
        assert await refusal(fetcher, f"http://a.test:{port}/") == CLOSED


@pytest.mark.parametrize("target", ["http://127.0.0.2:{port}/", "http://b.test:{port}/", "//127.0.0.2:{port}/"])
async def test_a_redirect_is_checked_like_a_first_address(target: str) -> None:
    """A public server cannot send us to a private one, nor tell whether anything listens there."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        raise web.HTTPFound(target.format(port=request.url.port))

    names = Names(a_test=[["127.0.0.1"]], b_test=[["127.0.0.2"]])
    async with serving(answer) as port, pretend(names, port) as fetcher:
        closed = await refusal(fetcher, f"http://a.test:{port}/")
        async with serving(picture, "127.0.0.2", port):
            assert await refusal(fetcher, f"http://a.test:{port}/") == closed == CLOSED


async def test_redirects_are_followed_three_times() -> None:
    """Three hops are read, a fourth is refused; so are other schemes and passwords on the way."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        left = request.path[1:]
        if left.isdigit() and int(left):
            raise web.HTTPTemporaryRedirect(f"/{int(left) - 1}")
        if left == "file":
            raise web.HTTPFound("file:///etc/passwd")
        if left == "user":
            raise web.HTTPFound("http://me:secret@127.0.0.1/")
        if left == "nowhere":
            return web.Response(status=302)
        return web.Response(body=b"here")

    async with serving(answer) as port, named(port) as fetcher:
        base = f"http://127.0.0.1:{port}"
        assert bytes(await fetcher.fetch(f"{base}/3", param="image")) == b"here"
        assert "redirects more than 3 times" in await refusal(fetcher, f"{base}/4")
        assert "only http and https" in await refusal(fetcher, f"{base}/file")
        assert "password" in await refusal(fetcher, f"{base}/user")
        assert "secret" not in await refusal(fetcher, f"{base}/user")
        assert "redirects" in await refusal(fetcher, f"{base}/nowhere")


@pytest.mark.parametrize(
    "url",
    [
        "http://a.test:81/",
        "https://a.test:22/",
        "http://u@a.test/",
        "http://u:p@a.test/",
        "ftp://a.test/",
        "http:///a",
        "a.test",
        "",
        "http://[::1",
        "http://a.test:99999/",
        "http://a.test:x/",
        "http://exa mple/",
        "http://exa%20mple/",
        "http://\0/",
    ],
)
async def test_addresses_that_are_never_tried(url: str) -> None:
    """Other ports, users, schemes and nonsense are refused before a name is asked for."""
    names = Names(a_test=[["127.0.0.1"]])
    async with Fetcher(FetchSettings(), resolver=names, gate=lambda _: True) as fetcher:
        await refusal(fetcher, url)
    assert names.asked == 0


async def silence(_: web.BaseRequest) -> web.StreamResponse:
    await asyncio.sleep(30)
    raise web.HTTPGone


async def slow(request: web.BaseRequest) -> web.StreamResponse:
    reply = web.StreamResponse()
    await reply.prepare(request)
    for _ in range(300):
        await reply.write(b"a")
        await asyncio.sleep(0.1)
    return reply


async def endless(request: web.BaseRequest) -> web.StreamResponse:
    reply = web.StreamResponse()
    await reply.prepare(request)
    while True:
        await reply.write(b"a" * 1_000)


async def short(request: web.BaseRequest) -> web.StreamResponse:
    reply = web.StreamResponse()
    reply.content_length = 100
    await reply.prepare(request)
    await reply.write(b"a")
    assert request.transport is not None
    request.transport.close()
    return reply


ALIVE: dict[str, Answer] = {"/silent": silence, "/slow": slow, "/endless": endless, "/short": short}


async def misbehaving(request: web.BaseRequest) -> web.StreamResponse:
    """A server that does whatever its path says."""
    if request.path in ALIVE:
        return await ALIVE[request.path](request)
    return {
        "/missing": web.Response(status=404, text="secret words"),
        "/empty": web.Response(),
        "/gzip": web.Response(body=gzip.compress(bytes(100_000)), headers={"content-encoding": "gzip"}),
        "/large": web.Response(body=bytes(10_001)),
    }[request.path]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("missing", "status 404"),
        ("empty", "holds nothing"),
        ("gzip", "compressed"),
        ("large", "more than 10,000 bytes"),
        ("endless", "more than 10,000 bytes"),
        ("silent", "not read within 0.5 s"),
        ("slow", "not read within 0.5 s"),
        ("short", "could not be read"),
    ],
)
async def test_servers_that_misbehave(path: str, words: str) -> None:
    """Every fault ends in bounded time and size, in a sentence without a word of the server's own."""
    async with serving(misbehaving) as port, named(port, max_bytes=10_000, seconds=0.5) as fetcher:
        message = await refusal(fetcher, f"http://127.0.0.1:{port}/{path}")
    assert words in message
    assert "secret" not in message


async def test_fetch_all_keeps_order_and_what_is_there() -> None:
    """Addresses become bytes in their place; pictures that came as bytes are left alone."""
    taken: list[int] = []
    async with serving(picture) as port, named(port) as fetcher:
        urls = [ImageInput(f"image[{n}]", url=f"http://127.0.0.1:{port}/{n}") for n in range(6)]
        done = await fetcher.fetch_all([ImageInput("mask", data=b"m"), *urls], at_once=2, reserve=taken.append)
    assert [bytes(image.data or b"") for image in done] == [b"m", *(b"picture of /%d" % n for n in range(6))]
    assert [image.url for image in done] == [None] * 7
    assert sum(taken) == 6 * len(b"picture of /0")


async def test_the_first_failure_stops_the_others() -> None:
    """One bad address does not wait for a slow one, and says which it was."""
    async with serving(misbehaving) as port, named(port) as fetcher:
        base = f"http://127.0.0.1:{port}"
        images = [ImageInput("image[0]", url=f"{base}/silent"), ImageInput("image[1]", url=f"{base}/missing")]
        with pytest.raises(RetouchError) as caught:
            await asyncio.wait_for(fetcher.fetch_all(images), 5)
    assert caught.value.param == "image[1]"


async def test_memory_can_be_refused() -> None:
    """What reserves memory may stop a fetch, and its error is the answer."""

    def full(_: int) -> None:
        raise RetouchError(Code.OVERLOADED, "full")

    async with serving(picture) as port, named(port) as fetcher:
        with pytest.raises(RetouchError, match="full"):
            await fetcher.fetch(f"http://127.0.0.1:{port}/", param="image", reserve=full)


async def test_fetching_can_be_switched_off() -> None:
    """With fetch.enabled=false every address is refused, saying so."""
    async with Fetcher(FetchSettings(enabled=False, allow_hosts=("127.0.0.1",))) as fetcher:
        with pytest.raises(RetouchError, match="does not fetch") as caught:
            await fetcher.fetch("http://127.0.0.1/", param="image")
    assert caught.value.param == "image"
