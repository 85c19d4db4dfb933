"""Every model of the catalogue, and what a caller may ask of it: each cell of the table in the docs, seen to be true.

The row of each model is asked through the OpenAI SDK of a real server, whose engines speak to wire-true upstreams.
`make features` writes the table anew.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import openai
import pytest

from retouch.routing.catalog import load_catalog
from support.features import FEATURES, PAGE, Asking, cell, rows_of
from support.server import KEY, Server, running_server
from upstreams.fal import FalUpstream
from upstreams.gemini import GeminiUpstream
from upstreams.openai_images import OpenAIUpstream
from upstreams.server import Upstream

CATALOG = load_catalog({})
ROUTED = [model.id for model in CATALOG if model.routes]


@dataclass(frozen=True)
class Providers:
    """All of them on loopback, and a server that knows them."""

    server: Server
    upstreams: tuple[Upstream, ...]


@pytest.fixture(scope="session")
async def providers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Providers]:
    async with AsyncExitStack() as stack:
        open_ai = await stack.enter_async_context(OpenAIUpstream(repaints=True))
        gemini = await stack.enter_async_context(GeminiUpstream(repaints=True))
        fal = await stack.enter_async_context(FalUpstream(repaints=True))
        config = tmp_path_factory.mktemp("features") / "retouch.toml"
        config.write_text("")
        environment = {
            "RETOUCH_CONFIG": str(config),
            "OPENAI_API_KEY": open_ai.key,
            "GEMINI_API_KEY": gemini.key,
            "FAL_KEY": fal.key,
            "RETOUCH_ENGINES__OPENAI__BASE_URL": open_ai.base_url,
            "RETOUCH_ENGINES__GEMINI__BASE_URL": gemini.base_url,
            "RETOUCH_ENGINES__FAL__BASE_URL": fal.base_url,
            "RETOUCH_ENGINES__FAL__REST_URL": fal.root,
            "RETOUCH_ENGINES__FAL__POLL_SECONDS": "0.01",
        }
        # In a thread: the upstreams answer on this loop.
        manager = running_server(environment)
        server = await asyncio.to_thread(manager.__enter__)
        stack.push_async_callback(asyncio.to_thread, manager.__exit__, None, None, None)
        yield Providers(server, (open_ai, gemini, fal))


@pytest.fixture
async def sdk(providers: Providers) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{providers.server.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


@pytest.mark.parametrize("model", ROUTED)
async def test_a_model_does_what_the_docs_say(
    model: str, providers: Providers, sdk: openai.AsyncOpenAI, record_property: Callable[[str, object], None]
) -> None:
    """Each feature is native, emulated or refused by name, as the table says; none is dropped in silence."""
    cells = []
    for feature in FEATURES:
        for upstream in providers.upstreams:
            upstream.seen.clear()
        cells.append(await cell(Asking(sdk, model, providers.upstreams), feature))
    record_property("features", (model, *cells))
    if "RETOUCH_WRITE_FEATURES" not in os.environ:
        assert rows_of(PAGE.read_text())[model] == cells


def test_every_model_has_its_row() -> None:
    """Those without a route say so: there is nobody to ask."""
    rows = rows_of(PAGE.read_text())
    assert set(rows) == {model.id for model in CATALOG}
    for model in CATALOG:
        if not model.routes:
            assert rows[model.id] == ["no route"] * len(FEATURES)
