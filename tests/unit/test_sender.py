"""Messages to addresses of callers: the same doors are closed as for pictures, and answers are not looked at."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from retouch.domain.errors import Code, RetouchError
from retouch.fetch import FetchSettings, Sender, check_address
from support.addresses import Names, serving

CLOSED = "its host is not a public one, cannot be found or does not answer"


def pretend(names: Names, port: int, **more: Any) -> Sender:
    """A sender for which 127.0.0.1 is the public internet and 127.0.0.2 is a private network."""
    settings = FetchSettings(ports=frozenset({port}), **{"seconds": 3.0, **more})
    return Sender(settings, resolver=names, gate=lambda ip: ip == "127.0.0.1")


@pytest.fixture
async def seen() -> AsyncIterator[tuple[list[tuple[str, bytes, dict[str, str]]], int]]:
    """A server that takes everything, but redirects from /moved, and hangs at /slow."""
    found: list[tuple[str, bytes, dict[str, str]]] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        found.append((request.path, await request.read(), {k.lower(): v for k, v in request.headers.items()}))
        if request.path == "/slow":
            await asyncio.Event().wait()
        if request.path == "/moved":
            return web.Response(status=302, headers={"location": "/elsewhere"})
        return web.Response(body=b"a secret of the receiver")

    async with serving(answer) as port:
        yield found, port


async def test_a_message_arrives_as_it_was_signed(seen: Any) -> None:
    """Byte for byte, with its headers and the right host."""
    found, port = seen
    async with pretend(Names(a_test=[["127.0.0.1"]]), port) as sender:
        sent = await sender.send(f"http://a.test:{port}/hook", b'{"a": 1}', {"webhook-id": "x"})
    assert (sent.ok, sent.status, sent.error) == (True, 200, None)
    [(path, body, headers)] = found
    assert (path, body, headers["webhook-id"], headers["host"]) == ("/hook", b'{"a": 1}', "x", f"a.test:{port}")


async def test_a_redirect_is_not_followed(seen: Any) -> None:
    found, port = seen
    async with pretend(Names(a_test=[["127.0.0.1"]]), port) as sender:
        sent = await sender.send(f"http://a.test:{port}/moved", b"x", {})
    assert (sent.ok, sent.status) == (False, 302)
    assert [path for path, _, _ in found] == ["/moved"]


@pytest.mark.parametrize(
    "host", ["private.test", "mixed.test", "unknown.test", "127.0.0.2", "[::1]", "[::ffff:127.0.0.2]", "0x7f.2"]
)
async def test_a_closed_host_gets_nothing_and_all_are_told_the_same(seen: Any, host: str) -> None:
    """By name, by number, in disguise, or with one closed address among others."""
    found, port = seen
    names = Names(private_test=[["127.0.0.2"]], mixed_test=[["127.0.0.1", "127.0.0.2"]])
    async with pretend(names, port) as sender:
        sent = await sender.send(f"http://{host}:{port}/hook", b"x", {})
    assert (sent.ok, sent.status, sent.error) == (False, None, CLOSED)
    assert found == []


async def test_a_name_that_changes_its_mind_is_looked_up_with_each_message(seen: Any) -> None:
    """Public when it was kept, private now."""
    found, port = seen
    async with pretend(Names(a_test=[["127.0.0.1"], ["127.0.0.2"]]), port) as sender:
        first = await sender.send(f"http://a.test:{port}/hook", b"x", {})
        then = await sender.send(f"http://a.test:{port}/hook", b"x", {})
    assert (first.ok, then.ok, then.error) == (True, False, CLOSED)
    assert len(found) == 1


async def test_a_silent_host_is_given_up(seen: Any) -> None:
    _, port = seen
    async with pretend(Names(a_test=[["127.0.0.1"]]), port, seconds=0.2) as sender:
        sent = await sender.send(f"http://a.test:{port}/slow", b"x", {})
    assert (sent.status, sent.error) == (None, "no answer within 0.2 s")


async def test_turned_off_nothing_is_sent(seen: Any) -> None:
    found, port = seen
    async with pretend(Names(a_test=[["127.0.0.1"]]), port, enabled=False) as sender:
        assert not (await sender.send(f"http://a.test:{port}/hook", b"x", {})).ok
    assert found == []
    with pytest.raises(RetouchError) as caught:
        check_address("https://example.com/", FetchSettings(enabled=False), param="url")
    assert (caught.value.code, caught.value.param) == (Code.INVALID_REQUEST, "url")
