"""Parity: google-genai and our engine say the same to Google."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from google import genai
from google.genai import types

from retouch.domain.picture import Size
from retouch.engines.gemini import Gemini
from retouch.engines.upstream import Client
from upstreams.calls import call, made, picture
from upstreams.gemini import GeminiUpstream
from upstreams.server import Seen

# The SDK's own: it derives from aiohttp's session class.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")


@pytest.fixture
async def upstream() -> AsyncIterator[GeminiUpstream]:
    """The stand-in."""
    async with GeminiUpstream() as upstream:
        yield upstream


def meaning(seen: Seen) -> tuple[object, ...]:
    """What a request comes to: protobuf's JSON reads both spellings of a name, and both alphabets of base64."""
    headers = {name: seen.headers.get(name) for name in ("x-goog-api-key", "content-type", "authorization")}
    return seen.method, seen.path, headers, _camel(seen.json)


def _camel(value: Any) -> Any:
    if isinstance(value, list):
        return [_camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    words = {name: name.split("_") for name in value}
    camel = {first + "".join(map(str.title, rest)): _camel(value[name]) for name, (first, *rest) in words.items()}
    if "data" in camel:
        camel["data"] = camel["data"].replace("-", "+").replace("_", "/")
    return camel


PNG, JPEG = picture(), picture((50, 40), "jpeg", seed=1)
PART = {
    image.format: types.Part.from_bytes(data=bytes(image.data), mime_type=f"image/{image.format}")
    for image in (PNG, JPEG)
}


SAME: dict[str, tuple[list[Any], dict[str, Any], dict[str, Any]]] = {
    "plain": ([PART["png"]], {}, {"size": None, "images": (PNG,)}),
    "several": ([PART["png"], PART["jpeg"]], {}, {"size": None, "images": (PNG, JPEG)}),
    "ratio": ([PART["png"]], {"aspect_ratio": "16:9"}, {"size": Size(1344, 768), "model": "gemini-2.5-flash-image"}),
    "tier": ([PART["png"]], {"aspect_ratio": "1:1", "image_size": "2K"}, {"size": Size(2048, 2048)}),
    "half": (
        [PART["png"]],
        {"aspect_ratio": "8:1", "image_size": "512"},
        {"size": Size(1536, 192), "model": "gemini-3.1-flash-image"},
    ),
}


@pytest.mark.parametrize("name", SAME)
async def test_parity(name: str, upstream: GeminiUpstream, client: Client) -> None:
    """Method, path, key, and every field of the body."""
    parts, shape, ours = SAME[name]
    wanted = call(**{"model": "gemini-3-pro-image", **ours})
    options = types.HttpOptions(base_url=upstream.root, api_version="v1beta")
    async with genai.Client(api_key=upstream.key, http_options=options).aio as sdk:
        answer = await sdk.models.generate_content(
            model=wanted.model,
            contents=[*parts, wanted.prompt],
            config=types.GenerateContentConfig(
                response_modalities=["IMAGE"], image_config=types.ImageConfig(**shape), seed=wanted.seeds[0]
            ),
        )
    (image,) = await made(Gemini({"base_url": upstream.root}, client, {"GEMINI_API_KEY": upstream.key}), wanted)
    theirs, own = upstream.seen
    assert meaning(own) == meaning(theirs)
    images = [part.inline_data for part in answer.parts or () if part.inline_data and not part.thought]
    assert [part.data for part in images] == [image.picture.data]
