"""What the official OpenAI SDK really sends, read by the parser."""

import io
import json
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import openai

from retouch.domain.edit import Background, EditRequest, Fit
from retouch.domain.picture import Format, Size
from retouch.wire.form import Budget, FormBounds, read_edit

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 100


@asynccontextmanager
async def sdk(edits: list[EditRequest]) -> AsyncIterator[openai.AsyncOpenAI]:
    """The SDK, pointed at an application that only parses."""

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with Budget(10**8).lease() as lease:
            edits.append(await read_edit(receive, headers, FormBounds(), lease))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps({"created": 1, "data": []}).encode()})

    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport) as http:
        yield openai.AsyncOpenAI(api_key="k", base_url="http://retouch.test/v1", http_client=http, max_retries=0)


async def sent(**arguments: Any) -> EditRequest:
    """The edit that `client.images.edit` asks for with these arguments."""
    edits: list[EditRequest] = []
    async with sdk(edits) as client:
        await client.images.edit(**{"prompt": "remove the cup", **arguments})
    assert len(edits) == 1
    return edits[0]


def data(edit: EditRequest) -> list[bytes]:
    return [bytes(image.data or b"") for image in edit.images]


async def test_one_image() -> None:
    """Raw bytes go as `image`, named `upload`, octet-stream."""
    edit = await sent(image=PNG)
    assert data(edit) == [PNG]
    assert edit == EditRequest(prompt="remove the cup", images=edit.images, sent=frozenset({"image", "prompt"}))
    assert edit.images[0].field == "image"


async def test_several_images_of_every_kind(tmp_path: Path) -> None:
    """A list goes as `image[]`: bytes, open files, paths and tuples, in order."""
    path = tmp_path / 'bücher "1".png'
    path.write_bytes(PNG)
    with path.open("rb") as opened:
        pictures = [JPEG, opened, path, ("a.jpg", JPEG), ("b", PNG, "image/png"), ("c", io.BytesIO(JPEG), None, {})]
        edit = await sent(image=pictures)
    assert data(edit) == [JPEG, PNG, PNG, JPEG, PNG, JPEG]
    assert [image.field for image in edit.images] == [f"image[{number}]" for number in range(6)]


async def test_every_parameter() -> None:
    """Scalars arrive as text, booleans as `true`, our own fields through extra_body."""
    edit = await sent(
        image=[PNG],
        mask=("mask.png", JPEG),
        model="gpt-image-1",
        n=2,
        size="1536x1024",
        quality="high",
        background="opaque",
        output_format="webp",
        output_compression=80,
        input_fidelity="high",
        response_format="b64_json",
        user="someone",
        safety_identifier="id-1",
        extra_body={"seed": 7, "fit": "contain", "negative_prompt": "blur", "moderation": "low", "mask_source": "mask"},
    )
    assert edit.mask is not None
    assert bytes(edit.mask.data or b"") == JPEG
    assert (edit.model, edit.n, edit.size, edit.quality) == ("gpt-image-1", 2, Size(1536, 1024), "high")
    assert (edit.background, edit.output_format, edit.output_compression) == (Background.OPAQUE, Format.WEBP, 80)
    assert (edit.input_fidelity, edit.response_format, edit.moderation) == ("high", "b64_json", "low")
    assert (edit.user, edit.safety_identifier) == ("someone", "id-1")
    assert (edit.seed, edit.fit, edit.negative_prompt) == (7, Fit.CONTAIN, "blur")
    assert edit.sent >= {"seed", "fit", "negative_prompt", "moderation", "mask_source", "mask", "image", "n"}


async def test_streaming() -> None:
    """`stream` and `partial_images` come as text parts."""
    edit = await sent(image=PNG, stream=True, partial_images=3)
    assert (edit.stream, edit.partial_images) == (True, 3)


async def test_null_and_omitted() -> None:
    """None is left out by the SDK; extra_body can send a nested picture."""
    edit = await sent(image=PNG, n=None, size=None, extra_body={"images": [{"image_url": "https://example.com/a.png"}]})
    assert (edit.n, edit.size) == (1, None)
    assert {image.url for image in edit.images} == {None, "https://example.com/a.png"}
