"""The page's own arithmetic, module by module, in the browser that it is for."""

import base64
from typing import Any

import numpy as np
import pytest

from retouch.engines.cpu.grammar import parse
from support.browser import Studio
from support.images import Array, decoded


@pytest.fixture
async def page(studio: Studio) -> Any:
    return studio.page


MASK = """
const { Mask } = await import("/studio/js/mask.js");
const { stroke, rectangle, outline } = await import("/studio/js/paint.js");
const mask = new Mask(width, height);
const whole = () => {
  const all = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) all.set(mask.row(y), y * width);
  let text = "";
  for (const value of all) text += String.fromCharCode(value);
  return btoa(text);
};
"""


async def painted(page: Any, body: str, width: int = 700, height: int = 300) -> Array:
    """What a mask holds after some lines of JavaScript."""
    text = await work(page, f"{body}; return whole();", width, height)
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width)


async def work(page: Any, body: str, width: int = 700, height: int = 300) -> Any:
    """What some lines of JavaScript answer that work on `mask`."""
    script = f"async ({{ width, height }}) => {{ {MASK} {body} }}"
    return await page.evaluate(script, {"width": width, "height": height})


def capsule(width: int, height: int, ends: tuple[float, float, float, float], radius: float) -> Array:
    """The same stroke, pixel by pixel."""
    ax, ay, bx, by = ends
    y, x = np.mgrid[0:height, 0:width] + 0.5
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length if length else 0 * x, 0, 1)
    distance = np.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay))
    share: Array = np.round(np.clip(radius + 0.5 - distance, 0, 1) * 255).astype(np.uint8)
    return share


@pytest.mark.parametrize(
    ("ends", "radius"),
    [
        ((100, 100, 100, 100), 20),
        ((50.3, 40.7, 600.2, 250.9), 33.5),
        ((600, 20, 60, 280), 8),
        ((250, 10, 250, 290), 12.25),
        ((10, 150, 690, 150), 40),
        ((-30, -20, 40, 330), 25),
        ((400, 150, 401, 150.5), 0.5),
        ((255.5, 255.5, 257, 257), 3),
    ],
)
async def test_a_stroke_is_round_and_soft_at_its_edge(
    page: Any, ends: tuple[float, float, float, float], radius: float
) -> None:
    drawn = await painted(page, f"stroke(mask, ...{list(ends)}, {radius})")
    wanted = capsule(700, 300, ends, radius)
    assert np.abs(drawn.astype(int) - wanted).max() <= 1
    full = "mask.fillRect(0, 0, width, height, 255)"
    erased = await painted(page, f"{full}; stroke(mask, ...{list(ends)}, {radius}, true)")
    assert np.abs(erased.astype(int) - (255 - wanted.astype(int))).max() <= 1


async def test_a_lasso_marks_its_inside_once_even_where_it_crosses_itself(page: Any) -> None:
    star = [[350, 10], [450, 290], [180, 110], [520, 110], [250, 290]]
    drawn = await painted(page, f"outline(mask, {star})")
    assert drawn[150, 350] == 255, "the middle of the star is inside"
    assert drawn[20, 200] == 0
    square = await painted(page, "outline(mask, [[100, 50], [300, 50], [300, 150], [100, 150]])")
    assert (np.argwhere(square).min(0).tolist(), np.argwhere(square).max(0).tolist()) == ([50, 100], [149, 299])
    assert (square[50:150, 100:300] == 255).all()


async def test_steps_are_undone_to_the_byte_and_whole_tiles_stay_numbers(page: Any) -> None:
    steps = """
      const states = [whole()];
      const step = (work) => { mask.begin(); work(); if (mask.commit()) states.push(whole()); };
      step(() => stroke(mask, 20, 20, 650, 250, 30));
      step(() => mask.invert());
      step(() => rectangle(mask, 0, 0, 700, 300, true));
      step(() => rectangle(mask, -50, 100, 300, 999));
      step(() => {});
      const numbers = mask.tiles.filter((tile) => typeof tile === "number").length;
      const back = [whole()];
      while (mask.undo()) back.push(whole());
      const forth = [whole()];
      while (mask.redo()) forth.push(whole());
      return { states, back, forth, numbers };
    """
    found = await work(page, steps)
    assert (len(found["states"]), len(set(found["states"]))) == (5, 4)
    assert found["forth"] == found["states"]
    assert found["back"] == found["states"][::-1]
    assert found["numbers"] == 3


async def test_a_given_up_step_leaves_nothing(page: Any) -> None:
    drawn = await painted(page, "mask.begin(); stroke(mask, 20, 20, 650, 250, 30); mask.abandon()")
    assert not drawn.any()


async def test_masks_and_pictures_are_packed_as_png(page: Any) -> None:
    packed = await page.evaluate("""async () => {
      const { encodePng, GREY_ALPHA, RGBA } = await import("/studio/js/png.js");
      const text = async (blob) => {
        const bytes = new Uint8Array(await blob.arrayBuffer());
        return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
      };
      const make = (layout) => encodePng(300, 200, layout, (y) =>
        Uint8Array.from({ length: 300 * layout.bytes }, (_, at) => (at * 7 + y * 13) & 255));
      return [await text(await make(GREY_ALPHA)), await text(await make(RGBA))];
    }""")
    for data, channels in zip(packed, (2, 4), strict=True):
        y, at = np.mgrid[0:200, 0 : 300 * channels]
        wanted = ((at * 7 + y * 13) & 255).astype(np.uint8).reshape(200, 300, channels)
        assert (decoded(data) == wanted).all()


async def test_events_are_read_however_the_network_cuts_them(page: Any) -> None:
    read = """async ({ text, size }) => {
      const { readEvents } = await import("/studio/js/sse.js");
      const bytes = new TextEncoder().encode(text);
      const body = new ReadableStream({
        start(controller) {
          for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
          controller.close();
        },
      });
      const events = [];
      for await (const event of readEvents(body)) events.push(event);
      return events;
    }"""
    text = ': waiting\n\nevent: image_edit.completed\ndata: {"é": 1}\n\n: waiting\n\ndata: two\ndata: lines\n\n'
    wanted = [
        {"event": "image_edit.completed", "data": '{"é": 1}'},
        {"event": "message", "data": "two\nlines"},
    ]
    for size in (1, 2, 3, 7, 1000):
        assert await page.evaluate(read, {"text": text, "size": size}) == wanted


async def test_every_example_of_the_built_in_editor_is_one_that_it_reads(page: Any) -> None:
    examples = await page.evaluate("async () => (await import('/studio/js/examples.js')).BUILT_IN")
    for prompt in examples["whole"]:
        assert parse(prompt, mask=False).steps
    for prompt in (*examples["marked"], *examples["extended"]):
        assert parse(prompt, mask=True).steps


async def test_a_photo_is_extended_to_an_aspect_by_the_least_room(page: Any) -> None:
    room = "async ([w, h, a, d]) => (await import('/studio/js/frame.js')).roomFor(w, h, a, d)"
    assert await page.evaluate(room, [480, 320, 1, 1]) == {"left": 0, "right": 0, "top": 80, "bottom": 80}
    assert await page.evaluate(room, [480, 321, 16, 9]) == {"left": 45, "right": 46, "top": 0, "bottom": 0}
