"""How large a result is to be: what model and tier allow, what it costs, and that it comes out so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from retouch.domain.picture import Size
from retouch.domain.resolution import ASPECT_RATIOS, Resolution
from support.axe import serious
from support.browser import PHONE, Studio
from support.customers import ask, customer, edit
from support.images import decoded
from support.server import CONFIG, Server, running_server

#: Models that differ in what tiers may do with them.
TIERED = (
    CONFIG
    + """
[models.nano-banana-pro]
routes = [{ engine = "repaint", model = "any" }]

[models.from-1k]
summary = "Large pictures alone"
resolutions = ["1k", "2k"]
price = 3
routes = [{ engine = "repaint", model = "any" }]
"""
)


@pytest.fixture(scope="module")
def tiered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    config = tmp_path_factory.mktemp("config") / "retouch.toml"
    config.write_text(TIERED)
    with running_server({"RETOUCH_CONFIG": str(config)}) as server:
        yield server


async def shaped(page: Page, resolution: str, shape: str = "") -> None:
    """Choose by shape and resolution."""
    await page.click('[data-by="shape"]')
    await page.select_option("#resolution", resolution)
    await page.select_option("#aspect_ratio", shape)


async def test_a_shape_and_a_resolution_come_out_as_the_page_says_at_the_price_it_says(
    studio: Studio, server: Server, picture: Path
) -> None:
    page = studio.page
    await studio.choose(picture)
    await page.click('[data-by="shape"]')
    assert await page.input_value("#resolution") == "1k", "what costs no more is suggested"
    await expect(page.locator("#size-note")).to_have_text("1024 × 683 pixels.")
    await expect(page.locator("#cost")).to_have_text("1 credit")
    await page.select_option("#resolution", "4k")
    await expect(page.locator("#cost")).to_have_text("2 credits")
    await page.fill("#n", "3")
    await expect(page.locator("#cost")).to_have_text("6 credits")
    await page.fill("#n", "1")
    await shaped(page, "2k", "4:5")
    await expect(page.locator("#size-note")).to_have_text("1638 × 2048 pixels. The photo is cut to this shape.")
    await expect(page.locator("#cost")).to_have_text("2 credits")
    assert await serious(page) == []
    await studio.edit("make it sepia")
    assert (await studio.result()).shape[:2] == (2048, 1638)
    made = ask(server, "GET", "/v1/edits?limit=1")["data"][0]
    assert (made["parameters"]["resolution"], made["parameters"]["aspect_ratio"]) == ("2k", "4:5")
    assert made["charged"] == 2


async def test_left_to_the_model_nothing_is_sent_and_an_exact_size_is_the_photos_first(
    studio: Studio, server: Server, picture: Path
) -> None:
    page = studio.page
    await studio.choose(picture)
    await shaped(page, "640px", "1:1")
    await page.click('[data-by="auto"]')
    await studio.edit("make it sepia")
    assert (
        not {"size", "resolution", "aspect_ratio"}
        & ask(server, "GET", "/v1/edits?limit=1")["data"][0]["parameters"].keys()
    )
    await page.click('[data-view="mark"]')
    await page.click('[data-by="exact"]')
    assert await page.input_value("#size") == "480x320"
    await page.select_option("#size", "1024x1024")
    await expect(page.locator("#size-note")).to_have_text("The photo is cut to this shape.")
    await studio.edit("make it sepia")
    assert (await studio.result()).shape[:2] == (1024, 1024)


async def test_an_extended_photo_has_its_own_shape_at_a_resolution(studio: Studio, picture: Path) -> None:
    page = studio.page
    await studio.choose(picture)
    await page.keyboard.press("f")
    await page.fill("#extend-left", "160")
    await page.keyboard.press("Tab")
    await shaped(page, "640px")
    await expect(page.locator("#size-note")).to_have_text("640 × 320 pixels.")
    await studio.edit()
    assert (await studio.result()).shape[:2] == (320, 640)


async def test_what_the_tier_does_not_allow_is_shown_with_the_reason(
    visitor: Studio, tiered: Server, picture: Path
) -> None:
    """Resolutions and models; a model that takes exact sizes alone says so, and the choice is there again after it."""
    visitor.server = tiered
    page = visitor.page
    payer = customer(tiered, 50)
    await visitor.sign_in(payer.key)
    await visitor.choose(picture)
    await visitor.model("repaint")
    await page.click('[data-by="shape"]')
    assert await page.input_value("#resolution") == "640px"
    states = await page.eval_on_selector_all("#resolution option", "all => all.map((one) => [one.text, one.disabled])")
    assert states == [
        ["640px", False],
        ["1k · not with your tier", True],
        ["2k · not with your tier", True],
        ["4k · not with your tier", True],
    ]
    await expect(page.locator("#size-note")).to_contain_text("Your tier, free, goes up to 640px.")
    await visitor.model("from-1k")
    by_shape = page.locator('[data-by="shape"]')
    await expect(by_shape).to_be_disabled()
    await expect(page.locator("#size-note")).to_have_text("Your tier, free, goes up to 640px; from-1k begins at 1k.")
    await visitor.model("gpt-image-1")
    await expect(by_shape).to_be_disabled()
    await expect(page.locator("#size-note")).to_have_text("gpt-image-1 takes exact sizes alone.")
    await visitor.model("repaint")
    await expect(by_shape).to_have_attribute("aria-pressed", "true")
    await page.click("#model")
    locked = page.locator(".model", has_text="nano-banana-pro").first
    await expect(locked).to_contain_text("For the tiers creator, pro, business; yours is free.")
    await expect(locked.locator("input")).to_be_disabled()
    assert await serious(page) == []
    await page.set_viewport_size(PHONE)
    assert await serious(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


async def test_sizes_of_earlier_edits_are_shown_and_used_again(visitor: Studio, server: Server, picture: Path) -> None:
    payer = customer(server, 20)
    edit(server, picture, "black and white", payer.key, resolution="640px", aspect_ratio="16:9", output_format="webp")
    edit(server, picture, "make it sepia", payer.key, size="333x222")
    edit(server, picture, "pencil sketch", payer.key, resolution="640px")
    page = visitor.page
    await visitor.sign_in(payer.key)
    await visitor.choose(picture)
    await page.click("#history summary")
    lines = page.locator(".past")
    await expect(lines.nth(2)).to_contain_text("640px, 16:9")
    await expect(lines.nth(1)).to_contain_text("333 × 222")
    await lines.nth(2).locator(".icon-only").click()
    fields = ("#resolution", "#aspect_ratio", "#output_format", "#output_compression")
    assert [await page.input_value(field) for field in fields] == ["640px", "16:9", "webp", "100"]
    await expect(page.locator("#size-note")).to_contain_text("640 × 360 pixels.")
    await lines.nth(1).locator(".icon-only").click()
    assert [await page.input_value(field) for field in ("#size", "#size-width", "#size-height")] == [
        "custom",
        "333",
        "222",
    ]
    await lines.nth(0).locator(".icon-only").click()
    assert [await page.input_value(field) for field in fields[:2]] == ["640px", ""]
    await visitor.edit()
    assert (await visitor.result()).shape[:2] == (427, 640)
    await visitor.open("history")
    await expect(page.locator(".item").last).to_contain_text("Size640px, 16:9")
    await page.click('[aria-label="Edit this again: black and white"]')
    await visitor.loaded()
    assert [await page.input_value(field) for field in fields[:2]] == ["640px", "16:9"]


async def test_the_page_reckons_sizes_as_the_server_does(studio: Studio) -> None:
    photos = [Size(480, 320), Size(481, 3), Size(1, 8000), Size(4032, 3024), Size(999, 1000)]
    asked = [[word.value, "" if shape == "auto" else shape] for word in Resolution for shape in ASPECT_RATIOS]
    reckon = """async ([asked, photos]) => {
      const { sizeOf } = await import("/studio/js/sizes.js");
      return photos.flatMap(([width, height]) => asked.map(([resolution, shape]) => {
        const size = sizeOf(resolution, shape, { width, height });
        return `${size.width}x${size.height}`;
      }));
    }"""
    found = await studio.page.evaluate(reckon, [asked, [[photo.width, photo.height] for photo in photos]])
    assert found == [str(Resolution(word).size(shape or None, photo)) for photo in photos for word, shape in asked]


async def test_a_compressed_edit_of_the_history_keeps_its_quality(
    visitor: Studio, server: Server, picture: Path
) -> None:
    payer = customer(server, 20)
    edit(server, picture, "make it sepia", payer.key, output_format="jpeg", output_compression=40)
    page = visitor.page
    await visitor.sign_in(payer.key)
    await visitor.choose(picture)
    await page.click("#history summary")
    await page.locator(".past .icon-only").first.click()
    assert await page.input_value("#output_compression") == "40"
    await visitor.edit()
    assert decoded(await _file(visitor)).shape[:2] == (320, 480)
    assert ask(server, "GET", "/v1/edits?limit=1", key=payer.key)["data"][0]["parameters"]["output_compression"] == 40


async def _file(studio: Studio) -> bytes:
    return Path(await (await studio.download("#download")).path()).read_bytes()
