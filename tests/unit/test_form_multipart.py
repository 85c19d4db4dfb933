"""multipart/form-data as browsers, SDKs and curl write it, and as they should not."""

import base64
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retouch.domain.edit import EditRequest
from retouch.domain.errors import Code, RetouchError
from retouch.wire.form import Budget, FormBounds, Receive, read_edit

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
JPEG = b"\xff\xd8\xff\xe0\r\n--other\r\n" + bytes(300)
BOUNDS = FormBounds(body_bytes=200_000, image_bytes=50_000, text_bytes=2_000, images=4, parts=40, header_bytes=1_000)


def receiving(pieces: Iterable[bytes]) -> Receive:
    """ASGI's receive over these pieces."""
    waiting = iter(pieces)

    async def receive() -> dict[str, object]:
        piece = next(waiting, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    return receive


async def read(body: bytes, boundary: str = "x", *, cuts: Iterable[int] = ()) -> EditRequest:
    """The edit that a multipart body asks for, sent in pieces that end at `cuts`."""
    at = [0, *sorted(cuts), len(body)]
    pieces = [body[start:end] for start, end in pairwise(at)]
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    with Budget(10_000_000).lease() as lease:
        return await read_edit(receiving(pieces), headers, BOUNDS, lease)


def part(disposition: str, data: bytes, *more: str) -> bytes:
    lines = [f"Content-Disposition: form-data; {disposition}", *more]
    return b"--x\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + data + b"\r\n"


def field(name: str, value: str) -> bytes:
    return part(f'name="{name}"', value.encode())


def file(name: str, data: bytes) -> bytes:
    return part(f'name="{name}"; filename="a.png"', data, "Content-Type: image/png")


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--x--\r\n"


PROMPT = field("prompt", "remove it")
GOOD = body(
    file("image[]", PNG), field("n", "2"), file("image[]", JPEG), PROMPT, file("mask", PNG), field("size", "64x32")
)


async def refusal(data: bytes, boundary: str = "x") -> RetouchError:
    with pytest.raises(RetouchError) as caught:
        await read(data, boundary)
    return caught.value


async def test_files_and_fields_in_any_order() -> None:
    """Node sends keys as they were written, so files may come before the fields they belong to."""
    edit = await read(GOOD)
    assert [bytes(image.data or b"") for image in edit.images] == [PNG, JPEG]
    assert edit.mask is not None
    assert bytes(edit.mask.data or b"") == PNG
    assert (edit.prompt, edit.n, str(edit.size)) == ("remove it", 2, "64x32")
    assert edit.sent == {"image", "mask", "prompt", "n", "size"}


CURL = "------------------------d74496d66958873e"
NODE = "----formdata-undici-0a1b2c3d4e5f"
CLIENTS = {
    CURL: [
        'Content-Disposition: form-data; name="prompt"',
        'Content-Disposition: form-data; name="image[]"; filename="a.png"\r\nContent-Type: image/png',
        'Content-Disposition: form-data; name="image[]"; filename="say %22b%22.png"\r\nContent-Type: image/png',
    ],
    NODE: [
        'Content-Disposition: form-data; name="image[]"; filename="blob"\r\nContent-Type: application/octet-stream',
        'Content-Disposition: form-data; name="image[]"; filename="bücher.png"\r\nContent-Type: ',
        'Content-Disposition: form-data; name="prompt"',
    ],
}


@pytest.mark.parametrize("boundary", CLIENTS, ids=["curl", "node"])
async def test_bodies_of_other_clients(boundary: str) -> None:
    """curl 8 (fields first, %22 in file names) and Node's fetch (files may come first), without a length."""
    parts = [
        f"--{boundary}\r\n{head}\r\n\r\n".encode() + (b"remove it" if "prompt" in head else PNG) + b"\r\n"
        for head in CLIENTS[boundary]
    ]
    edit = await read(b"".join(parts) + f"--{boundary}--\r\n".encode(), boundary)
    assert edit.prompt == "remove it"
    assert [bytes(image.data or b"") for image in edit.images] == [PNG, PNG]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(GOOD)), max_size=30))
async def test_pieces_do_not_matter(cuts: list[int]) -> None:
    """The same body gives the same edit wherever the network cut it."""
    assert await read(GOOD, cuts=cuts) == await read(GOOD)


async def test_byte_by_byte() -> None:
    """Boundaries, headers and data all survive being sent a byte at a time."""
    assert await read(GOOD, cuts=range(1, len(GOOD))) == await read(GOOD)


async def test_body_order_is_kept_over_every_spelling() -> None:
    """Spellings mix in body order; an index names a picture in messages and moves nothing."""
    names = ["images", "image[3]", "image", "images[]"]
    sent = [PNG + bytes([number]) for number in range(4)]
    edit = await read(body(PROMPT, *(file(name, data) for name, data in zip(names, sent, strict=True))))
    assert [bytes(image.data or b"") for image in edit.images] == sent
    assert [image.field for image in edit.images] == ["images", "image[3]", "image[1]", "images[1]"]


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(PNG),
        base64.urlsafe_b64encode(PNG).rstrip(b"="),
        base64.encodebytes(PNG),
        b"\r\n " + base64.b64encode(PNG) + b"\n",
        b"data:image/jpeg;base64," + base64.b64encode(PNG),
        b"DATA:;charset=x;BASE64," + base64.b64encode(PNG),
        PNG,
    ],
    ids=["plain", "url-safe", "lines", "blanks", "data-url", "odd-data-url", "bytes-without-a-file-name"],
)
async def test_pictures_as_text_parts(text: bytes) -> None:
    """S0 sends base64 in text parts; some clients send a file without a file name."""
    edit = await read(body(PROMPT, part('name="image"', text)))
    assert bytes(edit.images[0].data or b"") == PNG


async def test_addresses_are_kept_for_later() -> None:
    """A text part that holds an address is not read here."""
    edit = await read(body(PROMPT, field("image", "HTTPS://example.com/a.png?b=c ")))
    assert (edit.images[0].url, edit.images[0].data) == ("HTTPS://example.com/a.png?b=c", None)


async def test_transfer_encoding_base64() -> None:
    """RFC 7578 deprecates it; old Java clients send it for files and for text."""
    encoded = "Content-Transfer-Encoding: base64"
    image = part('name="image"; filename="a"', base64.encodebytes(PNG).replace(b"\n", b"\r\n"), encoded)
    edit = await read(body(image, part('name="prompt"', base64.b64encode(b"hi"), encoded)))
    assert (bytes(edit.images[0].data or b""), edit.prompt) == (PNG, "hi")


@pytest.mark.parametrize(
    "disposition",
    [
        "name=image; filename=a.png",
        r'name="image"; filename="C:\pictures\a.png"',
        r'name="image"; filename="say \"hi\"; name=\"n\".png"',
        'filename="bücher.png"; name="image"',
        "name=\"image\"; filename*=utf-8''b%C3%BCcher.png",
        'NAME="image" ; FileName="a;b.png"',
        "name*=utf-8''image; filename=\"a\"",
    ],
)
async def test_dispositions(disposition: str) -> None:
    """Quotes, escapes, order, RFC 5987 and non-ASCII file names as clients write them."""
    edit = await read(body(part(disposition, PNG), PROMPT))
    assert bytes(edit.images[0].data or b"") == PNG


async def test_preamble_and_epilogue_are_ignored() -> None:
    """RFC 2046 allows text before the first boundary and after the last."""
    assert await read(b"ignore me\r\n" + GOOD + b"and me" * 100) == await read(GOOD)


async def test_empty_parts_are_absent() -> None:
    """A browser sends every input of its form, also those left empty."""
    empty = [field(name, "") for name in ("n", "size", "mask", "image", "n", "unknown")]
    edit = await read(body(*empty, part('name="mask"; filename=""', b""), file("image", PNG), PROMPT))
    assert edit.sent == {"image", "prompt"}
    assert (edit.mask, edit.n) == (None, 1)


@pytest.mark.parametrize(
    ("data", "code", "param"),
    [
        (body(PROMPT), Code.INVALID_REQUEST, "image"),
        (body(file("image", PNG)), Code.INVALID_REQUEST, "prompt"),
        (body(file("image", PNG), field("prompt", "  ")), Code.INVALID_REQUEST, "prompt"),
        (body(file("image", b""), PROMPT), Code.INVALID_IMAGE, "image"),
        (body(file("image", PNG), PROMPT, PROMPT), Code.INVALID_REQUEST, "prompt"),
        (body(file("mask", PNG), file("mask[]", PNG)), Code.INVALID_REQUEST, "mask"),
        (body(*[file("image[]", PNG)] * 5, PROMPT), Code.INVALID_REQUEST, "image"),
        (body(file("image", bytes(50_001)), PROMPT), Code.PAYLOAD_TOO_LARGE, "image"),
        (body(field("image", "A" * 90_000), PROMPT), Code.PAYLOAD_TOO_LARGE, "image"),
        (body(field("prompt", "p" * 2_001)), Code.PAYLOAD_TOO_LARGE, "prompt"),
        (body(field("promt", "x")), Code.UNSUPPORTED_PARAMETER, "promt"),
        (body(part('name="prompt"', b"\xff\xfe")), Code.INVALID_REQUEST, "prompt"),
        (body(part('name="user"', b"a\0b")), Code.INVALID_REQUEST, "user"),
        (body(field("image[]", "not base64!"), PROMPT), Code.INVALID_IMAGE, "image[0]"),
        (body(field("image", "ftp://example.com/a")), Code.INVALID_IMAGE, "image"),
        (body(field("image", "data:image/png,%89PNG")), Code.INVALID_IMAGE, "image"),
        (body(field("images[][file_id]", "file-1")), Code.UNSUPPORTED_PARAMETER, "images[][file_id]"),
        (GOOD[:-9], Code.INVALID_REQUEST, "body"),
        (b"", Code.INVALID_REQUEST, "body"),
        (b"--x--\r\n", Code.INVALID_REQUEST, "image"),
        (body(b"--x\r\nContent-Type: image/png\r\n\r\nabc\r\n"), Code.INVALID_REQUEST, "body"),
        (body(*[field("n", "")] * 41), Code.INVALID_REQUEST, "body"),
        (body(part('name="n"', b"1", "X-Long: " + "y" * 1_000)), Code.INVALID_REQUEST, "body"),
    ],
)
async def test_refusals_name_the_field(data: bytes, code: Code, param: str) -> None:
    """What is wrong is said with a code and the field as the caller spells it."""
    error = await refusal(data)
    assert (error.code, error.param) == (code, param)


@pytest.mark.parametrize("boundary", ["", "y" * 300])
async def test_boundaries_that_cannot_be(boundary: str) -> None:
    """A boundary must be there and short."""
    assert (await refusal(GOOD, boundary)).param == "body"


async def test_a_close_name_is_suggested() -> None:
    """A misspelt parameter costs one look at the message."""
    assert "`response_format`" in (await refusal(body(field("respons_format", "url")))).message
