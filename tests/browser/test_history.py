"""Earlier edits in the studio, and what is left to spend."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from playwright.async_api import expect

from support.browser import Studio
from support.http import exchange
from support.server import KEY, PLUGIN, Server, clean_environment


async def test_earlier_edits_are_searched_opened_and_their_settings_used_again(
    studio: Studio, picture: Path, server: Server
) -> None:
    page = studio.page
    await studio.choose(picture)
    await page.select_option("#output_format", "webp")
    await studio.edit("make it sepia")
    await page.click('[data-view="mark"]')
    await page.select_option("#output_format", "")
    await studio.edit("black and white")
    await page.click("#history summary")
    first = page.locator(".past").first
    await expect(first.locator(".past-prompt")).to_have_text("black and white")
    await page.fill("#history-search", "SEPIA")
    await expect(first.locator(".past-prompt")).to_have_text("make it sepia")
    await page.fill("#prompt", "")
    await first.locator(".icon-only").click()
    assert await page.input_value("#prompt") == "make it sepia"
    assert await page.input_value("#output_format") == "webp"
    await first.locator("button.past-image").click()
    await expect(page.locator(".thumb-image")).to_have_attribute("title", "edited.webp")
    await page.fill("#history-search", "nothing of the kind")
    await expect(page.locator("#history-note")).to_contain_text("None of the")


async def test_an_account_that_pays_sees_what_it_has_left(visitor: Studio, server: Server, picture: Path) -> None:
    owner = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    made = exchange(f"{server.url}/v1/accounts", "POST", b'{"name": "a payer"}', owner)
    account = json.loads(made.body)["id"]
    exchange(f"{server.url}/v1/accounts/{account}/grants", "POST", b'{"amount": 3}', owner)
    given = {"RETOUCH_DATA": str(server.data), "RETOUCH_PORT": server.url.rpartition(":")[2], "PYTHONPATH": str(PLUGIN)}
    command = [sys.executable, "-m", "retouch", "signin", "--account", account]
    link = await asyncio.to_thread(
        subprocess.check_output, command, env={**clean_environment(), **given}, text=True, timeout=60
    )
    await visitor.open("#" + link.strip().partition("#")[2])
    detail = visitor.page.locator("#cost-detail")
    await expect(detail).to_have_text("This edit costs · you have 3 credits")
    await visitor.choose(picture)
    await visitor.edit("make it sepia")
    await expect(detail).to_have_text("This edit costs · you have 2 credits")
    visitor.expect("status of 402")
    await visitor.page.click('[data-view="mark"]')
    await visitor.page.fill("#n", "3")
    await visitor.page.click("#run")
    assert "more credits" in await visitor.problem()
