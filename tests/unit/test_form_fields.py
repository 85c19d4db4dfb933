"""What each field accepts, from text and from JSON."""

import base64
from typing import Any

import orjson
import pytest

from retouch.domain.edit import QUALITIES, Background, EditRequest, Fit, MaskSource
from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import Format, Size
from retouch.wire.form import FIELDS, Budget, FormBounds, read_edit

IMAGE = base64.b64encode(b"\x89PNG").decode()


async def of(**fields: Any) -> EditRequest:
    """The edit that a JSON body with these fields asks for."""
    body = orjson.dumps({"prompt": "x", "image": IMAGE} | fields)

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body}

    with Budget(1_000_000).lease() as lease:
        return await read_edit(receive, {"content-type": "application/json"}, FormBounds(), lease)


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("n", 3, 3),
        ("n", "3", 3),
        ("n", 3.0, 3),
        ("n", " 3.0 ", 3),
        ("size", "auto", "auto"),
        ("size", "640x480", Size(640, 480)),
        ("size", " 640 × 480", Size(640, 480)),
        ("size", "640X480", Size(640, 480)),
        ("size", "square_hd", Size(1024, 1024)),
        ("size", "portrait_4_3", Size(768, 1024)),
        ("size", "landscape_16_9", Size(1024, 576)),
        ("quality", "HD", "hd"),
        ("response_format", "b64_json", "b64_json"),
        ("background", "transparent", Background.TRANSPARENT),
        ("output_format", "jpg", Format.JPEG),
        ("output_format", "webp", Format.WEBP),
        ("output_compression", 100, 100),
        ("input_fidelity", "high", "high"),
        ("moderation", "low", "low"),
        ("partial_images", 0, 0),
        ("stream", True, True),
        ("stream", "True", True),
        ("stream", "0", False),
        ("stream", 1, True),
        ("user", "someone", "someone"),
        ("seed", 2**63 - 1, 2**63 - 1),
        ("seed", "0", 0),
        ("mask_source", "alpha", MaskSource.ALPHA),
        ("fit", "contain", Fit.CONTAIN),
        ("negative_prompt", "blur", "blur"),
        ("model", " fal-ai/bytedance/seedream/v4/edit ", "fal-ai/bytedance/seedream/v4/edit"),
    ],
)
async def test_values(name: str, raw: object, value: object) -> None:
    """Numbers, words and booleans as every client sends them."""
    edit = await of(**{name: raw})
    assert getattr(edit, name) == value
    assert name in edit.sent


@pytest.mark.parametrize("blank", ["", " ", "\t \n"])
async def test_a_model_of_nothing_but_blanks_is_none(blank: str) -> None:
    """As if it had not been sent: the server chooses."""
    edit = await of(model=blank)
    assert edit.model is None
    assert "model" not in edit.sent


REFUSED: dict[str, list[object]] = {
    "n": [0, 17, -1, 1.5, "x", "1e1", "٣", True, [], {}, "9" * 400],
    "size": ["0x5", "8193x1", "12", "1024", "axb", 5, {"width": 1, "height": 1}, "99999999x1"],
    "quality": ["best", 3, []],
    "stream": ["yes", 2, 1.0, [], {}],
    "output_compression": [-1, 101],
    "partial_images": [4, "many"],
    "seed": [-1, 2**63, 1e30],
    "user": ["u" * 513, 5, ["a"]],
    "prompt": [["a"], 5, {"text": "a"}],
    "model": ["m" * 257],
    "output_format": ["gif"],
    "response_format": ["base64"],
    "fit": ["fill"],
    "mask_source": [True],
}


@pytest.mark.parametrize(("name", "raw"), [(name, raw) for name, values in REFUSED.items() for raw in values])
async def test_refused_values(name: str, raw: object) -> None:
    """A wrong value is refused with its field and what is allowed."""
    with pytest.raises(RetouchError) as caught:
        await of(**{name: raw})
    assert (caught.value.code, caught.value.param) == (Code.INVALID_REQUEST, name)
    assert f"`{name}` must be" in caught.value.message


@pytest.mark.parametrize("quality", QUALITIES)
async def test_every_quality_word(quality: str) -> None:
    """The words of the domain are the words of the wire."""
    assert (await of(quality=quality)).quality == quality


DEFAULTS = {
    "n": 1,
    "size": "auto",
    "aspect_ratio": "auto",
    "quality": "auto",
    "response_format": "url",
    "background": "auto",
    "output_format": "png",
    "output_compression": 100,
    "input_fidelity": "low",
    "moderation": "auto",
    "partial_images": 0,
    "stream": False,
    "mask_source": "auto",
    "fit": "cover",
    "async": False,
}


async def test_documented_defaults_are_never_refused() -> None:
    """Promise 6: spelling a default out is no wish."""
    edit = await of(**DEFAULTS)
    assert edit.sent == {"prompt", "image", "deferred", *DEFAULTS} - {"async"}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"partial_images": 1}, "partial_images"),
        ({"output_compression": 50}, "output_compression"),
        ({"output_compression": 50, "output_format": "png"}, "output_compression"),
        ({"background": "transparent", "output_format": "jpeg"}, "background"),
    ],
)
async def test_fields_that_do_not_go_together(fields: dict[str, object], param: str) -> None:
    """What would have no effect is refused rather than dropped in silence."""
    with pytest.raises(RetouchError) as caught:
        await of(**fields)
    assert (caught.value.code, caught.value.param) == (Code.INVALID_REQUEST, param)


async def test_an_edit_for_later_is_not_streamed() -> None:
    """`async` and `stream` exclude each other."""
    assert (await of(**{"async": True})).deferred
    with pytest.raises(RetouchError, match="not streamed") as caught:
        await of(**{"async": True, "stream": True})
    assert (caught.value.code, caught.value.param) == (Code.INVALID_REQUEST, "async")


@pytest.mark.parametrize(
    ("fields", "param"),
    [({"size": "10x10", "resolution": "1k"}, "size"), ({"aspect_ratio": "1:1"}, "aspect_ratio")],
)
async def test_a_resolution_stands_in_place_of_a_size(fields: dict[str, str], param: str) -> None:
    """And an aspect ratio belongs to it."""
    with pytest.raises(RetouchError) as caught:
        await of(**fields)
    assert (caught.value.code, caught.value.param) == (Code.INVALID_REQUEST, param)


def test_every_field_has_its_attribute() -> None:
    """The table and the domain's EditRequest cannot drift apart."""
    attributes = set(EditRequest.__dataclass_fields__) - {"images", "mask", "sent"}
    assert {field.attribute or field.name for field in FIELDS} == attributes
