"""The code that the studio shows, run as it is in a folder that holds the files it names."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import expect

from support.browser import Studio, same
from support.images import decoded
from support.server import KEY, Server, clean_environment

#: A prompt that a shell, curl's -F, Python and JavaScript would each trip over in its own way.
AWKWARD = """add the text "it's <50% off>; @home $HOME `ls` \\n é" at the bottom"""


async def code(studio: Studio, language: str) -> str:
    """What the page puts on the clipboard."""
    await studio.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    if not await studio.page.evaluate("document.querySelector('#code-dialog').open"):
        await studio.page.click("#code")
    await studio.page.click(f'[data-language="{language}"]')
    await studio.page.click("#code-copy")
    await expect(studio.page.locator("#code-copy-text")).to_have_text("Copied")
    text: str = await studio.page.evaluate("navigator.clipboard.readText()")
    return text


def run(language: str, text: str, folder: Path) -> None:
    """Paste it: into a shell, into a file for Python, into one for Node.js."""
    command = {
        "curl": ["bash", "-e", "-c", text],
        "python": [sys.executable, "-c", text],
        "javascript": [shutil.which("node") or "node", "edit.mjs"],
    }[language]
    (folder / "edit.mjs").write_text(text)
    environment = {**clean_environment(), "RETOUCH_API_KEY": KEY, "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "edit.mjs").unlink()


def made(folder: Path, before: set[Path]) -> list[Path]:
    return sorted(path for path in set(folder.iterdir()) - before if path.name != "answer.json")


LANGUAGES = [
    pytest.param("curl", marks=pytest.mark.skipif(not shutil.which("curl"), reason="no curl")),
    "python",
    pytest.param("javascript", marks=pytest.mark.skipif(not shutil.which("node"), reason="no Node.js")),
]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_code_for_a_masked_edit_works_when_pasted(
    studio: Studio, picture: Path, tmp_path: Path, language: str
) -> None:
    page = studio.page
    shutil.copy(picture, tmp_path / "photo.png")
    await studio.choose(tmp_path / "photo.png")
    await studio.draw((0.3, 0.4), (0.6, 0.5))
    await page.fill("#prompt", "fill the masked area")
    await page.click("#code")
    note = await page.inner_text("#code-note")
    assert "reads photo.png" in note
    assert "save mask.png there first" in note
    mask = await studio.download('#code-files >> text="mask.png"')
    await mask.save_as(tmp_path / "mask.png")
    before = set(tmp_path.iterdir())
    run(language, await code(studio, language), tmp_path)
    [file] = made(tmp_path, before)
    source, result = decoded(picture.read_bytes()), decoded(file.read_bytes())
    kept = decoded((tmp_path / "mask.png").read_bytes())[..., -1] == 255
    assert same(source, result, kept)
    assert (source[~kept] != result[~kept]).any()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_awkward_prompts_names_and_every_setting_survive(
    studio: Studio, picture: Path, tmp_path: Path, language: str
) -> None:
    page = studio.page
    odd = tmp_path / "it's; a, photo.png"
    shutil.copy(picture, odd)
    await studio.choose(odd)
    await page.fill("#prompt", AWKWARD)
    await page.fill("#n", "2")
    await page.click('[data-by="exact"]')
    await page.select_option("#size", "custom")
    await page.fill("#size-width", "301")
    await page.fill("#size-height", "200")
    await page.select_option("#quality", "high")
    await page.select_option("#background", "opaque")
    await page.select_option("#output_format", "webp")
    before = set(tmp_path.iterdir())
    run(language, await code(studio, language), tmp_path)
    files = made(tmp_path, before)
    assert [file.suffix for file in files] == [".webp", ".webp"]
    for file in files:
        result = decoded(file.read_bytes(), "RGB")
        assert result.shape == (200, 301, 3)
        assert result[:100].std() > 10


@pytest.mark.parametrize("language", LANGUAGES)
async def test_several_photos_and_an_extended_one_work_too(
    studio: Studio, picture: Path, tmp_path: Path, language: str
) -> None:
    page = studio.page
    for name in ("photo.png", "other.png"):
        shutil.copy(picture, tmp_path / name)
    await studio.choose(tmp_path / "photo.png", tmp_path / "other.png")
    await studio.model("repaint")
    await page.fill("#prompt", "continue the scene")
    await page.click('.tool[data-tool="frame"]')
    await page.fill("#extend-left", "100")
    await page.keyboard.press("Tab")
    await page.click("#code")
    for name in ("photo-extended.png", "mask.png"):
        await (await studio.download(f'#code-files >> text="{name}"')).save_as(tmp_path / name)
    before = set(tmp_path.iterdir())
    run(language, await code(studio, language), tmp_path)
    [file] = made(tmp_path, before)
    result = decoded(file.read_bytes(), "RGB")
    assert result.shape[:2] == (320, 580)
    assert (result[:, 100:] == decoded(picture.read_bytes())).all()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_shape_and_a_resolution_go_along(studio: Studio, picture: Path, tmp_path: Path, language: str) -> None:
    page = studio.page
    shutil.copy(picture, tmp_path / "photo.png")
    await studio.choose(tmp_path / "photo.png")
    await page.fill("#prompt", "make it sepia")
    await page.click('[data-by="shape"]')
    await page.select_option("#resolution", "640px")
    await page.select_option("#aspect_ratio", "4:5")
    before = set(tmp_path.iterdir())
    run(language, await code(studio, language), tmp_path)
    [file] = made(tmp_path, before)
    assert decoded(file.read_bytes()).shape[:2] == (640, 512)


async def test_the_code_names_no_key_and_this_server(studio: Studio, server: Server, picture: Path) -> None:
    await studio.choose(picture)
    for language in ("curl", "python", "javascript"):
        text = await code(studio, language)
        assert "RETOUCH_API_KEY" in text
        assert f"{server.url}/v1" in text
        assert not re.search(r"rt-\w{10}", text)
