"""What an engine finds out of its provider without paying: for `retouch doctor`."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from retouch.domain.engine import Reachable, Reached
from retouch.engines.compatible import build
from retouch.engines.fal import Fal
from retouch.engines.gemini import Gemini
from retouch.engines.openai_images import OpenAIImages
from retouch.engines.upstream import Client
from support.server import free_port
from upstreams.compatible import CompatibleUpstream
from upstreams.fal import FalUpstream
from upstreams.faults import Fault, answers, busy, cut, drops, fails, mangles, slow
from upstreams.gemini import GeminiUpstream
from upstreams.openai_images import OpenAIUpstream
from upstreams.server import Upstream

NAMES = ("openai", "gemini", "fal", "gpu1")
UPSTREAMS: dict[str, type[Upstream]] = {
    "openai": OpenAIUpstream,
    "gemini": GeminiUpstream,
    "fal": FalUpstream,
    "gpu1": CompatibleUpstream,
}
#: Where an operator puts the key of each.
KEYS = {
    "openai": "OPENAI_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "fal": "FAL_KEY",
    "gpu1": "RETOUCH_ENGINES__GPU1__API_KEY",
}


@dataclass
class Pair:
    """A provider and the engine for it."""

    name: str
    upstream: Upstream
    client: Client

    def engine(self, *, key: str | None = None, root: str | None = None) -> Reachable:
        """The engine with the provider's key, or another; at its address, or another."""
        key = key or self.upstream.key
        root = root or self.upstream.root
        engines: dict[str, Any] = {
            "openai": lambda: OpenAIImages({"base_url": f"{root}/v1", "api_key": key}, self.client, {}),
            "gemini": lambda: Gemini({"base_url": root, "api_key": key}, self.client, {}),
            "fal": lambda: Fal({"base_url": root, "rest_url": root, "api_key": key}, self.client, {}),
            "gpu1": lambda: build(
                {"gpu1": {"kind": "vllm-omni", "base_url": f"{root}/v1", "api_key": key}}, self.client
            )[-1],
        }
        found = engines[self.name]()
        assert isinstance(found, Reachable)
        return found


@pytest.fixture(params=NAMES)
async def pair(request: pytest.FixtureRequest, client: Client) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(UPSTREAMS[request.param]())
        yield Pair(request.param, upstream, client)


async def ask(engine: Reachable, seconds: float = 20) -> Reached:
    return await engine.reach(time.monotonic() + seconds)


async def test_a_provider_that_answers_and_takes_the_key(pair: Pair) -> None:
    """Only requests that cost nothing were sent."""
    found = await ask(pair.engine())
    assert found.ok, found
    assert found.found.startswith("answers")
    assert found.date is not None
    assert abs(found.date - time.time()) < 60
    free = {("GET", "/v1/models"), ("GET", "/v1beta/models"), ("POST", "/storage/auth/token")}
    sent = {(seen.method, seen.path) for seen in pair.upstream.seen}
    assert {one for one in sent if not one[1].endswith("/status")} <= free
    assert sent


async def test_the_models_that_it_lists(client: Client) -> None:
    async with OpenAIUpstream() as openai, GeminiUpstream() as gemini:
        found = await ask(Pair("openai", openai, client).engine())
        assert found.models == openai.models
        assert found.found == f"answers and takes the key; it lists {len(openai.models)} models"
        assert "gemini-3.1-flash-image" in (await ask(Pair("gemini", gemini, client).engine())).models


async def test_an_expired_key_is_told_with_the_setting_and_without_the_key(pair: Pair) -> None:
    secret = "sk-this-key-has-expired-0123456789"
    found = await ask(pair.engine(key=secret))
    assert not found.ok
    assert found.found.startswith("refuses the key")
    assert found.advice == f"put a valid key into {KEYS[pair.name]}"
    assert secret not in found.found


async def test_a_dead_host(pair: Pair) -> None:
    found = await ask(pair.engine(root=f"http://127.0.0.1:{free_port()}"))
    assert (found.ok, found.found) == (False, "the connection was refused")
    assert "BASE_URL" in found.advice or "REST_URL" in found.advice


async def test_a_slow_host_is_waited_for_up_to_the_deadline(pair: Pair) -> None:
    pair.upstream.order(slow(asyncio.Event()), slow(asyncio.Event()))
    found = await ask(pair.engine(), seconds=0.2)
    assert (found.ok, found.found) == (False, "no answer in time")


@pytest.mark.parametrize(
    ("fault", "words", "advice"),
    [
        (answers(402, {"error": {"message": "No funds."}}), "the account is used up", "top up"),
        (busy(), "takes no more requests now", "wait"),
        (fails(), "answers 500", "status page"),
        (answers(404, b"<html>"), "there is no such page (404)", "OPENAI__BASE_URL"),
        (answers(301, b"", location="https://elsewhere.example"), "answers 301", ""),
        (cut(5), "the connection was cut", "OPENAI__BASE_URL"),
        (drops(), "closed without an answer", "OPENAI__BASE_URL"),
    ],
)
async def test_what_else_can_be_wrong(client: Client, fault: Fault, words: str, advice: str) -> None:
    async with OpenAIUpstream() as upstream:
        # GET may be sent again over a connection that broke (RFC 9110, 9.2.2), and is.
        upstream.order(fault, fault)
        found = await ask(Pair("openai", upstream, client).engine())
    assert not found.ok
    assert words in found.found
    assert advice in found.advice


async def test_a_list_that_cannot_be_read_is_an_answer_all_the_same(client: Client) -> None:
    async with OpenAIUpstream() as upstream:
        upstream.order(mangles())
        found = await ask(Pair("openai", upstream, client).engine())
    assert (found.ok, found.models) == (True, frozenset())


async def test_a_server_without_a_list_of_models_answers(client: Client) -> None:
    """SGLang and others have none at this address."""
    async with CompatibleUpstream() as upstream:
        upstream.order(answers(404, {"detail": "Not Found"}))
        found = await ask(Pair("gpu1", upstream, client).engine())
    assert (found.ok, found.found) == (True, "answers")


async def test_fal_is_asked_in_both_its_places(client: Client) -> None:
    """Its storage takes the key, and its queue is somewhere else."""
    async with FalUpstream() as upstream:
        upstream.at("status", answers(503, b"<html>"))
        found = await ask(Pair("fal", upstream, client).engine())
        assert sorted(upstream.steps()) == ["status", "token"]
    assert (found.ok, found.found) == (False, "answers 503")
