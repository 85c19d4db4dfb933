"""Broken and hostile bodies of POST /v1/images/edits: what a client may send by mistake or on purpose."""

import base64
from collections.abc import Iterator

KB = 1024
MB = 1024 * KB

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
        "async": [b"maybe"],
        "resolution": [b"8k"],
        "aspect_ratio": [b"7:1", b"1:1"],
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


#: Content type and body by name. Made for the small bounds of BODY_MB and IMAGE_MB.
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
