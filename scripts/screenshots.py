"""`make screenshots`: the pages as they look, light and dark, on a desktop and a phone, into docs/images."""

import asyncio
import io
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from support.browser import MISSING, Studio, find_chromium, open_browser
from support.server import Server, running_server

IMAGES = Path("docs/images")
SIZES: dict[str, ViewportSize] = {"": {"width": 1440, "height": 900}, "phone-": {"width": 390, "height": 844}}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def shoot(browser: Browser, server: Server, photo: Path) -> None:
    """Every page in every size and theme."""
    for device, size in SIZES.items():
        for scheme in SCHEMES:
            context = await browser.new_context(
                viewport=size,
                color_scheme=scheme,
                reduced_motion="reduce",
                has_touch=bool(device),
                is_mobile=bool(device),
                device_scale_factor=2 if device else 1,
            )
            studio = Studio(await context.new_page(), server)
            await walk(studio, photo, f"studio-{device}{{}}-{scheme}.png")
            await context.close()


async def walk(studio: Studio, photo: Path, name: str) -> None:
    """From signing in to a result, with a picture of each step."""
    page = studio.page
    await page.goto(f"{studio.server.url}/studio/")
    await page.wait_for_selector("#key")
    await save(page, name.format("sign-in"))
    await studio.sign_in()
    await save(page, name.format("empty"))
    await studio.choose(photo)
    await page.click('.tool[data-tool="lasso"]')
    await studio.draw(*around(0.842, 0.325, 0.115, 0.25), steps=1)
    await page.click('.tool[data-tool="brush"]')
    await page.fill("#prompt", "remove the balloon")
    await page.evaluate("scrollTo(0, 0)")
    await save(page, name.format("mark"))
    await studio.edit()
    await page.evaluate("scrollTo(0, 0)")
    await save(page, name.format("result"))
    await page.click('[data-view="mark"]')
    await page.click('.tool[data-tool="frame"]')
    await page.click('[data-aspect="16:9"]')
    await save(page, name.format("extend"))


def around(x: float, y: float, across: float, down: float) -> list[tuple[float, float]]:
    """An ellipse as points, in shares of the photo."""
    turns = [2 * math.pi * step / 48 for step in range(49)]
    return [(x + across * math.cos(turn), y + down * math.sin(turn)) for turn in turns]


async def save(page: Page, name: str) -> None:
    """A picture of what is on the screen, in 256 colours: a third of the bytes, and no difference to see."""
    await page.mouse.move(1, 1)
    await page.evaluate("document.activeElement.blur()")
    await page.wait_for_timeout(300)
    shot = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    shot.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(IMAGES / name, optimize=True)
    print(IMAGES / name)


async def look(server: Server, photo: Path) -> None:
    """Open a Chromium and look at every page."""
    async with async_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            sys.exit(MISSING)
        async with open_browser(playwright, path) as browser:
            await shoot(browser, server, photo)


def main() -> None:
    """Start a server of its own, with no provider set up, and take every picture."""
    plain = {"RETOUCH_CONFIG": "", "PYTHONPATH": ""}
    with tempfile.TemporaryDirectory() as folder, running_server(plain) as server:
        subprocess.run([sys.executable, "scripts/draw_sample.py", folder], check=True)
        asyncio.run(look(server, Path(folder) / "photo.jpg"))


if __name__ == "__main__":
    main()
