"""The same edit has the same fingerprint, any other has another."""

import base64
from dataclasses import replace
from typing import Any

import orjson
import pytest

from retouch.admission.fingerprint import fingerprint
from retouch.domain.edit import Background, EditRequest, Fit, ImageInput, MaskSource
from retouch.domain.picture import Format, Size
from retouch.domain.resolution import Resolution
from retouch.wire.form import Budget, FormBounds, read_edit

ROUTE = "POST /v1/images/edits"
ONE = ImageInput("image", data=b"one")
TWO = ImageInput("image", data=b"two")
EDIT = EditRequest(prompt="p", images=(ONE, TWO), mask=ImageInput("mask", data=b"m"), sent=frozenset({"prompt"}))


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "q"},
        {"images": (TWO, ONE)},
        {"images": (ONE,)},
        {"images": (ONE, TWO, TWO)},
        {"images": (ONE, replace(TWO, data=b"twp"))},
        {"images": (ONE, ImageInput("image", url="two"))},
        {"images": (ONE, TWO), "mask": None},
        {"mask": replace(ONE, data=b"n")},
        {"model": "m"},
        {"model": ""},
        {"n": 2},
        {"size": "auto"},
        {"size": Size(1, 2)},
        {"resolution": "auto"},
        {"resolution": Resolution.K1},
        {"aspect_ratio": "1:1"},
        {"deferred": True},
        {"quality": "low"},
        {"response_format": "url"},
        {"background": Background.OPAQUE},
        {"output_format": Format.PNG},
        {"output_compression": 100},
        {"input_fidelity": "low"},
        {"moderation": "low"},
        {"partial_images": 1},
        {"stream": True},
        {"user": "p"},
        {"safety_identifier": "p"},
        {"seed": 0},
        {"mask_source": MaskSource.MASK},
        {"fit": Fit.STRETCH},
        {"negative_prompt": "p"},
    ],
    ids=str,
)
def test_every_value_counts(change: dict[str, Any]) -> None:
    """A change to any field is another edit, and no two changes are one."""
    assert fingerprint(ROUTE, replace(EDIT, **change)) != fingerprint(ROUTE, EDIT)


def test_every_field_is_tried_above() -> None:
    """A new field of EditRequest changes the fingerprint too: it is made of the dataclass's own fields."""
    marks = getattr(test_every_value_counts, "pytestmark", [])
    tried = {name for change in marks[0].args[1] for name in change}
    assert tried == set(EditRequest.__dataclass_fields__) - {"sent"}


def test_the_way_there_does_not_count() -> None:
    """Names of fields, kinds of buffers and spelled-out defaults are no part of an edit."""
    other = replace(
        EDIT,
        images=(ImageInput("images[4]", data=bytearray(b"one")), ImageInput("x", data=memoryview(b"two"))),
        sent=frozenset({"prompt", "n", "fit"}),
    )
    assert fingerprint(ROUTE, other) == fingerprint(ROUTE, EDIT)
    assert fingerprint("POST /v1/ai-image-editor", EDIT) != fingerprint(ROUTE, EDIT)
    assert len(fingerprint(ROUTE, EDIT)) == 64


async def read(content_type: str, body: bytes) -> EditRequest:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body}

    with Budget(10**6).lease() as lease:
        return await read_edit(receive, {"content-type": content_type}, FormBounds(), lease)


def multipart(boundary: str, *parts: tuple[str, str, bytes]) -> tuple[str, bytes]:
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + data + b"\r\n"
        for name, more, data in parts
    )
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--".encode()


async def test_the_same_edit_over_the_wire() -> None:
    """Boundary, file names, order and body form differ between retries and clients; the edit does not."""
    png, jpeg = b"\x89PNG" + bytes(50), b"\xff\xd8" + bytes(70)
    edits = [
        await read(
            *multipart(
                "a", ("image[]", '; filename="1"', png), ("image[]", '; filename="2"', jpeg), ("prompt", "", b"p")
            )
        ),
        await read(
            *multipart(
                "b",
                ("prompt", "", b"p"),
                ("n", "", b"1"),
                ("image", "", base64.b64encode(png)),
                ("images", '; filename="z"', jpeg),
            )
        ),
        await read(
            "application/json",
            orjson.dumps(
                {
                    "images": [base64.b64encode(png).decode(), "data:;base64," + base64.b64encode(jpeg).decode()],
                    "stream": False,
                    "prompt": "p",
                }
            ),
        ),
    ]
    assert len({fingerprint(ROUTE, edit) for edit in edits}) == 1
    turned = replace(edits[0], images=edits[0].images[::-1])
    assert fingerprint(ROUTE, turned) != fingerprint(ROUTE, edits[0])
