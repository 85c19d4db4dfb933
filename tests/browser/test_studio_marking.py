"""What is to change is marked: by mouse, keys, touch and files."""

from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser, expect

from support.browser import PHONE, WATCH, Studio, read
from support.images import encoded
from support.server import Server


async def test_strokes_are_undone_and_done_again(studio: Studio, picture: Path) -> None:
    page = studio.page
    await studio.choose(picture)
    assert await studio.painted() == 0
    await studio.draw((0.2, 0.3), (0.5, 0.3))
    one = await studio.painted()
    await studio.draw((0.2, 0.7), (0.5, 0.7))
    both = await studio.painted()
    assert both > one > 100
    await page.keyboard.press("Control+z")
    assert await studio.painted() == one
    await page.click('[data-act="undo"]')
    assert await studio.painted() == 0
    assert await page.is_disabled('[data-act="undo"]')
    await page.keyboard.press("Control+Shift+z")
    await page.keyboard.press("Control+y")
    assert await studio.painted() == both
    assert await page.is_disabled('[data-act="redo"]')


async def test_every_tool_marks_what_it_encloses(studio: Studio, picture: Path) -> None:
    page = studio.page
    await studio.choose(picture)
    await page.keyboard.press("r")
    await studio.draw((0.25, 0.25), (0.75, 0.75))
    mask = await studio.mask()
    assert mask.shape == (320, 480)
    assert abs((mask == 0).mean() - 0.25) < 0.01
    await page.keyboard.press("l")
    await page.click('[data-mode="erase"]')
    await studio.draw((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.25))
    assert abs(((await studio.mask()) == 0).mean() - 0.125) < 0.01
    await page.keyboard.press("i")
    assert abs(((await studio.mask()) == 0).mean() - 0.875) < 0.01
    await page.keyboard.press("e")
    await studio.draw((0.1, 0.1), (0.9, 0.1))
    assert ((await studio.mask()) == 0).mean() < 0.87
    await page.click('[data-act="clear"]')
    assert await page.is_disabled('[data-act="mask-download"]')
    assert await studio.painted() == 0


async def test_a_mask_comes_back_as_it_was_downloaded(studio: Studio, picture: Path, tmp_path: Path) -> None:
    page = studio.page
    await studio.choose(picture)
    await studio.draw((0.2, 0.3), (0.5, 0.6))
    drawn = await studio.mask()
    file = tmp_path / "own.png"
    file.write_bytes(await read(await studio.download('[data-act="mask-download"]')))
    await page.click('[data-act="clear"]')
    await page.set_input_files("#mask-input", file)
    await page.wait_for_selector('[data-act="mask-download"]:not(:disabled)')
    assert (await studio.mask() == drawn).all()
    white = np.zeros((320, 480), np.uint8)
    white[:, :100] = 255
    file.write_bytes(encoded(white))
    await page.click('[data-act="clear"]')
    await page.set_input_files("#mask-input", file)
    await page.wait_for_selector('[data-act="mask-download"]:not(:disabled)')
    assert (await studio.mask() == 255 - white).all()
    file.write_bytes(encoded(white[:50]))
    await page.set_input_files("#mask-input", file)
    assert "480 × 50, the photo 480 × 320" in await studio.problem()


async def test_the_wheel_and_keys_size_the_brush_and_zoom(studio: Studio, picture: Path) -> None:
    page = studio.page
    await studio.choose(picture)

    async def number(selector: str) -> int:
        return int((await page.inner_text(selector)).split()[0])

    await page.mouse.move(*await studio.at(0.5, 0.5))
    size = await number("#brush-pixels")
    await page.keyboard.press("]")
    bigger = await number("#brush-pixels")
    assert bigger > size
    await page.keyboard.press("[")
    assert await number("#brush-pixels") == size
    await page.mouse.wheel(0, -200)
    await expect(page.locator("#brush-pixels")).not_to_have_text(f"{size} px")
    assert await number("#brush-pixels") > size
    zoom, fixed = await number("#zoom-level"), await studio.at(0.5, 0.5)
    await page.keyboard.down("Control")
    await page.mouse.wheel(0, -200)
    await page.keyboard.up("Control")
    await expect(page.locator("#zoom-level")).not_to_have_text(f"{zoom} %")
    assert await number("#zoom-level") > zoom
    assert await studio.at(0.5, 0.5) == pytest.approx(fixed, abs=1), "the point under the pointer has moved"
    await page.keyboard.down("Space")
    await studio.draw((0.5, 0.5), (0.6, 0.6))
    await page.keyboard.up("Space")
    assert await studio.at(0.5, 0.5) != pytest.approx(fixed, abs=5)
    assert await studio.painted() == 0, "moving the view has painted"
    await page.keyboard.press("0")
    assert await number("#zoom-level") == zoom


async def test_the_keyboard_alone_is_enough(studio: Studio, picture: Path) -> None:
    page = studio.page
    keys = page.keyboard
    async with page.expect_file_chooser() as waiting:  # asked for early: Chromium has to be told before it opens
        await tab_to(studio, "#choose")
        await keys.press("Enter")
    await (await waiting.value).set_files(picture)
    await page.wait_for_selector("#stage:not([hidden])")
    await tab_to(studio, "#stage")
    await keys.press("ArrowLeft")
    await keys.press("Enter")
    for _ in range(8):
        await keys.press("ArrowRight")
    await keys.press("Enter")
    stroke = await studio.painted()
    assert stroke > 300
    await keys.press("Enter")
    await keys.press("Shift+ArrowDown")
    await keys.press("Escape")
    assert await studio.painted() == stroke, "a stroke that was given up has stayed"
    await tab_to(studio, "#prompt")
    await keys.type("fill the masked area")
    await keys.press("Control+Enter")
    await page.wait_for_selector("#download", timeout=60_000)
    await tab_to(studio, "#download")
    async with page.expect_download() as coming:
        await keys.press("Enter")
    assert (await coming.value).suggested_filename == "edited-1.png"


async def tab_to(studio: Studio, selector: str) -> None:
    """Press Tab until something has the focus; it must be seen to have it."""
    for _ in range(80):
        if await studio.page.evaluate("(wanted) => document.activeElement?.matches(wanted)", selector):
            return
        await studio.page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


async def test_a_phone_of_360_pixels_edits_by_touch(browser: Browser, server: Server, picture: Path) -> None:
    context = await browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    await context.add_init_script(WATCH)
    studio = Studio(await context.new_page(), server)
    page = studio.page
    await studio.sign_in()
    await studio.choose(picture)
    points = [await studio.at(x, 0.5) for x in (0.3, 0.4, 0.5, 0.6)]
    await touch(studio, [[point] for point in points])
    painted = await studio.painted()
    assert painted > 300
    # Two fingers zoom and paint nothing.
    zoom = await page.inner_text("#zoom-level")
    (x, y) = await studio.at(0.5, 0.5)
    await touch(studio, [[(x - reach, y), (x + reach, y)] for reach in (30, 50, 70)])
    assert await page.inner_text("#zoom-level") != zoom
    await page.click('[data-zoom="fit"]')
    assert await studio.painted() == painted
    await studio.edit("fill the masked area")
    assert (await studio.result()).shape[:2] == (320, 480)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await studio.settle()
    await context.close()


async def touch(studio: Studio, moves: list[list[tuple[float, float]]]) -> None:
    """Put fingers down at the first places, move them through the others, and lift them."""
    session = await studio.page.context.new_cdp_session(studio.page)
    for index, places in enumerate(moves):
        fingers = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
        kind = "touchStart" if index == 0 else "touchMove"
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await session.detach()
