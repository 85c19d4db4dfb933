"""What an engine without masks is shown, and how its answer comes back into the source."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retouch.domain.picture import Size
from retouch.finishing.focus import Focus, Look
from retouch.finishing.window import cut
from retouch.pixels import Grey, size_of
from support.images import photo

NATIVE = (Size(1024, 1024), Size(1536, 1024), Size(1024, 1536))


def nearest(size: Size) -> Size:
    return min(NATIVE, key=lambda native: abs(native.width / native.height - size.width / size.height))


def area(width: int, height: int, box: tuple[int, int, int, int]) -> Grey:
    left, top, right, bottom = box
    weights = np.zeros((height, width), np.uint8)
    weights[top:bottom, left:right] = 255
    return weights


def test_an_engine_with_sizes_of_its_own_is_shown_one_of_them() -> None:
    weights = area(3000, 2000, (1400, 900, 1600, 1100))
    focus = Focus.on(weights, Look(NATIVE, nearest, guided=False))
    assert focus.drawn in NATIVE
    assert focus.box.width < 1500, "the area fills a good part of what the model sees"
    assert size_of(focus.shown(cut(photo(3000, 2000), focus.box))) == focus.drawn


def test_an_engine_of_any_size_is_shown_a_small_area_enlarged() -> None:
    weights = area(1200, 900, (500, 400, 540, 430))
    focus = Focus.on(weights, Look(None, lambda size: None, guided=False))
    assert focus.canvas == focus.box.size
    assert focus.drawn.longest == pytest.approx(1024, abs=1)


def test_where_no_native_aspect_fits_the_picture_is_padded_not_stretched() -> None:
    """A panorama marked from end to end on a model that draws squares."""
    weights = area(2000, 300, (10, 50, 1990, 250))
    focus = Focus.on(weights, Look((Size(1024, 1024),), lambda size: Size(1024, 1024), guided=False))
    assert (focus.box.size, focus.canvas) == (Size(2000, 300), Size(2000, 2000))
    shown = focus.shown(cut(photo(2000, 300), focus.box))
    assert size_of(shown) == Size(1024, 1024)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_model_that_changes_nothing_gives_the_source_back_nearly(data: st.DataObject) -> None:
    """Whatever the crop, padding and scale: outside the area to the bit, inside but for the scaling."""
    width, height = data.draw(st.integers(80, 700)), data.draw(st.integers(80, 700))
    left, top = data.draw(st.integers(0, width - 20)), data.draw(st.integers(0, height - 20))
    weights = area(width, height, (left, top, left + 20, top + 20))
    native = data.draw(st.booleans())
    focus = Focus.on(
        weights, Look(NATIVE, nearest, guided=False) if native else Look(None, lambda _: None, guided=False)
    )
    source = photo(width, height)
    made = focus.put_back(focus.shown(cut(source, focus.box)), source, weights)
    off = np.abs(made.astype(int) - source)
    assert not off[weights == 0].any()
    assert off.mean() < 4
