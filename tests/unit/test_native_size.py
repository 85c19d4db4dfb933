"""Planning and the engines choose a native size by one rule."""

from dataclasses import replace

import pytest

from retouch.domain.edit import EditRequest, ImageInput
from retouch.domain.engine import MaskKind, Offer
from retouch.domain.model import Model, Route
from retouch.domain.native_size import native_size
from retouch.domain.picture import Size
from retouch.engines.upstream import V2_5, V3, V3_1, Shapes
from retouch.routing.plan import make_plan

TIERS: dict[str | None, float] = {"512": 0.5, "1K": 1, "2K": 2, "4K": 4}
SHAPES = [Shapes(V2_5), Shapes(V3), Shapes(V3_1, TIERS)]


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize(
    "source", [(640, 427), (96, 64), (1024, 1024), (1920, 1080), (3000, 1), (7000, 8000), (1, 999)]
)
def test_what_is_planned_is_what_the_engine_spells(shapes: Shapes, source: tuple[int, int]) -> None:
    """The size that a plan asks for is native, so that the engine takes it as it is."""
    size = Size(*source)
    request = EditRequest(prompt="p", images=(ImageInput("image", b"x"),), sent=frozenset())
    model, route = Model(id="m", owned_by="o", summary="s"), Route("e", "r")
    for asked in (request, replace(request, size=size)):
        planned = make_plan(asked, model, route, Offer(sizes=shapes.sizes), source=size, mask=MaskKind.NONE, seed=1).ask
        assert planned is not None
        assert planned == shapes.nearest(size) == shapes.nearest(planned)
        assert shapes.spell(size) == shapes.spell(planned)


def test_a_small_picture_is_not_made_smaller() -> None:
    """640x427 lies between the tiers 512 and 1K of the third generation."""
    assert Shapes(V3_1, TIERS).nearest(Size(640, 427)) == Size(1264, 848)


@pytest.mark.parametrize("shapes", SHAPES)
def test_every_native_size_is_its_own(shapes: Shapes) -> None:
    assert all(native_size(size, shapes.sizes) == size for size in shapes.sizes)
