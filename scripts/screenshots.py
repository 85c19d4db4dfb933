"""`make screenshots`: the pages as they look, light and dark, on a desktop and a phone, into docs/images."""

import asyncio
import base64
import io
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from retouch.cli.database import with_database
from retouch.settings import Settings
from retouch.stores.database import Database
from support.browser import MISSING, Studio, find_chromium, open_browser
from support.customers import ask, customer
from support.server import Server, running_server

IMAGES = Path("docs/images")
SIZES: dict[str, ViewportSize] = {"": {"width": 1440, "height": 900}, "phone-": {"width": 390, "height": 844}}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

#: What the hub shows: prompts by the key that asked for them, some of them often.
WEB_SHOP = ("sharpen the image", "crop to 16:9", "auto-enhance", "make it a bit warmer", "upscale 2x") * 4
PHOTO_DESK = ("black and white", "pencil sketch", "increase the contrast by 20%", "add a vignette", "make it sepia") * 2


#: The edits as asked for over the last weeks, more of them lately.
SPREAD = b"""
update edits set created_at = created_at - floor(power(place, 1.6) / 10) * interval '1 day'
from (select id, row_number() over (order by md5(id)) as place from edits) as places where places.id = edits.id
"""


#: What is under way, each asked for so many seconds ago; the first of them is being made.
UNDER_WAY = b"""
update edits set created_at = now() - place * interval '47 seconds'
from (select id, row_number() over (order by id desc) as place from edits where state = 'queued') as places
where places.id = edits.id;
update edits set
    state = 'running', attempt = 1, started_at = now() - interval '19 seconds', lease_until = now() + interval '1 day'
where id = (select min(id) from edits where state = 'queued')
"""


#: What stands in the pictures in place of a key.
EXAMPLE = "rt-an-example-that-opens-nothing-0123456789abc"
HIDE = """(example) => {
  document.querySelector("#new-key").textContent = example;
  document.querySelector("#export").textContent = `export RETOUCH_API_KEY=${example}`;
}"""


async def shoot(browser: Browser, server: Server, photo: Path) -> None:
    """Every page in every size and theme."""
    for device, size in SIZES.items():
        for scheme in SCHEMES:
            context = await open_context(browser, device, size, scheme)
            studio = Studio(await context.new_page(), server)
            await walk(studio, photo, f"studio-{device}{{}}-{scheme}.png")
            await context.close()


async def shoot_hub(browser: Browser, server: Server) -> None:
    """Every page of the hub in every size and theme, on a server that has something to show."""
    for device, size in SIZES.items():
        for scheme in SCHEMES:
            context = await open_context(browser, device, size, scheme)
            studio = Studio(await context.new_page(), server)
            await studio.sign_in()
            await walk_hub(studio, f"hub-{device}{{}}-{scheme}.png")
            await context.close()


async def open_context(
    browser: Browser, device: str, size: ViewportSize, scheme: Literal["light", "dark"]
) -> BrowserContext:
    """A desktop, or a phone."""
    return await browser.new_context(
        viewport=size,
        color_scheme=scheme,
        reduced_motion="reduce",
        has_touch=bool(device),
        is_mobile=bool(device),
        device_scale_factor=2 if device else 1,
    )


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
    await page.click('[data-by="shape"]')
    await page.select_option("#resolution", "2k")
    await page.locator("#sizing").scroll_into_view_if_needed()
    await save(page, name.format("size"))


async def walk_hub(studio: Studio, name: str) -> None:
    """Every page of the hub, and the dialogs that matter most."""
    page = studio.page
    for title in ("history", "keys", "usage", "credits", "models", "webhooks", "accounts", "server"):
        await studio.open(title)
        await page.wait_for_load_state("networkidle")
        await save(page, name.format(title))
    await studio.open("history")
    await page.click("[data-edit]:has(img) >> text=Details")
    await page.wait_for_load_state("networkidle")
    await save(page, name.format("edit"))
    await studio.open("keys")
    await page.click("#create")
    await page.fill("#field-name", "newsletter")
    await save(page, name.format("new-key"))
    await page.click("dialog button[type=submit]")
    await page.wait_for_selector("#new-key")
    await page.evaluate(HIDE, EXAMPLE)
    await save(page, name.format("key"))
    [made] = [key for key in ask(studio.server, "GET", "/v1/keys")["data"] if key["state"] == "valid"][:1]
    ask(studio.server, "DELETE", f"/v1/keys/{made['id']}")


def stock(server: Server, photo: Path) -> None:
    """Keys, edits of the last weeks, an account and a webhook."""
    owner = ask(server, "GET", "/v1/account")["id"]
    ask(server, "POST", f"/v1/accounts/{owner}/grants", {"amount": 250, "note": "first quarter"})
    bounds = {"scopes": ["edit"], "models": ["retouch-classic"], "spend_cap": 500, "requests_per_minute": 60}
    shop = ask(server, "POST", "/v1/keys", {"name": "web shop", "expires_in": 90 * 86400, **bounds})
    desk = ask(server, "POST", "/v1/keys", {"name": "photo desk"})
    ended = ask(server, "POST", "/v1/keys", {"name": "trial"})
    ask(server, "DELETE", f"/v1/keys/{ended['id']}")
    image = "data:image/jpeg;base64," + base64.b64encode(photo.read_bytes()).decode()
    for key, prompts in ((shop, WEB_SHOP), (desk, PHOTO_DESK)):
        for number, prompt in enumerate(prompts):
            body = {"model": "retouch-classic", "prompt": prompt, "image": image, "n": 1 + number % 2}
            ask(server, "POST", "/v1/images/edits", body, key["key"])
    os.environ["RETOUCH_DATA"] = str(server.data)
    with_database(server.data, spread)
    other = customer(server, 400, "Atelier Nord")
    ask(server, "PATCH", f"/v1/accounts/{other.account}", {"tier": "pro", "concurrent_edits": 4, "images_per_day": 200})
    ask(server, "POST", "/v1/webhooks", {"url": "https://shop.example.com/retouch", "description": "orders"})
    for secret, count in ((other.key, 4), (shop["key"], 1), (other.key, 2)):
        body = {"model": "retouch-classic", "prompt": "auto-enhance", "image": image, "n": count, "async": True}
        ask(server, "POST", "/v1/images/edits", body, secret)
    with_database(server.data, begin)


async def spread(database: Database, settings: Settings) -> None:
    """Give the chart days to show."""
    del settings
    await database.run(SPREAD)


async def begin(database: Database, settings: Settings) -> None:
    """Have one of the edits that wait be under way."""
    del settings
    await database.run(UNDER_WAY)


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
            await asyncio.to_thread(stock, server, photo)
            await shoot_hub(browser, server)


def main() -> None:
    """Start a server of its own, with no provider set up, and take every picture."""
    plain = {"RETOUCH_CONFIG": "", "PYTHONPATH": "", "RETOUCH_QUEUE__SERVE": "false"}  # so that something waits
    with tempfile.TemporaryDirectory() as folder, running_server(plain) as server:
        subprocess.run([sys.executable, "scripts/draw_sample.py", folder], check=True)
        asyncio.run(look(server, Path(folder) / "photo.jpg"))


if __name__ == "__main__":
    main()
