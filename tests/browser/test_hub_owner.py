"""The owner's pages: accounts with credits and limits, how providers fare, what is running."""

import asyncio
import re
from pathlib import Path

from playwright.async_api import expect

from support.axe import serious
from support.browser import PHONE, Studio
from support.customers import ask, customer, edit
from support.server import Server


async def test_an_account_is_created_and_granted_credits(studio: Studio, server: Server) -> None:
    page = studio.page
    await studio.open("accounts")
    await page.click("#create")
    await page.fill("#field-name", "Atelier Nord")
    await page.select_option("#field-tier", "pro")
    await page.click("dialog button[type=submit]")
    await expect(page.locator("dialog h2")).to_have_text("“Atelier Nord” is created")
    made = ask(server, "GET", "/v1/accounts?limit=100")["data"][-1]
    assert (made["name"], made["tier"]) == ("Atelier Nord", "pro")
    assert f"retouch keys create --account {made['id']}" in await page.inner_text("dialog")
    assert await serious(page) == []
    await page.click("dialog >> text=Done")
    account = page.locator(f'[data-account="{made["id"]}"]')
    await account.locator("text=Grant credits").click()
    studio.expect("status of 400")
    await page.fill("#field-amount", "0")
    await page.click("dialog button[type=submit]")
    await expect(page.locator("#field-amount")).to_have_attribute("aria-invalid", "true")
    await page.fill("#field-amount", "250")
    await page.fill("#field-note", "welcome")
    await page.click("dialog button[type=submit]")
    await expect(account).to_contain_text("250 credits")
    await account.locator("text=Ledger").click()
    await expect(page.locator("dialog tbody tr")).to_contain_text(["welcome"])
    assert await serious(page) == []


async def test_an_accounts_limits_are_set(studio: Studio, server: Server) -> None:
    payer = customer(server, name="to be bounded")
    page = studio.page
    await studio.open("accounts")
    account = page.locator(f'[data-account="{payer.account}"]')
    await account.locator("text=Limits").click()
    await page.fill("#field-concurrent_edits", "2")
    await page.select_option("#field-tier", "creator")
    await page.click("dialog button[type=submit]")
    await expect(account).to_contain_text("Edits at a time2")
    changed = ask(server, "GET", f"/v1/accounts/{payer.account}")
    assert changed["tier"] == "creator"
    assert changed["limits"] == {
        "requests_per_minute": None,
        "concurrent_edits": 2,
        "images_per_day": None,
        "spend_cap": None,
    }


async def test_a_limit_is_taken_back_to_the_servers_own(studio: Studio, server: Server) -> None:
    """By emptying its field; what is not touched stays as it is, also where somebody else has changed it meanwhile."""
    payer = customer(server, name="to be freed")
    path = f"/v1/accounts/{payer.account}"
    ask(server, "PATCH", path, {"images_per_day": 7, "spend_cap": 12.5, "concurrent_edits": 3})
    page = studio.page
    await studio.open("accounts")
    account = page.locator(f'[data-account="{payer.account}"]')
    await expect(account).to_contain_text("Images a day7")
    await account.locator("text=Limits").click()
    await expect(page.locator("#field-requests_per_minute")).to_have_attribute("placeholder", "The server’s")
    await page.fill("#field-images_per_day", "")
    await page.fill("#field-spend_cap", "")
    ask(server, "PATCH", path, {"concurrent_edits": 5})
    await page.click("dialog button[type=submit]")
    await expect(account).to_contain_text("Edits at a time5")
    await expect(account).not_to_contain_text("Images a day")
    assert ask(server, "GET", path)["limits"] == {
        "requests_per_minute": None,
        "concurrent_edits": 5,
        "images_per_day": None,
        "spend_cap": None,
    }


async def test_provider_health_shows_calls_and_failures(studio: Studio, server: Server, picture: Path) -> None:
    edit(server, picture, "make it sepia")
    page = studio.page
    await studio.open("server")
    cpu = page.locator('[data-provider="cpu"]')
    await expect(cpu.locator(".badge")).to_have_text("Works")
    await expect(cpu.locator(".route")).to_contain_text("retouch-classic")
    await expect(cpu.locator(".route")).to_contain_text("Median")
    await page.click(".ended-ones summary")
    await expect(page.locator('[data-provider="openai"]')).to_contain_text("OPENAI_API_KEY")
    await page.click('[data-minutes="15"]')
    await expect(cpu.locator(".route")).to_contain_text("retouch-classic")


async def test_what_runs_and_waits_is_listed_over_all_accounts_as_it_goes_on(
    studio: Studio, server: Server, picture: Path, tmp_path: Path
) -> None:
    """With whose it is and since when, by itself; what it is about is for that account alone."""
    gate, payer = tmp_path / "gate", customer(server, 20, name="Atelier Süd")
    page = studio.page
    prompt = f"hold {gate} for a birthday"
    await studio.open("server")
    await expect(page.locator("#running")).to_contain_text("Nothing is running or waiting")
    going = asyncio.create_task(asyncio.to_thread(edit, server, picture, prompt, payer.key, model="repaint", n=2))
    own = asyncio.create_task(asyncio.to_thread(edit, server, picture, prompt, model="repaint"))
    try:
        running = page.locator("#running .item")
        await expect(running).to_have_count(2, timeout=30_000)  # nobody asked for it to be read again
        theirs = running.filter(has_text="Atelier Süd")
        await expect(theirs.locator(".badge")).to_have_text("Under way")
        await expect(theirs).to_contain_text("Keyfirst key")
        await expect(theirs).to_contain_text("Images2")
        await expect(theirs).to_contain_text(re.compile(r"Runsfor \d+ s"))
        await expect(page.locator("#counts")).to_have_text("2 running, 0 waiting")
        assert "birthday" not in await page.inner_text("#running")
        await expect(theirs.locator("button")).to_have_count(0)
        assert await serious(page) == []
        await page.set_viewport_size(PHONE)
        assert await serious(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await running.locator("text=Details").click()
        await expect(page.locator("dialog")).to_contain_text("birthday")
        await page.click("dialog >> text=Close")
        await page.click("#keep-on")  # from here on only when asked
    finally:
        gate.touch()
        await asyncio.gather(going, own)
    await page.click("#again")
    await expect(running).to_have_count(0)


async def test_another_account_sees_its_own_alone_on_the_page(
    visitor: Studio, server: Server, picture: Path, tmp_path: Path
) -> None:
    gate, payer = tmp_path / "gate", customer(server, 20, name="Atelier West")
    prompt = f"hold {gate}"
    going = asyncio.create_task(asyncio.to_thread(edit, server, picture, prompt, model="repaint"))
    try:
        async with asyncio.timeout(30):
            while not ask(server, "GET", "/v1/activity")["data"]:
                await asyncio.sleep(0.05)
        await visitor.sign_in(payer.key)
        await visitor.open("server")
        await expect(visitor.page.locator("#running")).to_contain_text("Edits and projects of your account")
    finally:
        gate.touch()
        await going
