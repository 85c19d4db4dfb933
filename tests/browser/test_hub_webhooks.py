"""Webhooks in the page: added, told, told again, turned off."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from support.axe import serious
from support.browser import DESKTOP, WATCH, Studio
from support.customers import ask, inline
from support.server import Server, running_server
from upstreams.receiver import Receiver


@pytest.fixture(scope="module")
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def hooked(receiver: Receiver) -> Iterator[Server]:
    """A server that may send to the receiver, although that is on this machine."""
    with running_server({"RETOUCH_FETCH__ALLOW_HOSTS": json.dumps([receiver.host])}) as server:
        yield server


@pytest.fixture
async def hub(browser: Browser, hooked: Server) -> AsyncIterator[Studio]:
    context = await browser.new_context(viewport=DESKTOP)
    await context.add_init_script(WATCH)
    studio = Studio(await context.new_page(), hooked)
    await studio.sign_in()
    yield studio
    await studio.settle()
    await context.close()


async def test_a_webhook_is_added_told_and_told_again(
    hub: Studio, hooked: Server, receiver: Receiver, picture: Path
) -> None:
    page = hub.page
    await hub.open("webhooks")
    await page.click("#create")
    hub.expect("status of 400")
    await page.fill("#field-url", "http://10.0.0.1/hook")
    await page.click("dialog button[type=submit]")
    await expect(page.locator("#field-url")).to_have_attribute("aria-invalid", "true")
    await page.fill("#field-url", receiver.url)
    await page.uncheck('[value="image.started"]')
    assert await serious(page) == []
    await page.click("dialog button[type=submit]")
    secret = await page.inner_text("#new-secret")
    await page.click("dialog >> text=Done")
    await expect(page.locator("dialog")).to_have_count(0)
    assert secret not in await page.content(), "it is shown again"
    body = {"model": "retouch-classic", "prompt": "make it sepia", "image": inline(picture), "async": True}
    project = ask(hooked, "POST", "/v1/images/edits", body)
    await receiver.until(lambda received: len(received) == 1)
    assert receiver.received[0].json["type"] == "image.completed"
    assert receiver.received[0].is_signed(secret)
    await page.click("text=Deliveries")
    delivery = page.locator("[data-delivery]")
    await expect(delivery).to_have_count(1)
    await expect(delivery).to_contain_text(project["id"])
    await delivery.locator("text=Send again").click()
    await receiver.until(lambda received: len(received) == 2)
    await expect(page.locator(".toast")).to_contain_text("It is sent again.")
    async with asyncio.timeout(30):  # it is noted a moment after it has arrived
        while "2 tries" not in await delivery.inner_text():
            await page.click("dialog >> text=Read again")
    await expect(delivery.locator(".badge")).to_have_text("Delivered")
    assert await serious(page) == []


async def test_a_webhook_is_changed_turned_off_given_a_new_secret_and_deleted(
    hub: Studio, hooked: Server, receiver: Receiver
) -> None:
    page = hub.page
    made = ask(hooked, "POST", "/v1/webhooks", {"url": f"{receiver.url}/other"})
    await hub.open("webhooks")
    hook = page.locator(f'[data-webhook="{made["id"]}"]')
    await hook.locator("text=Change").click()
    await page.fill("#field-description", "orders")
    await page.click("dialog button[type=submit]")
    await expect(hook).to_contain_text("orders")
    await hook.locator("text=Turn off").click()
    await expect(hook.locator(".badge")).to_have_text("Off")
    await hook.locator("text=Turn on").click()
    await expect(hook.locator(".badge")).to_have_text("On")
    await hook.locator("text=New secret").click()
    await page.click("dialog .danger")
    assert (await page.inner_text("#new-secret")).startswith("whsec_")
    await page.keyboard.press("Escape")
    await hook.locator("text=Delete").click()
    await page.click("dialog .danger")
    await expect(hook).to_have_count(0)
    assert [each for each in ask(hooked, "GET", "/v1/webhooks")["data"] if each["id"] == made["id"]] == []


async def test_a_server_without_webhooks_says_so(hub: Studio) -> None:
    hub.expect("status of 404")
    await hub.page.route("**/v1/webhooks?*", lambda route: route.fulfill(status=404, json={"code": "NOT_FOUND"}))
    await hub.open("webhooks")
    assert "not available on this server" in await hub.page.inner_text("#list")
    assert await hub.page.is_disabled("#create")
