"""A person's way through the studio: from the link that the server prints to a downloaded edit."""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, expect

from support.browser import DESKTOP, WATCH, Studio, read, same
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
