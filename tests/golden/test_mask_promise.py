"""The mask promise, as a property: whatever an engine repaints, the pixels outside the mask are the caller's own.

Random pictures, masks, sizes, fits and formats go the whole way, from files to a file, through an engine that
repaints everything in a size and format of its own.
"""

import io
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from retouch.domain.edit import Background, Fit, MaskSource
from retouch.domain.engine import MaskKind
from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import RAW, Format, Picture, Size
from retouch.finishing import Finish, Finished, Prepared, finish, prepare, read_mask
from retouch.pixels import Bounds, decode, encode, frame, inspect, to_raw

Array = NDArray[np.uint8]

_LOSSLESS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "TIFF": {"compression": "tiff_lzw"},
    "WEBP": {"lossless": True, "exact": True},
}
_EVERYTHING = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Case:
    """One edit: the first image as a file and as the pixels it was made of, and what is asked for."""

    rng: np.random.Generator
    first: Picture
    pixels: Array
    size: Size | None
    fit: Fit
    format: Format
    background: Background


def noisy(rng: np.random.Generator, width: int, height: int, channels: int) -> Array:
    return rng.integers(0, 256, (height, width, channels), dtype=np.uint8)


def area(rng: np.random.Generator, kind: str, width: int, height: int) -> Array:
    """Weights, 255 = edit, of a kind that callers draw; never all 0."""
    out = np.zeros((height, width), np.uint8)
    x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
    if kind == "full":
        out[:] = 255
    elif kind == "pixel":
        out[y, x] = 255
    elif kind == "noise":
        out = rng.choice(np.array([0, 0, 1, 100, 254, 255], np.uint8), (height, width))
        out[y, x] = 255
    else:
        cv2.ellipse(out, (x, y), (width // 3 + 1, height // 3 + 1), 0, 0, 360, (255,), -1)
        if kind == "soft":
            out = cv2.blur(out, (5, 5)).astype(np.uint8)
        out[y, x] = 255
    return out


def saved(pixels: Array | Image.Image, kind: str = "PNG", **options: Any) -> Picture:
    buffer = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(buffer, kind, **options)
    return inspect(buffer.getvalue(), param="image", bounds=Bounds())


def as_mask(weights: Array, how: str) -> Picture:
    """The weights as a file: by alpha over random colours, or as luma in a mode that holds it exactly."""
    if how == "alpha":
        colours = np.random.default_rng(0).integers(0, 256, (*weights.shape, 3), dtype=np.uint8)
        return saved(np.dstack([colours, 255 - weights]))
    return saved(Image.fromarray(weights).convert({"luma": "L", "luma rgb": "RGB", "luma rgba": "RGBA"}[how]))


@st.composite
def cases(draw: st.DrawFn, *, alpha: str = "any") -> Case:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    width, height = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    channels = 4 if alpha == "clear" else draw(st.sampled_from([3, 4]))
    pixels = noisy(rng, width, height, channels)
    if channels == 4:
        pixels[:, :, 3] = rng.choice(np.array([0, 40, 255, 255], np.uint8), (height, width))
        pixels[0, 0, 3] = 0
    kind = draw(st.sampled_from(list(_LOSSLESS)))
    size = draw(st.none() | st.builds(Size, st.integers(1, 90), st.integers(1, 90)))
    return Case(
        rng=rng,
        first=saved(pixels, kind, **_LOSSLESS[kind]),
        pixels=pixels,
        size=size,
        fit=draw(st.sampled_from(list(Fit))),
        format=draw(st.sampled_from([Format.PNG, Format.WEBP])),
        background=draw(st.sampled_from([Background.AUTO, Background.TRANSPARENT])),
    )


def repainted(case: Case, prepared: Prepared) -> Picture:
    """What the engine makes: noise over everything, in any size and format, with or without alpha."""
    width, height = prepared.picture.size.width, prepared.picture.size.height
    if case.rng.random() < 0.5:
        width, height = (int(edge) for edge in case.rng.integers(1, 120, 2))
    made = noisy(case.rng, width, height, int(case.rng.choice([3, 4])))
    kind = str(case.rng.choice([RAW, "png", "jpeg", "webp"]))
    if kind == RAW:
        return to_raw(made)
    return Picture(encode(made, Format(kind), int(case.rng.integers(0, 101))), kind, Size(width, height))


def edited(case: Case, mask: Picture | None, source: MaskSource = MaskSource.AUTO) -> tuple[Prepared, Finished]:
    reading = read_mask(case.first, mask, source, alpha_as_mask=True)
    formats = {RAW, "png"} if case.rng.random() < 0.5 else {"png"}
    prepared = prepare(case.first, reading, size=case.size, fit=case.fit, background=case.background, formats=formats)
    plan = Finish(
        size=case.size or case.first.size,
        fit=case.fit,
        format=case.format,
        background=case.background,
        prepared=prepared,
        passthrough=bool(case.rng.random() < 0.5),
    )
    return prepared, finish(repainted(case, prepared), plan)


def four(pixels: Array) -> Array:
    """With an alpha channel: opaque is what RGB means."""
    return pixels if pixels.shape[2] == 4 else np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


def check(case: Case, prepared: Prepared, finished: Finished) -> Array:
    """Size and format are exact, and where the weights are 0 every value is the framed source's."""
    seen = inspect(finished.data, param="image", bounds=Bounds())
    assert seen.format == finished.format.value == case.format.value
    assert seen.size == finished.size == (case.size or case.first.size)
    out = four(np.asarray(Image.open(io.BytesIO(finished.data))))
    if prepared.kept is None:
        return out
    kept = prepared.kept.weights == 0
    # "Source" is the picture by our own decoder, cut and scaled by the same code (design.md, promise 1).
    pad = "transparent" if case.background is Background.TRANSPARENT or case.first.has_alpha else "white"
    source = four(frame(decode(case.first, param="image"), finished.size, case.fit, pad=pad))  # type: ignore[arg-type]
    assert np.array_equal(out[kept], source[kept])
    return out


@_EVERYTHING
@given(
    case=cases(),
    kind=st.sampled_from(["full", "pixel", "noise", "hard", "soft"]),
    how=st.sampled_from(["alpha", "luma", "luma rgb", "luma rgba"]),
)
def test_outside_a_supplied_mask_nothing_changes(case: Case, kind: str, how: str) -> None:
    height, width = case.pixels.shape[:2]
    weights = area(case.rng, kind, width, height)
    try:
        prepared, finished = edited(case, as_mask(weights, how))
    except RetouchError as refusal:
        assert refusal.code is Code.INVALID_MASK  # noqa: PT017 - a crop or a far smaller size may leave no area
        assert case.size not in (None, case.first.size)
        return
    assert prepared.kept is not None
    assert prepared.kept.kind is (MaskKind.ALPHA if how == "alpha" else MaskKind.LUMA)
    out = check(case, prepared, finished)
    if finished.size == case.first.size:
        # By the files alone, with none of our code between: the caller's values where the caller's mask keeps them.
        assert np.array_equal(out[weights == 0], four(case.pixels)[weights == 0])


@_EVERYTHING
@given(case=cases(alpha="clear"))
def test_outside_the_images_own_transparency_nothing_changes(case: Case) -> None:
    try:
        prepared, finished = edited(case, None)
    except RetouchError as refusal:
        assert refusal.code is Code.INVALID_MASK  # noqa: PT017 - as above
        assert case.size not in (None, case.first.size)
        return
    assert prepared.kept is not None
    assert prepared.kept.kind is MaskKind.IMAGE_ALPHA
    out = check(case, prepared, finished)
    if finished.size == case.first.size:
        kept = case.pixels[:, :, 3] == 255
        assert np.array_equal(out[kept], case.pixels[kept])


@_EVERYTHING
@given(case=cases())
def test_without_an_area_size_and_format_are_exact(case: Case) -> None:
    prepared, finished = edited(case, None, MaskSource.NONE)
    assert prepared.kept is None
    check(case, prepared, finished)


@_EVERYTHING
@given(case=cases(), wrong=st.sampled_from(["empty alpha", "empty luma", "wider", "higher", "turned"]))
def test_a_mask_that_cannot_be_meant_is_refused(case: Case, wrong: str) -> None:
    height, width = case.pixels.shape[:2]
    if wrong == "turned" and height == width:
        return
    shape = {"wider": (height, width + 1), "higher": (height + 1, width), "turned": (width, height)}
    weights = np.full(shape.get(wrong, (height, width)), 0 if wrong.startswith("empty") else 255, np.uint8)
    mask = as_mask(weights, "luma")
    if wrong == "empty alpha":
        mask = saved(np.dstack([np.zeros((height, width, 3), np.uint8), 255 - weights]))
    with pytest.raises(RetouchError) as caught:
        edited(case, mask)
    assert caught.value.code is Code.INVALID_MASK


@settings(max_examples=60, deadline=None)
@given(case=cases(), how=st.sampled_from(["alpha", "luma"]))
def test_jpeg_is_composited_before_it_is_packed(case: Case, how: str) -> None:
    """A lossy format cannot keep bits, but what it was given is the source on white: nothing leaks in."""
    height, width = case.pixels.shape[:2]
    weights = np.zeros((height, width), np.uint8)
    weights[0, 0] = 1  # the least area there is
    reading = read_mask(case.first, as_mask(weights, how), alpha_as_mask=False)
    prepared = prepare(case.first, reading, size=None, formats={RAW})
    plan = Finish(format=Format.JPEG, prepared=prepared)
    same = finish(prepared.picture, plan)
    other = finish(repainted(case, prepared), plan)
    ours, theirs = (np.asarray(Image.open(io.BytesIO(made.data))).astype(int) for made in (same, other))
    assert ours.shape == theirs.shape == (height, width, 3)
    assert np.abs(ours - theirs)[8:].max(initial=0) == 0
    assert np.abs(ours - theirs)[:, 8:].max(initial=0) == 0
