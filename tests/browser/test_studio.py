"""A person's way through the studio: from the link that the server prints to a downloaded edit."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser, expect

from support.browser import DESKTOP, PHONE, WATCH, Studio, read, same
from support.http import exchange
from support.images import decoded, encoded, photo
from support.links import printed_link
from support.server import Server, running_server


async def test_from_the_printed_link_to_an_edited_photo_that_is_untouched_outside_the_mask(
    browser: Browser, picture: Path
) -> None:
    with running_server() as server:
        fragment = "#" + printed_link(server).partition("#")[2]
        context = await browser.new_context(viewport=DESKTOP)
        await context.add_init_script(WATCH)
        studio = Studio(await context.new_page(), server)
        await studio.open(fragment)
        assert "#" not in studio.page.url, "the token stays in the address"
        await studio.choose(picture)
        await studio.draw((0.3, 0.4), (0.5, 0.5), (0.6, 0.4))
        mask = await studio.mask()
        await studio.edit("fill the masked area")
        source, result = decoded(picture.read_bytes()), await studio.result()
        kept = mask == 255
        assert 0.02 < 1 - kept.mean() < 0.5
        assert same(source, result, kept)
        assert (source[~kept] != result[~kept]).any()
        # The link was used: who finds it later gets nothing, and is told why.
        await context.clear_cookies()
        studio.expect("status of 401")
        await studio.page.goto("about:blank")
        await studio.page.goto(f"{server.url}/studio/{fragment}")
        assert "used already" in await studio.page.inner_text("#sign-in-problem")
        await studio.settle()
        await context.close()


async def test_a_key_signs_in_and_signing_out_ends_it(visitor: Studio, server: Server) -> None:
    page = visitor.page
    visitor.expect("status of 401")
    await page.goto(f"{server.url}/")
    await page.fill("#key", "rt-wrong")
    await page.click(".sign-in button")
    await page.wait_for_selector("#sign-in-problem:not([hidden])")
    assert "Incorrect or missing API key" in await page.inner_text("#sign-in-problem")
    await page.fill("#key", "rt-a-key-for-tests-that-is-long-enough-0123456789")
    await page.keyboard.press("Enter")
    await visitor.loaded()
    await page.reload()
    await visitor.loaded()
    await page.click("#sign-out")
    await page.wait_for_selector("#key")


async def test_partial_images_are_shown_as_they_come(studio: Studio, picture: Path) -> None:
    await studio.choose(picture)
    await studio.model("repaint")
    await studio.edit("paint something")
    assert len(set(await studio.page.evaluate("previews"))) == 2
    assert (await studio.result()).shape[:2] == (320, 480)


async def test_results_are_compared_by_a_slider_or_side_by_side(studio: Studio, picture: Path) -> None:
    page = studio.page
    await studio.choose(picture)
    await studio.model("repaint")
    await page.click('[aria-label="More images"]')
    assert await page.inner_text("#cost") == "0 credits"
    await studio.edit("two of them")
    assert await page.locator(".take").count() == 2
    first = await page.get_attribute("#download", "href")
    await page.click(".take >> nth=1")
    assert await page.get_attribute("#download", "href") != first
    await page.focus(".split")
    before = await page.evaluate("document.querySelector('.fitted').style.getPropertyValue('--split')")
    for _ in range(8):
        await page.keyboard.press("ArrowRight")
    after = await page.evaluate("document.querySelector('.fitted').style.getPropertyValue('--split')")
    assert float(after.rstrip("%")) == float(before.rstrip("%")) + 4
    await page.click('[data-compare="sides"]')
    assert await page.locator(".side img").count() == 2
    assert await page.inner_text(".side >> nth=0") == "Before · 480 × 320"


async def test_an_edit_is_cancelled(studio: Studio, picture: Path, tmp_path: Path) -> None:
    page = studio.page
    await studio.choose(picture)
    await studio.model("repaint-attached")
    await page.fill("#prompt", f"hold {tmp_path / 'never'}")
    await page.click("#run")
    await page.wait_for_selector("#progress:not([hidden])")
    await expect(page.locator("#progress-text")).to_have_text("Editing…")
    await page.click("#cancel")
    assert "Cancelled" in await studio.problem()
    assert await page.is_visible("#run")
    assert await page.is_visible("#stage")
    async with asyncio.timeout(30):
        while 'retouch_edits_inside{engine="repaint"} 0.0' not in metrics(studio.server):
            await asyncio.sleep(0.05)


def metrics(server: Server) -> str:
    return exchange(f"{server.url}/metrics").body.decode()


async def test_a_photo_is_extended_by_dragging_its_frame(studio: Studio, picture: Path) -> None:
    page = studio.page
    await studio.choose(picture)
    await page.keyboard.press("f")
    for edge, (dx, dy) in {"e": (60, 0), "nw": (-40, -30)}.items():
        box = await page.locator(f".handle.{edge}").bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(x + dx, y + dy, steps=5)
        await page.mouse.up()
    room = {side: int(await page.input_value(f"#extend-{side}")) for side in ("left", "top", "right", "bottom")}
    assert room["bottom"] == 0
    assert all(room[side] > 10 for side in ("left", "top", "right"))
    wide, high = 480 + room["left"] + room["right"], 320 + room["top"]
    assert await page.inner_text(".frame-size") == f"{wide} × {high}"
    await studio.edit()
    assert await page.input_value("#prompt") == "fill in the transparent areas"
    result = await studio.result("RGB")
    assert result.shape[:2] == (high, wide)
    inside = result[room["top"] :, room["left"] : room["left"] + 480]
    assert (inside == decoded(picture.read_bytes())).all()
    assert result[: room["top"]].std() > 5, "the room is empty"


async def test_a_shape_button_and_typed_numbers_extend_too(studio: Studio, picture: Path) -> None:
    page = studio.page
    await studio.choose(picture)
    await page.keyboard.press("f")
    await page.click('[data-aspect="1:1"]')
    assert await page.inner_text(".frame-size") == "480 × 480"
    await page.fill("#extend-top", "0")
    await page.keyboard.press("Tab")
    assert await page.inner_text(".frame-size") == "480 × 400"


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


async def test_photos_are_pasted_and_dropped_and_one_is_made_the_first(studio: Studio, picture: Path) -> None:
    page = studio.page
    give = """async ({ kind, name, bytes }) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
      const event = kind === "paste"
        ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true })
        : new DragEvent("drop", { dataTransfer: data, bubbles: true });
      document.body.dispatchEvent(event);
    }"""
    other = encoded(photo(200, 300, seed=2))
    await page.evaluate(give, {"kind": "paste", "name": "one.png", "bytes": list(picture.read_bytes())})
    await page.wait_for_selector(".thumb")
    await page.evaluate(give, {"kind": "drop", "name": "two.png", "bytes": list(other)})
    await page.wait_for_selector(".thumb >> nth=1")
    await page.fill("#prompt", "make it warmer")
    studio.expect("status of 400")
    await page.click("#run")
    assert "takes one image; 2 were sent" in await studio.problem()
    await page.click('[aria-label="Edit two.png instead"]')
    await page.wait_for_selector('[aria-label="two.png, the photo to edit"]')
    await page.click('[aria-label="Remove one.png"]')
    await studio.edit()
    assert (await studio.result()).shape[:2] == (300, 200)


async def test_several_photos_go_to_a_model_that_takes_them(studio: Studio, picture: Path) -> None:
    await studio.choose(picture, picture)
    await studio.model("gpt-image-1")
    await studio.edit("put them together")
    assert (await studio.result()).size > 0


async def test_several_photos_are_put_together_by_the_built_in_editor(studio: Studio, picture: Path) -> None:
    await studio.choose(picture, picture)
    await studio.edit("put them side by side")
    assert (await studio.result()).shape[:2] == (320, 960)


async def test_a_result_is_edited_again(studio: Studio, picture: Path) -> None:
    page = studio.page
    await studio.choose(picture)
    await page.click('#examples >> text="black and white"')
    await studio.edit()
    first = await studio.result("RGB")
    await page.click("#again")
    await page.wait_for_selector("#stage:not([hidden])")
    await studio.edit("flip horizontally")
    assert (await studio.result("RGB") == first[:, ::-1]).all()


async def test_settings_go_with_the_edit(studio: Studio, picture: Path) -> None:
    page = studio.page
    await studio.choose(picture)
    await page.click('[data-by="exact"]')
    await page.select_option("#size", "custom")
    await page.fill("#size-width", "333")
    await page.fill("#size-height", "222")
    await page.select_option("#output_format", "webp")
    await page.select_option("#background", "transparent")
    assert await page.is_disabled('#output_format option[value="jpeg"]')
    await page.select_option("#background", "opaque")
    await page.fill("#n", "99")
    await page.keyboard.press("Tab")
    assert await page.input_value("#n") == "10"
    await page.fill("#n", "2")
    await studio.edit("add film grain")
    # The first image is shown before the second has come.
    await expect(page.locator("#result-bar p")).to_have_text("333 × 222 WEBP · done by Retouch, not the model: count")
    download = await studio.download("#download")
    assert download.suggested_filename == "edited-1.webp"
    assert decoded(await read(download)).shape[:2] == (222, 333)


@pytest.mark.parametrize(
    ("prompt", "sentence", "way_out"),
    [
        ("add a hat", "hat", "other words"),
        ("remove the dog", "mask", "Paint over what you mean"),
    ],
)
async def test_a_refusal_is_a_sentence_with_what_to_do(
    studio: Studio, picture: Path, prompt: str, sentence: str, way_out: str
) -> None:
    studio.expect("status of 400")
    await studio.choose(picture)
    await studio.page.fill("#prompt", prompt)
    await studio.page.click("#run")
    said = await studio.problem()
    assert sentence in said
    assert way_out in said
    await studio.page.fill("#prompt", "make it warmer")
    assert await studio.page.is_hidden("#problem")
    assert await studio.page.get_attribute("#prompt", "aria-invalid") is None


async def test_a_problem_is_gone_once_something_else_is_marked_or_there_is_room(studio: Studio, picture: Path) -> None:
    """Who does what the page said must not read it again."""
    studio.expect("status of 400")
    page = studio.page
    await studio.choose(picture)
    await page.fill("#prompt", "remove the dog")
    await page.click("#run")
    await studio.problem()
    await studio.draw((0.3, 0.4), (0.6, 0.4))
    assert await page.is_hidden("#problem")
    await page.fill("#prompt", "add a hat")
    await page.click("#run")
    await studio.problem()
    await page.click('.tool[data-tool="frame"]')
    await page.click('[data-aspect="1:1"]')
    assert await page.is_hidden("#problem")


async def test_an_edit_that_fails_halfway_is_told_too(studio: Studio, picture: Path) -> None:
    page = studio.page
    await studio.choose(picture)
    await studio.model("repaint")
    await page.fill("#prompt", "breaks down")
    await page.click("#run")
    said = await studio.problem()
    assert "The test engine broke in the middle" in said
    assert "choose another model" in said
    assert await page.is_visible("#stage")


async def test_nothing_is_sent_without_a_photo_or_a_prompt(studio: Studio, picture: Path) -> None:
    page = studio.page
    await page.click("#run")
    assert "no photo yet" in await studio.problem()
    await studio.choose(picture)
    await page.click("#run")
    assert "Say what should change" in await studio.problem()
    assert await page.get_attribute("#prompt", "aria-invalid") == "true"


async def test_a_file_that_is_no_picture_is_told(studio: Studio, tmp_path: Path) -> None:
    file = tmp_path / "broken.png"
    file.write_bytes(b"no picture at all")
    await studio.page.set_input_files("#file-input", file)
    assert "broken.png cannot be shown" in await studio.problem()


async def test_a_photo_turned_by_its_exif_is_marked_as_it_is_shown(studio: Studio, tmp_path: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    file = tmp_path / "turned.jpg"
    file.write_bytes(encoded(photo(200, 120), "JPEG", exif=exif.tobytes()))
    await studio.choose(file)
    await studio.draw((0.4, 0.5), (0.6, 0.5))
    assert (await studio.mask()).shape == (200, 120)
    await studio.edit("fill the masked area")
    assert (await studio.result()).shape[:2] == (200, 120)


async def test_pages_load_without_moving_about(studio: Studio) -> None:
    await studio.page.wait_for_load_state("networkidle")
    assert await studio.page.evaluate("shifted") < 0.01


async def test_the_theme_is_the_systems_until_the_reader_chooses(studio: Studio) -> None:
    page = studio.page
    ground = "getComputedStyle(document.body).backgroundColor"
    await page.emulate_media(color_scheme="light")
    light = await page.evaluate(ground)
    await page.emulate_media(color_scheme="dark")
    dark = await page.evaluate(ground)
    assert light != dark
    await page.click('[aria-label="Use the light theme"]')
    assert await page.evaluate(ground) == light
    await page.reload()
    await studio.loaded()
    assert await page.evaluate(ground) == light


async def test_reduced_motion_is_respected(studio: Studio) -> None:
    await studio.page.emulate_media(reduced_motion="reduce")
    seconds = await studio.page.evaluate("getComputedStyle(document.querySelector('.bar span')).animationDuration")
    assert float(seconds.rstrip("s")) < 0.001
