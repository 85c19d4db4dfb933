"""What the studio tells of what goes wrong, and how it behaves while it loads."""

from pathlib import Path

import pytest

from support.browser import Studio
from support.images import encoded, photo


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
