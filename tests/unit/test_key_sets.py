"""Keys that an issuer publishes, read from a real server on loopback: kept, rotated, and bounded."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from retouch.admission.key_sets import (
    FRESH_SECONDS,
    MAX_BYTES,
    PAUSE_SECONDS,
    STALE_SECONDS,
    KeySet,
    KeySetError,
    parse_key_set,
    read_key_set,
)
from retouch.admission.tokens import Issuer, Tokens
from retouch.domain.errors import Code, RetouchError
from support.tokens import AUDIENCE, ISSUER, Store, ec_key, ed_key, key_set, rsa_key


@dataclass
class Issuing:
    """An issuer's JWKS address: what it answers, and how often it was asked."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    hold: asyncio.Event | None = None
    url: str = ""
    now: float = 1000.0

    def clock(self) -> float:
        return self.now

    def key_set(self) -> KeySet:
        return KeySet(self.url, clock=self.clock)

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        if self.hold:
            await self.hold.wait()
        return web.Response(body=self.body, status=self.status, headers=self.headers)


@pytest.fixture
async def issuing() -> AsyncIterator[Issuing]:
    issuing = Issuing()
    app = web.Application()
    app.router.add_get("/keys", issuing.answer)
    listener = socket.create_server(("127.0.0.1", 0))
    issuing.url = f"http://127.0.0.1:{listener.getsockname()[1]}/keys"
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    yield issuing
    await runner.cleanup()


OLD, NEW = rsa_key("old"), ec_key("new")


async def test_keys_are_read_once_and_kept(issuing: Issuing) -> None:
    """However many ask at once; and again when they are no longer fresh."""
    issuing.body, keys = key_set(OLD.jwk, NEW.jwk), issuing.key_set()
    found = await asyncio.gather(*(keys.find(kid) for kid in ("old", "new") * 10))
    assert {verifier.algorithm for verifier in found if verifier} == {"RS256", "ES256"}
    assert issuing.asked == 1
    issuing.now += FRESH_SECONDS - 1
    assert await keys.find("old")
    assert issuing.asked == 1
    issuing.now += 2
    assert await keys.find("old")
    assert issuing.asked == 2


async def test_a_new_key_is_found_and_an_old_one_refused_after_rotation(issuing: Issuing) -> None:
    """By tokens, as they come: the first one with an unknown key id reads the set again."""
    issuing.body, keys, store = key_set(OLD.jwk), issuing.key_set(), Store()
    tokens = Tokens(store, store, [Issuer(name=ISSUER, audience=AUDIENCE, keys=keys)], [b"ours"])
    by_old, by_new = OLD.sign({"kid": "old"}), NEW.sign({"kid": "new"})
    assert await tokens.caller(by_old)
    issuing.body = key_set(NEW.jwk)
    issuing.now += PAUSE_SECONDS + 1
    assert await tokens.caller(by_new)
    assert await tokens.caller(by_old) is None
    assert issuing.asked == 2


async def test_unknown_key_ids_cannot_make_us_ask_often(issuing: Issuing) -> None:
    """A stranger invents a thousand: the issuer is asked once in ten seconds."""
    issuing.body, keys = key_set(OLD.jwk), issuing.key_set()
    for number in range(1000):
        assert await keys.find(f"invented {number}") is None
    assert issuing.asked == 1
    issuing.now += PAUSE_SECONDS + 1
    await asyncio.gather(*(keys.find(f"another {number}") for number in range(100)))
    assert issuing.asked == 2


async def test_an_issuer_that_is_away_does_not_stop_what_was_known(issuing: Issuing) -> None:
    """For an hour; then, and where nothing was ever read, callers are told to come back."""
    issuing.status, keys = 500, issuing.key_set()
    for _ in range(10):
        with pytest.raises(RetouchError, match="issuer") as caught:
            await keys.find("old")
        assert (caught.value.code, caught.value.retry_after) == (Code.OVERLOADED, PAUSE_SECONDS)
    assert issuing.asked == 1
    issuing.status, issuing.body = 200, key_set(OLD.jwk)
    issuing.now += PAUSE_SECONDS + 1
    assert await keys.find("old")
    issuing.status = 500
    issuing.now += STALE_SECONDS - 1
    assert await keys.find("old")
    issuing.now += 2
    with pytest.raises(RetouchError):
        await keys.find("old")


async def test_who_leaves_does_not_stop_the_reading_for_the_others(issuing: Issuing) -> None:
    issuing.body, issuing.hold, keys = key_set(OLD.jwk), asyncio.Event(), issuing.key_set()
    first, second = asyncio.create_task(keys.find("old")), asyncio.create_task(keys.find("old"))
    async with asyncio.timeout(10):
        while not issuing.asked:
            await asyncio.sleep(0)
        first.cancel()
        issuing.hold.set()
        assert await second
    assert issuing.asked == 1


async def test_without_a_key_id_the_only_key_is_meant(issuing: Issuing) -> None:
    """With several it would be a guess."""
    issuing.body = key_set({name: value for name, value in OLD.jwk.items() if name != "kid"})
    assert await issuing.key_set().find(None)
    issuing.body = key_set(OLD.jwk, NEW.jwk)
    assert await issuing.key_set().find(None) is None


async def test_what_is_read_is_bounded(issuing: Issuing, monkeypatch: pytest.MonkeyPatch) -> None:
    """In size and time; and the address is the operator's, not one that it redirects to."""
    issuing.body = b" " * (MAX_BYTES + 1)
    with pytest.raises(KeySetError, match="larger"):
        await read_key_set(issuing.url)
    issuing.body, issuing.status, issuing.headers = key_set(OLD.jwk), 302, {"location": issuing.url}
    with pytest.raises(KeySetError, match="302"):
        await read_key_set(issuing.url)
    monkeypatch.setattr("retouch.admission.key_sets.READ_SECONDS", 0.2)
    issuing.hold = asyncio.Event()
    with pytest.raises(KeySetError, match="Timeout"):
        await read_key_set(issuing.url)
    issuing.hold.set()
    with pytest.raises(KeySetError, match="Connect"):
        await read_key_set("http://127.0.0.1:9/keys")


@pytest.mark.parametrize(
    "document",
    [b"", b"<html>", b"[]", b"{}", b'{"keys": {}}', b'{"keys": []}', b'{"keys": [1, {"kty": "oct", "k": "AAAA"}]}'],
)
def test_a_document_without_usable_keys_is_an_error(document: bytes) -> None:
    """And does not replace the keys that were known."""
    with pytest.raises(KeySetError):
        parse_key_set(document)


def test_unusable_keys_do_not_spoil_the_others() -> None:
    document = key_set({"kty": "oct", "k": "AAAA", "kid": "old"}, OLD.jwk, {"kty": "EC"}, ed_key("ed").jwk)
    assert {kid: verifier.algorithm for kid, verifier in parse_key_set(document).items()} == {
        "old": "RS256",
        "ed": "EdDSA",
    }
