"""The bytes of uploads in memory are counted until their edit has ended, however its answer is awaited."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import openai
import pytest

from support.images import encoded, photo
from support.server import KEY, Server, running_server
from upstreams.faults import slow
from upstreams.openai_images import OpenAIUpstream

PICTURE = encoded(photo(256, 256))
SECONDS = 60.0


@pytest.fixture
async def provider() -> AsyncIterator[OpenAIUpstream]:
    async with OpenAIUpstream() as upstream:
        yield upstream


@pytest.fixture
async def server(provider: OpenAIUpstream) -> AsyncIterator[Server]:
    """It holds one of our pictures at a time, and not two."""
    settings = {
        "OPENAI_API_KEY": provider.key,
        "RETOUCH_ENGINES__OPENAI__BASE_URL": provider.base_url,
        "RETOUCH_LIMITS__UPLOADS_MB": str(1.5 * len(PICTURE) / 1e6),
    }
    manager = running_server(settings)
    yield await asyncio.to_thread(manager.__enter__)  # in a thread: the provider answers on this loop
    await asyncio.to_thread(manager.__exit__, None, None, None)


async def test_an_edit_that_streams(server: Server, provider: OpenAIUpstream) -> None:
    go_on = asyncio.Event()
    provider.faults.append(slow(go_on))
    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client:
        images = client.images
        stream = await images.edit(model="gpt-image-2", image=PICTURE, prompt="dusk", stream=True)
        with pytest.raises(openai.InternalServerError, match="holding as many uploads"):
            await images.edit(model="gpt-image-2", image=PICTURE, prompt="dawn")
        go_on.set()
        assert [event.type async for event in stream] == ["image_edit.completed"]
        assert (await images.edit(model="gpt-image-2", image=PICTURE, prompt="dawn")).data


async def test_an_edit_that_runs_on_without_its_client(server: Server, provider: OpenAIUpstream) -> None:
    go_on = asyncio.Event()
    provider.faults.append(slow(go_on))
    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client:
        leaving = asyncio.create_task(client.images.edit(model="gpt-image-2", image=PICTURE, prompt="dusk"))
        await asyncio.wait_for(provider.arrived.wait(), SECONDS)
        leaving.cancel()
        await asyncio.wait({leaving})
        with pytest.raises(openai.InternalServerError, match="holding as many uploads"):
            await client.images.edit(model="gpt-image-2", image=PICTURE, prompt="dawn")
        go_on.set()
        async with asyncio.timeout(SECONDS):
            while await _under_way(client):
                await asyncio.sleep(0.05)  # the end comes from another process
        assert (await client.images.edit(model="gpt-image-2", image=PICTURE, prompt="dawn")).data


async def _under_way(client: openai.AsyncOpenAI) -> bool:
    answer = await client.get("/edits", cast_to=httpx.Response)
    return any(edit["state"] == "running" for edit in answer.json()["data"])
