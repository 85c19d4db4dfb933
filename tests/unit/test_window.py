"""The crop that a model sees, cutting it out, and putting it back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouch.domain.picture import Size
from retouch.finishing.window import Box, box_of, cut, grown, paste, window

NATIVE = (Size(1024, 1024), Size(1536, 1024), Size(1024, 1536))


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Box, Size]:
    size = Size(draw(st.integers(1, 6000)), draw(st.integers(1, 6000)))
    width, height = draw(st.integers(1, size.width)), draw(st.integers(1, size.height))
    return Box(
        draw(st.integers(0, size.width - width)), draw(st.integers(0, size.height - height)), width, height
    ), size


@given(scenes(), st.sampled_from([None, NATIVE, (Size(1024, 1024),), (Size(2048, 878),)]))
def test_a_window_holds_the_area_inside_the_picture(scene: tuple[Box, Size], native: tuple[Size, ...] | None) -> None:
    area, size = scene
    box = window(area, size, native=native)
    assert 0 <= box.left <= area.left
    assert 0 <= box.top <= area.top
    assert area.right <= box.right <= size.width
    assert area.bottom <= box.bottom <= size.height


@given(scenes(), st.sampled_from([None, NATIVE]))
def test_a_window_leaves_context_where_the_picture_goes_that_far(
    scene: tuple[Box, Size], native: tuple[Size, ...] | None
) -> None:
    area, size = scene
    box = window(area, size, native=native)
    margin = max(64, max(area.width, area.height) // 4)
    assert box.width >= min(size.width, area.width + 2 * margin)
    assert box.height >= min(size.height, area.height + 2 * margin)


@given(scenes())
def test_a_window_has_an_aspect_that_the_model_draws_or_is_the_whole_picture(scene: tuple[Box, Size]) -> None:
    area, size = scene
    box = window(area, size, native=NATIVE)
    off = (abs(box.width * n.height / n.width - box.height) for n in NATIVE)
    assert box == Box(0, 0, size.width, size.height) or min(off) <= 1.5


@given(scenes(), st.sampled_from([None, NATIVE]))
def test_a_window_that_is_cut_is_worth_it(scene: tuple[Box, Size], native: tuple[Size, ...] | None) -> None:
    area, size = scene
    box = window(area, size, native=native)
    assert box.size == size or box.size.area <= 0.8 * size.area


def test_the_area_fills_a_good_part_of_the_window() -> None:
    box = window(Box(2000, 1500, 600, 500), Size(4000, 3000), native=NATIVE)
    assert 0.2 <= 600 * 500 / box.size.area <= 0.35
    assert abs((box.left + box.right) / 2 - 2300) <= 1
    assert abs((box.top + box.bottom) / 2 - 1750) <= 1


def test_a_small_area_is_not_enlarged_beyond_recognition() -> None:
    assert window(Box(2000, 1500, 10, 10), Size(4000, 3000), native=(Size(1024, 1024),)).size == Size(256, 256)
    assert window(Box(2000, 1500, 10, 10), Size(4000, 3000)).size == Size(256, 256)


def test_at_a_border_the_window_is_shifted() -> None:
    middle = window(Box(2000, 1500, 300, 300), Size(4000, 3000), native=NATIVE)
    corner = window(Box(3700, 0, 300, 300), Size(4000, 3000), native=NATIVE)
    assert corner.size == middle.size
    assert (corner.right, corner.top) == (4000, 0)


@pytest.mark.parametrize(
    ("area", "size"),
    [
        (Box(10, 10, 50, 50), Size(160, 120)),  # a small picture
        (Box(100, 100, 3000, 2000), Size(4000, 3000)),  # a large area
        (Box(0, 500, 4000, 40), Size(4000, 1000)),  # wider than any native aspect
    ],
)
def test_the_whole_picture_where_a_crop_makes_no_sense(area: Box, size: Size) -> None:
    assert window(area, size, native=NATIVE) == Box(0, 0, size.width, size.height)


@given(scenes(), st.integers(0, 500))
def test_a_grown_box_stays_in_the_picture(scene: tuple[Box, Size], margin: int) -> None:
    area, size = scene
    box = grown(area, margin, size)
    assert (box.left, box.top) == (max(0, area.left - margin), max(0, area.top - margin))
    assert (box.right, box.bottom) == (min(size.width, area.right + margin), min(size.height, area.bottom + margin))


def test_the_box_of_an_area_ends_at_its_faintest_pixels() -> None:
    weights = np.zeros((40, 60), np.uint8)
    weights[5, 7], weights[30, 50] = 1, 255
    assert box_of(weights) == Box(7, 5, 44, 26)
    assert box_of(np.zeros((4, 4), np.uint8)).size.area == 0


@given(
    st.integers(1, 40).flatmap(lambda w: st.tuples(st.just(w), st.integers(0, w - 1))),
    st.integers(1, 40).flatmap(lambda h: st.tuples(st.just(h), st.integers(0, h - 1))),
    st.sampled_from([3, 4]),
)
def test_what_is_cut_can_be_pasted_back(across: tuple[int, int], down: tuple[int, int], channels: int) -> None:
    (width, left), (height, top) = across, down
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)
    box = Box(left, top, width - left, height - top)
    assert (paste(pixels, cut(pixels, box), box) == pixels).all()
    blank = paste(pixels, np.zeros((box.height, box.width, channels), np.uint8), box)
    assert not cut(blank, box).any()
    assert (blank[:top] == pixels[:top]).all()
    assert (blank[:, :left] == pixels[:, :left]).all()
