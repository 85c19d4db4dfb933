"""application/json: OpenAI's objects, plain strings, and what strict JSON refuses."""

import base64
from typing import Any

import orjson
import pytest

from retouch.domain.edit import EditRequest
from retouch.domain.errors import Code, RetouchError
from retouch.wire.form import Budget, FormBounds, Receive, read_edit

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
TEXT = base64.b64encode(PNG).decode()
DATA = f"data:image/png;base64,{TEXT}"
BIG = b"\x89PNG" + bytes(range(256)) * 200
BOUNDS = FormBounds(body_bytes=6_000_000, image_bytes=4_000_000, text_bytes=60_000, images=4)


def receiving(body: bytes) -> Receive:
    """ASGI's receive over a body in pieces of 64 KB."""
    pieces = [body[start : start + 65_536] for start in range(0, len(body), 65_536)]

    async def receive() -> dict[str, object]:
        piece = pieces.pop(0) if pieces else b""
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    return receive


async def read(body: bytes, content_type: str = "application/json") -> EditRequest:
    budget = Budget(20_000_000)
    with budget.lease() as lease:
        edit = await read_edit(receiving(body), {"content-type": content_type}, BOUNDS, lease)
        pictures = [*edit.images, edit.mask] if edit.mask else edit.images
        assert lease.held == sum(len(picture.data or b"") for picture in pictures)
    assert budget.held == 0
    return edit


async def of(**fields: Any) -> EditRequest:
    return await read(orjson.dumps({"prompt": "remove it", "image": TEXT} | fields))


async def refusal(body: bytes) -> RetouchError:
    with pytest.raises(RetouchError) as caught:
        await read(body)
    return caught.value


@pytest.mark.parametrize("value", [TEXT, DATA, {"image_url": DATA}, {"image_url": {"url": DATA}}, [TEXT], [None, DATA]])
async def test_a_picture_in_every_form(value: object) -> None:
    """S0's strings and OpenAI's objects, one or a list, as image, images and mask."""
    edit = await read(orjson.dumps({"prompt": "x", "images": value, "mask": value, "file_id": None}))
    assert [bytes(image.data or b"") for image in edit.images] == [PNG]
    assert edit.mask is not None
    assert bytes(edit.mask.data or b"") == PNG


async def test_body_order_between_image_and_images() -> None:
    """`images` first in the body is first in the edit; each is called as the caller called it."""
    body = {"images": [DATA, "http://a.test/1"], "prompt": "x", "image": {"image_url": "https://a.test/2"}}
    edit = await read(orjson.dumps(body))
    assert [image.field for image in edit.images] == ["images[0]", "images[1]", "image"]
    assert [image.url for image in edit.images] == [None, "http://a.test/1", "https://a.test/2"]


async def test_null_and_empty_are_absent() -> None:
    """Typed clients send every field they know, most of them null."""
    edit = await of(n=None, size=None, mask=None, images=[], model="", user="", style=None, stream=None)
    assert edit.sent == {"prompt", "image"}
    assert (edit.n, edit.size, edit.model, edit.stream) == (1, None, None, False)


@pytest.mark.parametrize("escape", [b"/", b"\\/", b"\\u002f"], ids=["plain", "php", "unicode"])
async def test_long_strings_are_read_in_place(escape: bytes) -> None:
    """A picture is decoded where it lies in the body; PHP escapes its slashes."""
    body = orjson.dumps({"image": base64.b64encode(BIG).decode(), "prompt": 'a "b" \\ ü'})
    edit = await read(body.replace(b"/", escape))
    assert bytes(edit.images[0].data or b"") == BIG
    assert edit.prompt == 'a "b" \\ ü'


@pytest.mark.parametrize("escape", [b"/", b"\\/", b"\\u002f"], ids=["plain", "php", "unicode"])
async def test_bodies_above_the_thread_threshold(escape: bytes) -> None:
    """A big body is read in a thread and in blocks, with line ends and slashes escaped anywhere, to the same end."""
    big = BIG * 40
    for text in (base64.b64encode(big), base64.encodebytes(big)):
        body = orjson.dumps({"prompt": "x", "image": [{"image_url": "data:;base64," + text.decode()}]})
        edit = await read(body.replace(b"/", escape))
        assert bytes(edit.images[0].data or b"") == big


async def test_a_long_prompt_is_text_again() -> None:
    """A prompt long enough to be cut out of the body comes back whole."""
    prompt = 'say "ü" \\ 🙂 ' * 1_800
    assert (await of(prompt=prompt)).prompt == prompt


async def test_a_byte_order_mark_is_forgiven() -> None:
    """PowerShell writes one."""
    assert (await read(b"\xef\xbb\xbf" + orjson.dumps({"prompt": "x", "image": TEXT}))).prompt == "x"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", "body"),
        (b"[1]", "body"),
        (b"null", "body"),
        (b'"' + b"a" * 20_000 + b'"', "body"),
        (b'{"prompt": "x"', "body"),
        (b'{"prompt": NaN}', "body"),
        (b'{"prompt": "\\ud800"}', "body"),
        (b'{"prompt": "\xff"}', "body"),
        (b'{"n": 1e400}', "body"),
        (b'{"n":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "body"),
        (b'{"n":' + b"[" * 900 + b"]" * 900 + b"}", "n"),
        (b'{"a":[' + b"[]," * 1_000_000 + b"[]]}", "body"),
        (b'{"a":["' + b'","' * 400_000 + b'"]}', "body"),
        (b'{"image":"' + b"\\" * 2_000_001 + b'"}', "body"),
        (b'{"image":"' + b"A" * 2_000_000, "body"),
        (b'{"' + b"k" * 20_000 + b'":1}', "body"),
        (b'{"n":1,"n":1}', "n"),
        (b'{"image":"","image":""}', "image"),
        (b'{"image":{"image_url":"","image_url":""}}', "image_url"),
        (b'{"prompt":"' + b"p" * 60_001 + b'"}', "prompt"),
        (b'{"prompt":"' + b"p" * 20_000 + b'\n"}', "prompt"),
        (b'{"prompt":"a\\u0000b"}', "prompt"),
        (b'{"model":"' + b"m" * 20_000 + b'"}', "model"),
        (b'{"seed": 18446744073709551616}', "seed"),
        (b'{"imag": "x"}', "imag"),
        (b'{"image": 3}', "image"),
        (b'{"image": true}', "image"),
        (b'{"image": [[]]}', "image[0]"),
        (b'{"images": ["", "!!"]}', "images[1]"),
        (b'{"image": "\\u0000\\u0001"}', "image"),
        (b'{"image": {}}', "image"),
        (b'{"image": {"image_url": "http://a.test", "detail": "high"}}', "image"),
        (b'{"image": {"image_url": {"url": "http://a.test", "detail": "high"}}}', "image"),
        (b'{"image": {"image_url": 3}}', "image"),
        (b'{"images": [{"file_id": "file-1"}]}', "images[0]"),
        (b'{"images": [{"file_id": "file-1", "image_url": "http://a.test"}]}', "images[0]"),
        (b'{"mask": ["http://a.test", "http://b.test"]}', "mask"),
    ],
)
async def test_refusals_name_the_field(body: bytes, param: str) -> None:
    """What is wrong is said with the field as the caller spells it, and the body where it is no object."""
    error = await refusal(body)
    assert error.param == param
    assert error.code in (
        Code.INVALID_REQUEST,
        Code.INVALID_IMAGE,
        Code.UNSUPPORTED_PARAMETER,
        Code.PAYLOAD_TOO_LARGE,
    )


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "image/png", "multipart/mixed; boundary=x"]
)
async def test_other_bodies(content_type: str) -> None:
    """Anything else is told the two forms."""
    with pytest.raises(RetouchError, match=r"multipart/form-data or application/json"):
        await read(b"{}", content_type)
