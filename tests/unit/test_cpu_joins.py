"""Several images put together: what prompts mean, and where each image comes to lie."""

import math

import pytest

from retouch.domain.errors import Code, RetouchError
from retouch.engines.cpu.grammar import parse
from retouch.engines.cpu.joins import Arrange, Box, Join, Layout, Overlay, collage_rows
from retouch.engines.cpu.steps import LARGEST

SIZES = [(400, 300), (300, 400), (108, 192), (250, 250), (640, 200)]


def row(**more: object) -> Arrange:
    return Arrange(layout=Layout.ROW, **more)  # type: ignore[arg-type]


def column(**more: object) -> Arrange:
    return Arrange(layout=Layout.COLUMN, **more)  # type: ignore[arg-type]


def grid(**more: object) -> Arrange:
    return Arrange(layout=Layout.GRID, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prompt", "join"),
    [
        ("side by side", row()),
        ("put them side by side", row()),
        ("Place the two photos next to each other, please", row()),
        ("combine these images side by side with a small gap", row(gap=0.015)),
        ("join the pictures horizontally with a 10px black gap", row(gap=0.025, gap_pixels=10, colour=(0, 0, 0))),
        ("make a before and after comparison", row()),
        ("stack", column()),
        ("stack the images vertically", column()),
        ("put them on top of each other with a 5% gap", column(gap=0.05)),
        ("merge both photos from top to bottom", column()),
        ("make a grid", grid()),
        ("make a 2x3 grid of these photos", grid(columns=2, rows=3)),
        ("arrange them in a grid of 3 columns", grid(columns=3)),
        ("put the images in a grid with 2 rows", grid(rows=2)),
        ("make a 2x2 grid with a thin transparent gap", grid(columns=2, rows=2, gap=0.01, colour=None)),
        ("make a collage", Arrange(layout=Layout.COLLAGE, gap=0.015)),
        ("turn these photos into a collage without gaps", Arrange(layout=Layout.COLLAGE)),
        ("put the second image to the left of the first", row(order=(1, 0))),
        ("put image 2 next to image 1", row(order=(0, 1))),
        ("place the second photo below the first with a 4 px gap", column(order=(0, 1), gap=0.025, gap_pixels=4)),
        ("put the first image under the second", column(order=(1, 0))),
        ("put the second image on the first", Overlay()),
        ("overlay the 2nd picture on the 1st at the bottom right", Overlay(position=(2, 2))),
        ("paste image 2 onto image 1 at half size with 40% opacity", Overlay(scale=0.5, opacity=0.4)),
        ("add my logo to the photo in the top left corner at 20% of the width", Overlay(position=(0, 0), share=0.2)),
    ],
)
def test_a_prompt_says_how_images_lie(prompt: str, join: Join) -> None:
    instruction = parse(prompt, mask=False)
    assert instruction.join == join
    assert instruction.takes == join.takes


@pytest.mark.parametrize(
    "prompt",
    [
        "combine them", "merge these two images", "blend the images", "put them together",
        "put them side by side nicely",
        "make a collage of cats", "put the cat next to the dog", "put the second person on the first",
        "put them side by side and stack them", "make it warmer and put the second image on the first",
        "make a 2x2 grid with a red blue gap", "make a 20x1 grid", "put the second image on the first, at 200% opacity",
        "put them side by side but keep the first one larger", "swap the images", "put the second image behind the man",
    ],
)  # fmt: skip
def test_what_is_unclear_or_cannot_be_done_is_refused(prompt: str) -> None:
    with pytest.raises(RetouchError) as caught:
        parse(prompt, mask=False)
    assert caught.value.code is Code.PROMPT_NOT_SUPPORTED


@pytest.mark.parametrize("prompt", ["sepia", "flip vertically", "remove the background", 'add a watermark "A"'])
def test_every_other_prompt_takes_one_image(prompt: str) -> None:
    assert parse(prompt, mask=False).takes == (1, 1)


def test_a_grid_takes_as_many_as_it_has_cells() -> None:
    assert grid(columns=2, rows=2).takes == (2, 4)
    assert grid(columns=2).takes == (2, 16)
    assert row(order=(1, 0)).takes == Overlay().takes == (2, 2)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("count", [2, 3, 4, 5])
@pytest.mark.parametrize("gap", [0, 7])
def test_images_lie_whole_apart_and_inside(layout: Layout, count: int, gap: int) -> None:
    """None is stretched by more than rounding, none overlaps another, and the outermost touch the border."""
    plan = Arrange(layout=layout, gap_pixels=gap).plan(SIZES[:count])
    assert len(plan.boxes) == count
    for box, (width, height) in zip(plan.boxes, SIZES, strict=False):
        assert abs(box.width - box.height * width / height) <= 2.5
        assert box.left >= 0
        assert box.top >= 0
    if layout is not Layout.GRID:
        assert max(box.left + box.width for box in plan.boxes) == plan.size[0]
        assert max(box.top + box.height for box in plan.boxes) == plan.size[1]
    for index, one in enumerate(plan.boxes):
        for other in plan.boxes[index + 1 :]:
            across = max(one.left, other.left) - min(one.left + one.width, other.left + other.width)
            down = max(one.top, other.top) - min(one.top + one.height, other.top + other.height)
            assert max(across, down) >= gap


def test_the_first_image_keeps_its_size() -> None:
    """In a row, a column and a grid to the pixel, wherever it stands."""
    assert row().plan(SIZES[:2]).boxes == (Box(0, 0, 400, 300), Box(400, 0, 225, 300))
    assert column().plan(SIZES[:2]).boxes == (Box(0, 0, 400, 300), Box(0, 300, 400, 533))
    assert grid().plan(SIZES[:2]).boxes == (Box(0, 0, 400, 300), Box(400 + 87, 0, 225, 300))
    assert row(order=(1, 0)).plan([SIZES[1], SIZES[0]]).boxes == (Box(0, 0, 225, 300), Box(225, 0, 400, 300))


def test_equal_images_keep_their_size_in_a_collage() -> None:
    plan = Arrange(layout=Layout.COLLAGE).plan([(120, 90)] * 9)
    assert plan.size == (360, 270)
    assert {(box.width, box.height) for box in plan.boxes} == {(120, 90)}


def test_a_collage_is_no_strip() -> None:
    """Rows are chosen so that the whole comes near 4:3."""
    assert collage_rows([4 / 3] * 9) == [3, 3, 3]
    assert collage_rows([1.0] * 4) == [2, 2]
    for count in range(3, 17):
        width, height = Arrange(layout=Layout.COLLAGE).plan(([(300, 200), (200, 300)] * 8)[:count]).size
        assert abs(math.log(width / height / (4 / 3))) < math.log(2.2)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize(
    "sizes", [[(8000, 5000)] * 16, [(1, 10_000), (10_000, 1)], [(10_000, 1)] * 16, [(1, 1), (8000, 5000)]]
)
def test_the_whole_has_at_most_forty_megapixels(layout: Layout, sizes: list[tuple[int, int]]) -> None:
    """What would be larger is reduced as a whole, and says so; however odd the shapes, every image has a pixel."""
    for gap in (0, 500):
        plan = Arrange(layout=layout, gap_pixels=gap).plan(sizes)
        assert plan.size[0] * plan.size[1] <= LARGEST
        assert all(box.width >= 1 and box.height >= 1 for box in plan.boxes)
    assert Arrange(layout=layout).plan([(8000, 5000)] * 16).reduced
    assert not Arrange(layout=layout).plan([(80, 50)] * 16).reduced


def test_a_reduction_is_noted_before_anything_is_made() -> None:
    instruction = parse("upscale 2x and put them side by side", mask=False)
    assert not any("reduced" in note for note in instruction.notes_on([(400, 300)] * 2))
    assert any("reduced" in note for note in instruction.notes_on([(4000, 3000)] * 2))


@pytest.mark.parametrize(
    ("step", "fill", "box"),
    [
        (Overlay(), False, Box(350, 250, 100, 100)),
        (Overlay(position=(2, 2)), False, Box(800 - 100 - 18, 600 - 100 - 18, 100, 100)),
        (Overlay(position=(0, 1), share=0.5), False, Box(18, 100, 400, 400)),
        (Overlay(scale=0.5, position=(1, 0)), False, Box(375, 18, 50, 50)),
        (Overlay(scale=4, share=None), False, Box(200, 100, 400, 400)),
        (Overlay(share=1.0), False, Box(100, 0, 600, 600)),
        (Overlay(), True, Box(100, 0, 600, 600)),
    ],
)
def test_the_second_image_lies_inside_the_first(step: Overlay, fill: bool, box: Box) -> None:
    """In its own size or as is said, reduced where it would not fit; into a marked area as large as fits."""
    assert step.box(Box(0, 0, 800, 600), (100, 100), fill=fill) == box
