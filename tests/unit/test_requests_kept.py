"""A project's request survives being stored: what is made later is what was asked for."""

from dataclasses import replace

import orjson
import pytest

from retouch.domain.edit import Background, EditRequest, Fit, ImageInput, MaskSource
from retouch.domain.picture import Format, Size
from retouch.domain.resolution import AccountTier, Resolution
from retouch.projects.requests import again, kept

IMAGES, MASK = (ImageInput("image", b"one"), ImageInput("image[1]", b"two")), ImageInput("mask", b"mask")
PLAIN = EditRequest(prompt="p", images=IMAGES)
FULL = EditRequest(
    prompt="p\n漢字",
    images=IMAGES,
    mask=MASK,
    model="m",
    n=3,
    size=Size(3, 4),
    resolution=Resolution.K2,
    aspect_ratio="4:5",
    quality="hd",
    response_format="url",
    background=Background.OPAQUE,
    output_format=Format.WEBP,
    output_compression=60,
    input_fidelity="high",
    moderation="low",
    partial_images=1,
    stream=True,
    user="u",
    safety_identifier="s",
    seed=7,
    mask_source=MaskSource.ALPHA,
    fit=Fit.CONTAIN,
    negative_prompt="not",
    deferred=True,
    sent=frozenset({"prompt", "n"}),
)


@pytest.mark.parametrize(
    "request_",
    [PLAIN, FULL, replace(PLAIN, size="auto"), replace(PLAIN, resolution="auto")],
    ids=["plain", "full", "size auto", "resolution auto"],
)
def test_it_comes_back_as_it_was(request_: EditRequest) -> None:
    """Through JSON, with its pictures beside it."""
    stored = orjson.loads(orjson.dumps(kept(request_)))
    assert "images" not in stored
    assert again(stored, request_.images, request_.mask) == request_


def test_every_field_differs_from_its_default_above() -> None:
    """A new field of EditRequest is kept too, or this fails."""
    assert set(kept(FULL)) == set(EditRequest.__dataclass_fields__) - {"images", "mask"}


@pytest.mark.parametrize(
    ("resolution", "aspect", "size"),
    [
        (Resolution.P640, None, Size(640, 427)),
        (Resolution.K1, "auto", Size(1024, 683)),
        (Resolution.K2, "16:9", Size(2048, 1152)),
        (Resolution.K2, "9:16", Size(1152, 2048)),
        (Resolution.K4, "1:1", Size(4096, 4096)),
        (Resolution.K1, "4:5", Size(819, 1024)),
        (Resolution.P640, "2:3", Size(427, 640)),
        (Resolution.P640, "4:3", Size(640, 480)),
    ],
)
def test_the_longest_edge_is_exact_and_the_other_rounded(
    resolution: Resolution, aspect: str | None, size: Size
) -> None:
    """Promise 3; `auto` is the first image's aspect."""
    assert resolution.size(aspect, Size(300, 200)) == size


def test_a_thread_of_a_picture_keeps_an_edge() -> None:
    """One pixel at least."""
    assert Resolution.P640.size(None, Size(10_000, 1)) == Size(640, 1)


def test_every_tier_has_its_resolution() -> None:
    """design.md, Money in numbers."""
    assert [tier.most.value for tier in AccountTier] == ["640px", "2k", "4k", "4k"]
