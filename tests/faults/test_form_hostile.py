"""Broken and hostile bodies: each a typed refusal naming its fault, in bounded memory, and the next edit works."""

import asyncio
import base64
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retouch.domain.edit import EditRequest
from retouch.domain.errors import Code, RetouchError
from retouch.wire.form import Budget, FormBounds, read_edit

KB = 1024
MB = 1024 * KB
BOUNDS = FormBounds(body_bytes=4 * MB, image_bytes=MB, text_bytes=64 * KB, images=4, parts=64, header_bytes=4 * KB)
BUDGET = Budget(16 * MB)
CLIENT_FAULTS = {
    Code.INVALID_REQUEST,
    Code.UNSUPPORTED_PARAMETER,
    Code.INVALID_IMAGE,
    Code.PAYLOAD_TOO_LARGE,
}

FORM = "multipart/form-data; boundary=x"
JSON = "application/json"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(600)
B64 = base64.b64encode(PNG)


def part(disposition: bytes, data: bytes = b"", more: bytes = b"") -> bytes:
    return b"--x\r\nContent-Disposition: " + disposition + more + b"\r\n\r\n" + data + b"\r\n"


def field(name: bytes, data: bytes) -> bytes:
    return part(b'form-data; name="' + name + b'"', data)


IMAGE = part(b'form-data; name="image"; filename="a.png"', PNG)
PROMPT = field(b"prompt", b"remove it")
GOOD_FORM = IMAGE + PROMPT + b"--x--\r\n"
GOOD_JSON = b'{"prompt":"remove it","n":2,"image":["' + B64 + b'",{"image_url":"https://a.test/b"}]}'


def form(*parts: bytes, end: bytes = b"--x--\r\n") -> tuple[str, bytes]:
    return FORM, b"".join(parts) + end


def good_but(*parts: bytes) -> tuple[str, bytes]:
    return form(IMAGE, PROMPT, *parts)


def json_but(more: bytes) -> tuple[str, bytes]:
    return JSON, b'{"prompt":"p","image":"' + B64 + b'",' + more + b"}"


def scalar_faults() -> Iterator[tuple[str, tuple[str, bytes]]]:
    """A wrong value for every field, in both forms."""
    values = {
        "n": [b"0", b"-1", b"1e9", b"9" * 5_000, b"two"],
        "size": [b"0x0", b"1x", b"99999x99999", b"-5x5", b"x" * 60_000],
        "quality": [b"superb"],
        "stream": [b"maybe"],
        "seed": [b"9223372036854775808", b"-1", b"0x10"],
        "output_format": [b"exe", b"svg"],
        "output_compression": [b"101"],
        "partial_images": [b"4", b"1"],
        "background": [b"none"],
        "fit": [b"../../etc/passwd"],
        "async": [b"true"],
        "model": [b"m" * 300],
        "user": [b"u" * 60_000],
    }
    for name, bad in values.items():
        for number, value in enumerate(bad):
            yield f"form-{name}-{number}", good_but(field(name.encode(), value))
            yield f"json-{name}-{number}", json_but(b'"' + name.encode() + b'":"' + value + b'"')


def type_faults() -> Iterator[tuple[str, tuple[str, bytes]]]:
    """A JSON value of the wrong type for every kind of field."""
    for name in ("n", "size", "model", "stream", "mask", "user", "seed"):
        for value in (b"[[]]", b'{"a":1}', b"-3.5"):
            yield f"type-{name}-{value.decode()}", json_but(b'"' + name.encode() + b'":' + value)


HOSTILE: dict[str, tuple[str, bytes]] = {
    **dict(scalar_faults()),
    **dict(type_faults()),
    # what is no form at all
    "no-type": ("", GOOD_FORM),
    "urlencoded": ("application/x-www-form-urlencoded", b"prompt=x&image=y"),
    "text-plain-json": ("text/plain", GOOD_JSON),
    "mixed": ("multipart/mixed; boundary=x", GOOD_FORM),
    "type-of-nul": ("\0", GOOD_FORM),
    "json-said-form-sent": (JSON, GOOD_FORM),
    "form-said-json-sent": (FORM, GOOD_JSON),
    # boundaries
    "no-boundary": ("multipart/form-data", GOOD_FORM),
    "empty-boundary": ('multipart/form-data; boundary=""', GOOD_FORM),
    "other-boundary": ("multipart/form-data; boundary=y", GOOD_FORM),
    "long-boundary": ("multipart/form-data; boundary=" + "x" * 5_000, GOOD_FORM),
    "non-ascii-boundary": ("multipart/form-data; boundary=ü", GOOD_FORM),
    "empty-form": (FORM, b""),
    "no-parts": (FORM, b"--x--\r\n"),
    "only-line-ends": (FORM, b"\r\n" * 100_000),
    "endless-preamble": (FORM, b"a" * 100_000 + GOOD_FORM),
    "no-final-boundary": form(IMAGE, PROMPT, end=b""),
    "boundary-without-end": form(IMAGE, PROMPT, end=b"--x"),
    "bare-line-feeds": (FORM, GOOD_FORM.replace(b"\r\n", b"\n")),
    "near-boundaries": good_but(field(b"user", b"\r\n--y" * 10_000)),
    # part headers
    "no-disposition": good_but(b"--x\r\nContent-Type: text/plain\r\n\r\na\r\n"),
    "no-headers": good_but(b"--x\r\n\r\na\r\n"),
    "no-name": good_but(part(b"form-data", b"a")),
    "unclosed-name": good_but(part(b'form-data; name="prompt', b"a")),
    "attachment": good_but(part(b'attachment; name="n"', b"1")),
    "name-not-utf8": good_but(part(b'form-data; name="\xff\xfe"', b"1")),
    "name-of-nul": good_but(field(b"\0", b"1")),
    "name-with-lines": good_but(part(b"form-data; name*=utf-8''a%0D%0Aset-cookie:b", b"1")),
    "name-of-markup": good_but(field(b"<script>alert(1)</script>", b"1")),
    "long-name": good_but(field(b"n" * 3_000, b"1")),
    "long-header": good_but(part(b'form-data; name="n"', b"1", b"\r\nX-A: " + b"a" * 100_000)),
    "many-headers": good_but(part(b'form-data; name="n"', b"1", b"\r\nX-A: a" * 10_000)),
    "header-without-colon": good_but(b"--x\r\nContent-Disposition\r\n\r\na\r\n"),
    "header-of-spaces": good_but(part(b'form-data; name="n"', b"1", b"\r\nX-A:" + b" " * 100_000)),
    "many-parameters": good_but(part(b"form-data" + b"; a=b" * 700, b"1")),
    "quotes": good_but(part(b"form-data; name=" + b'"' * 3_000, b"1")),
    "backslashes": good_but(part(b'form-data; name="' + b"\\" * 3_001, b"1")),
    "unknown-transfer": good_but(part(b'form-data; name="n"', b"1", b"\r\nContent-Transfer-Encoding: uuencode")),
    "bad-transfer": good_but(part(b'form-data; name="n"', b"!", b"\r\nContent-Transfer-Encoding: base64")),
    # parts
    "many-empty-parts": form(field(b"n", b"") * 20_000),
    "many-images": form(IMAGE * 5, PROMPT),
    "many-unnamed-bytes": good_but(field(b"extra", b"a" * MB)),
    "two-masks": good_but(field(b"mask", b"https://a.test"), field(b"mask[]", b"https://a.test")),
    "two-prompts": good_but(PROMPT),
    "two-models": good_but(field(b"model", b"a"), field(b"model", b"a")),
    "empty-file": form(part(b'form-data; name="image"; filename="a"'), PROMPT),
    "no-image": form(PROMPT),
    "no-prompt": form(IMAGE),
    "blank-prompt": form(IMAGE, field(b"prompt", b" \r\n\t")),
    "large-file": form(part(b'form-data; name="image"; filename="a"', bytes(MB + 1)), PROMPT),
    "large-text-image": form(field(b"image", b"A" * (2 * MB)), PROMPT),
    "large-decoded-image": form(field(b"image", b"A" * (MB * 4 // 3 + 8)), PROMPT),
    "large-prompt": form(IMAGE, field(b"prompt", b"p" * (64 * KB + 1))),
    "large-body": (FORM, b"--x\r\nA: b\r\n\r\n" + bytes(5 * MB)),
    "large-epilogue": (FORM, GOOD_FORM + bytes(5 * MB)),
    "prompt-not-utf8": form(IMAGE, field(b"prompt", b"\xc3\x28")),
    "prompt-surrogate": form(IMAGE, field(b"prompt", b"\xed\xa0\x80")),
    "prompt-nul": form(IMAGE, field(b"prompt", b"a\0b")),
    # pictures as text
    "bad-base64": form(field(b"image", b"!!!!"), PROMPT),
    "one-letter": form(field(b"image", b"A"), PROMPT),
    "only-padding": form(field(b"image", b"===="), PROMPT),
    "padding-inside": form(field(b"image", b"QUJD=QUJD"), PROMPT),
    "much-padding": form(field(b"image", b"QUJD" + b"=" * 100_000), PROMPT),
    "only-blanks": form(field(b"image", b" \r\n" * 100_000), PROMPT),
    "empty-data-url": form(field(b"image", b"data:image/png;base64,"), PROMPT),
    "percent-data-url": form(field(b"image", b"data:image/png,%89PNG"), PROMPT),
    "data-url-without-comma": form(field(b"image", b"data:image/png;base64" + b"a" * 5_000), PROMPT),
    "svg-data-url": form(field(b"image", b"data:image/svg+xml,<svg/>"), PROMPT),
    "file-address": form(field(b"image", b"file:///etc/passwd"), PROMPT),
    "gopher-address": form(field(b"image", b"gopher://127.0.0.1:70/_x"), PROMPT),
    "script-address": form(field(b"image", b"javascript:alert(1)"), PROMPT),
    "address-with-lines": form(field(b"image", b"http://a.test/\r\nhost: b"), PROMPT),
    "address-not-ascii": form(field(b"image", b"http://a.test/\xc3\xbc"), PROMPT),
    "long-address": form(field(b"image", b"http://a.test/" + b"a" * 10_000), PROMPT),
    "file-id": good_but(field(b"image[file_id]", b"file-1")),
    # JSON
    "empty-json": (JSON, b""),
    "json-list": (JSON, b"[]"),
    "json-string": (JSON, b'"' + b"a" * 100_000 + b'"'),
    "json-number": (JSON, b"1" * 100_000),
    "json-utf16": (JSON, GOOD_JSON.decode().encode("utf-16")),
    "json-not-utf8": json_but(b'"user":"\xff"'),
    "json-surrogate": json_but(b'"user":"\\ud800"'),
    "json-nul": json_but(b'"user":"\\u0000"'),
    "json-nan": json_but(b'"n":NaN'),
    "json-infinity": json_but(b'"n":1e999'),
    "json-huge-number": json_but(b'"n":' + b"9" * 100_000),
    "json-deep-list": json_but(b'"n":' + b"[" * 100_000 + b"]" * 100_000),
    "json-deep-object": json_but(b'"n":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
    "json-unclosed-depth": (JSON, b"[" * MB),
    "json-many-lists": json_but(b'"n":[' + b"[]," * MB + b"[]]"),
    "json-many-keys": (JSON, b"{" + b",".join(b'"k%d":1' % number for number in range(150_000)) + b"}"),
    "json-many-strings": json_but(b'"n":[' + b'"",' * 400_000 + b'""]'),
    "json-many-images": json_but(b'"images":[' + (b'"' + B64 + b'",') * 4 + b'""]'),
    "json-backslashes": json_but(b'"user":"' + b"\\" * 3_000_001),
    "json-escaped-quotes": json_but(b'"user":"' + b'\\"' * 1_000_000 + b'"'),
    "json-trailing": (JSON, GOOD_JSON + b"x"),
    "json-comment": (JSON, b"/* a */" + GOOD_JSON),
    "json-single-quotes": (JSON, GOOD_JSON.replace(b'"', b"'")),
    "json-twins": json_but(b'"n":1,"n":1'),
    "json-twin-images": json_but(b'"image":"' + B64 + b'"'),
    "json-escaped-twins": json_but(b'"n":1,"\\u006e":2'),
    "json-long-key": json_but(b'"' + b"k" * 100_000 + b'":1'),
    "json-proto": json_but(b'"__proto__":{"n":1}'),
    "json-dunder": json_but(b'"__class__":"a"'),
    "json-sent": json_but(b'"sent":"a"'),
    "json-image-object": json_but(b'"images":[{"image_url":"https://a.test","detail":"high"}]'),
    "json-image-deep": json_but(b'"images":[[["https://a.test"]]]'),
    "json-image-url-list": json_but(b'"images":{"image_url":["https://a.test"]}'),
    "json-image-number": json_but(b'"images":[1]'),
    "json-image-bytes": json_but(b'"images":["\\u0089PNG\\r\\n"]'),
    "json-file-id": json_but(b'"images":[{"file_id":"file-1"}]'),
    "json-large-image": (JSON, b'{"prompt":"p","image":"' + b"A" * (2 * MB) + b'"}'),
    "json-large-prompt": (JSON, b'{"image":"' + B64 + b'","prompt":"' + b"p" * (64 * KB + 1) + b'"}'),
    "json-large-body": (JSON, b'{"image":"' + b"A" * (5 * MB) + b'"}'),
}


async def read(content_type: str, body: bytes, **headers: str) -> EditRequest:
    at = 0

    async def receive() -> dict[str, Any]:
        nonlocal at
        piece = body[at : at + 64 * KB]
        at += len(piece)
        return {"type": "http.request", "body": piece, "more_body": at < len(body)}

    with BUDGET.lease() as lease:
        return await read_edit(receive, {"content-type": content_type, **headers}, BOUNDS, lease)


def test_the_corpus_is_large() -> None:
    """The issue asks for many, none of them twice."""
    assert len({(kind, body) for kind, body in HOSTILE.values()}) == len(HOSTILE) >= 150


@pytest.mark.parametrize("name", HOSTILE)
async def test_every_hostile_body_is_refused(name: str) -> None:
    """A typed refusal that names the fault, memory in proportion to the bounds, nothing left behind."""
    content_type, body = HOSTILE[name]
    tracemalloc.start()
    try:
        async with asyncio.timeout(20):
            with pytest.raises(RetouchError) as caught:
                await read(content_type, body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    error = caught.value
    assert error.code in CLIENT_FAULTS
    assert error.param
    assert len(error.param) <= 64
    assert error.param.isprintable()
    assert len(error.message) < 400
    assert peak < 4 * BOUNDS.body_bytes
    assert BUDGET.held == 0
    assert len((await read(FORM, GOOD_FORM)).images) == 1


@pytest.mark.parametrize(("content_type", "body"), [(FORM, GOOD_FORM.rstrip(b"\r\n")), (JSON, GOOD_JSON)])
async def test_a_body_cut_anywhere_is_refused(content_type: str, body: bytes) -> None:
    """Whatever is missing at the end is missed."""
    assert await read(content_type, body)
    for length in range(len(body)):
        with pytest.raises(RetouchError):
            await read(content_type, body[:length])


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([(FORM, GOOD_FORM), (JSON, GOOD_JSON)]),
    st.lists(st.tuples(st.integers(0, 2_000), st.binary(max_size=4)), min_size=1, max_size=6),
)
async def test_a_damaged_body_is_an_edit_or_a_refusal(good: tuple[str, bytes], damage: list[tuple[int, bytes]]) -> None:
    """No damage gives anything but an edit or a typed refusal."""
    content_type, body = good
    damaged = bytearray(body)
    for where, what in damage:
        start = where % len(body)
        damaged[start : start + 2] = what
    code = None
    try:
        await read(content_type, bytes(damaged))
    except RetouchError as error:
        code = error.code
    assert code is None or code in CLIENT_FAULTS
    assert BUDGET.held == 0


async def test_a_hundred_megabytes() -> None:
    """The real bounds: 96 MB is read and refused at the next byte, and all of it is given back."""
    budget = Budget(200 * MB)
    sent = 0

    async def receive() -> dict[str, Any]:
        nonlocal sent
        piece = b"a" * MB if sent else b'{"image":"'
        sent += len(piece)
        return {"type": "http.request", "body": piece, "more_body": True}

    with pytest.raises(RetouchError) as caught, budget.lease() as lease:
        await read_edit(receive, {"content-type": JSON}, FormBounds(), lease)
    assert (caught.value.code, caught.value.param) == (Code.PAYLOAD_TOO_LARGE, "body")
    assert sent <= 97 * MB
    assert budget.held == 0
