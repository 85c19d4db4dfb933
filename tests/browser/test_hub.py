"""The pages for developers: a key made and revoked, what was used and paid, the models; and what all pages share."""

import asyncio
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from openai import AsyncOpenAI, AuthenticationError
from playwright.async_api import Page, expect

from support.axe import serious
from support.browser import PHONE, Studio
from support.customers import ask, customer, edit
from support.server import Server, clean_environment

PAGES = ("history", "keys", "usage", "credits", "models", "webhooks", "accounts", "server")


async def make_key(page: Page, name: str) -> str:
    """Make a key in the open dialog, and read it from the one after."""
    await page.fill("#field-name", name)
    await page.click("dialog button[type=submit]")
    return await page.inner_text("#new-key")


class TestKeys:
    async def test_a_key_made_in_the_page_works_with_the_openai_sdk_until_it_is_revoked_there(
        self, studio: Studio, server: Server, picture: Path
    ) -> None:
        page = studio.page
        await studio.open("keys")
        await page.click("#create")
        key = await make_key(page, "shop window")
        async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0) as client:
            answer = await client.images.edit(model="retouch-classic", image=picture, prompt="make it sepia")
            assert answer.data
            await page.click("dialog >> text=Done")
            await expect(page.locator("dialog")).to_have_count(0)
            assert key not in await page.content(), "it is shown again"
            mine = page.locator(".item", has_text="shop window")
            await expect(mine.locator(".badge")).to_have_text("Works")
            await mine.locator("text=Revoke").click()
            assert "cannot be brought back" in await page.inner_text("dialog")
            await page.click("dialog .danger")
            await expect(page.locator(".ended-ones .item", has_text="shop window").locator(".badge")).to_have_text(
                "Revoked"
            )
            with pytest.raises(AuthenticationError):
                await client.images.edit(model="retouch-classic", image=picture, prompt="make it sepia")

    async def test_revoking_can_be_thought_better_of(self, studio: Studio) -> None:
        page = studio.page
        await studio.open("keys")
        await page.click("#create")
        await make_key(page, "kept")
        await page.keyboard.press("Escape")
        await page.click('[aria-label="Revoke kept"]')
        await page.keyboard.press("Enter")  # the way back is what has the focus
        await expect(page.locator("dialog")).to_have_count(0)
        await page.reload()
        await expect(page.locator(".items > .item", has_text="kept").locator(".badge")).to_have_text("Works")

    @pytest.mark.parametrize("language", ["curl", "python"])
    async def test_the_code_beside_a_new_key_works_when_pasted(
        self, studio: Studio, picture: Path, tmp_path: Path, language: str
    ) -> None:
        page = studio.page
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        (tmp_path / "photo.jpg").write_bytes(picture.read_bytes())
        await studio.open("keys")
        await page.click("#create")
        key = await make_key(page, f"for {language}")
        await page.click('[aria-label="Copy the line that gives it to your shell"]')
        given = await page.evaluate("navigator.clipboard.readText()")
        await page.click(f'[data-language="{language}"]')
        await page.click('[aria-label="Copy the code"]')
        text = await page.evaluate("navigator.clipboard.readText()")
        assert key in given
        assert key not in text, "keys do not belong into code"
        typed = text if language == "curl" else f"{shlex.quote(sys.executable)} - <<'END'\n{text}\nEND"
        done = await asyncio.to_thread(
            subprocess.run,
            ["bash", "-e", "-c", f"{given}\n{typed}"],
            cwd=tmp_path,
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert [path for path in tmp_path.glob("*.png") if path.stat().st_size]

    async def test_a_keys_bounds_are_set_in_the_page(self, studio: Studio, server: Server) -> None:
        page = studio.page
        await studio.open("keys")
        await page.click("#create")
        await page.uncheck('[name="scopes"][value="read"]')
        await page.check("#only-some")
        await page.check('[name="models"][value="retouch-classic"]')
        await page.fill("#field-spend_cap", "-1")
        await page.fill("#field-requests_per_minute", "30")
        await page.select_option("#field-expires_in", label="In 30 days")
        studio.expect("status of 400")
        await page.fill("#field-name", "bounded")
        await page.click("dialog button[type=submit]")
        await expect(page.locator("#field-spend_cap")).to_have_attribute("aria-invalid", "true")
        assert "spend_cap" in await page.inner_text("dialog [role=alert]")
        await page.fill("#field-spend_cap", "12.5")
        await make_key(page, "bounded")
        [made] = [key for key in ask(server, "GET", "/v1/keys")["data"] if key["name"] == "bounded"]
        assert made["scopes"] == ["edit"]
        assert made["models"] == ["retouch-classic"]
        assert (made["spend_cap"], made["requests_per_minute"]) == (12.5, 30)
        assert made["expires_at"] - made["created_at"] == pytest.approx(30 * 86400, abs=60)

    async def test_a_key_is_renamed(self, studio: Studio) -> None:
        page = studio.page
        await studio.open("keys")
        await page.click("#create")
        await make_key(page, "an old name")
        await page.keyboard.press("Escape")
        await page.click('[aria-label="Rename an old name"]')
        await page.fill("#field-name", "a new name")
        await page.keyboard.press("Enter")
        await expect(page.locator(".item", has_text="a new name")).to_have_count(1)

    async def test_revoking_the_key_that_one_is_signed_in_with_signs_out(self, visitor: Studio, server: Server) -> None:
        page = visitor.page
        await visitor.sign_in(customer(server).key)
        await visitor.open("keys")
        await page.click('[aria-label="Revoke first key"]')
        assert "you will be signed out" in await page.inner_text("dialog")
        visitor.expect("status of 401")
        await page.click("dialog .danger")
        await page.wait_for_selector("#key")


class TestMoney:
    async def test_the_usage_chart_shows_an_edit(self, visitor: Studio, server: Server, picture: Path) -> None:
        payer = customer(server, 20)
        edit(server, picture, "make it sepia", payer.key, n=2)
        edit(server, picture, "paint it", payer.key, model="repaint")
        page = visitor.page
        await visitor.sign_in(payer.key)
        await visitor.open("usage")
        totals = {name: await page.inner_text(f"#total-{name}") for name in ("edits", "images", "credits")}
        assert totals == {"edits": "2", "images": "3", "credits": "2"}
        chart = page.locator("#chart svg")
        assert "2 credits in 30 days" in str(await chart.get_attribute("aria-label"))
        await expect(chart.locator("rect[class^=series]")).to_have_count(1)  # the other model costs nothing
        await page.click('[data-measure="images"]')
        await expect(chart.locator("rect[class^=series]")).to_have_count(2)
        bars = [await bar.bounding_box() for bar in await chart.locator("rect[class^=series]").all()]
        assert bars[0]
        assert bars[1]
        assert bars[0]["height"] == pytest.approx(2 * bars[1]["height"], rel=0.05)
        await expect(page.locator("#legend li")).to_have_text(["retouch-classic", "repaint"])
        await page.click(".as-table summary")
        await expect(page.locator("#days-table tbody td")).to_have_text(["2", "3", "2"])
        await expect(page.locator("#models-table tbody tr").first).to_contain_text("retouch-classic")
        await expect(page.locator("#keys-table tbody tr")).to_contain_text(["first key"])
        for days in ("7", "90", "365"):
            await page.click(f'[data-days="{days}"]')
            await page.wait_for_function(
                "days => document.querySelector('#chart svg').getAttribute('aria-label').includes(`in ${days} days`)",
                arg=days,
            )

    async def test_an_account_without_edits_is_told_where_to_begin(self, visitor: Studio, server: Server) -> None:
        page = visitor.page
        await visitor.sign_in(customer(server).key)
        await visitor.open("usage")
        assert "Nothing was edited in these days" in await page.inner_text("#chart")
        await visitor.open("history")
        assert "Nothing was edited yet" in await page.inner_text("#list")
        await visitor.open("credits")
        assert "Nothing was charged or granted yet" in await page.inner_text("#ledger")

    async def test_the_ledger_shows_the_charge_and_leads_to_its_edit(
        self, visitor: Studio, server: Server, picture: Path
    ) -> None:
        payer = customer(server, 20)
        edit(server, picture, "make it sepia", payer.key, n=2)
        page = visitor.page
        await visitor.sign_in(payer.key)
        await visitor.open("credits")
        assert await page.inner_text("#balance") == "18"
        rows = page.locator("#ledger tbody tr")
        await expect(rows).to_have_count(2)
        await expect(rows.nth(0)).to_contain_text("Charge")
        await expect(rows.nth(0).locator("td")).to_have_text(["−2", "18"])
        await expect(rows.nth(1)).to_contain_text("welcome")
        await expect(rows.nth(1).locator("td")).to_have_text(["+20", "20"])
        await page.click("text=Show the edit")
        await page.wait_for_selector("dialog")
        assert "make it sepia" in await page.inner_text("dialog")

    async def test_a_long_ledger_is_read_a_page_at_a_time(self, visitor: Studio, server: Server) -> None:
        payer = customer(server)
        for number in range(1, 53):
            ask(server, "POST", f"/v1/accounts/{payer.account}/grants", {"amount": number})
        page = visitor.page
        await visitor.sign_in(payer.key)
        await visitor.open("credits")
        rows = page.locator("#ledger tbody tr")
        await expect(rows).to_have_count(50)
        await page.click("#more")
        await expect(rows).to_have_count(52)
        await expect(rows.last.locator("td").first).to_have_text("+1")
        assert await page.is_hidden("#more")


async def test_models_say_what_they_can_do_cost_and_lack(studio: Studio) -> None:
    page = studio.page
    await studio.open("models")
    classic = page.locator('[data-model="retouch-classic"]')
    await expect(classic).to_contain_text("1–2 credits an image")
    await expect(classic).to_contain_text("on this machine")
    missing = page.locator('[data-model="nano-banana-pro"]')
    await expect(missing).to_have_count(1)
    await page.click('[data-which="available"]')
    await expect(missing).to_have_count(0)
    await page.click('[data-which="missing"]')
    await expect(page.locator('[data-model="nano-banana-pro"] .missing-note')).to_contain_text("FAL_KEY")
    await page.fill("#search", "seedream")
    await expect(page.locator("[data-model]")).not_to_have_count(0)
    names = [str(await card.get_attribute("data-model")) for card in await page.locator("[data-model]").all()]
    assert all("seedream" in name for name in names)
    await page.fill("#search", "no such thing")
    assert "No model like that" in await page.inner_text("#list")


class TestEveryPage:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("name", PAGES)
    async def test_nothing_serious_is_found_on_a_desktop_and_at_360_pixels(
        self, studio: Studio, server: Server, picture: Path, name: str, scheme: str
    ) -> None:
        page = studio.page
        edit(server, picture, "make it sepia")
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        await studio.open(name)
        assert await page.evaluate("shifted") < 0.01, "something moved while the page loaded"
        for details in await page.locator("details").all():
            await details.evaluate("element => { element.open = true; }")
        assert await serious(page) == []
        await page.set_viewport_size(PHONE)
        assert await serious(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

    @pytest.mark.parametrize("name", ["keys", "usage"])
    async def test_a_phone_loads_without_moving_about(self, studio: Studio, name: str) -> None:
        await studio.page.set_viewport_size(PHONE)
        await studio.open(name)
        await studio.page.wait_for_load_state("networkidle")
        assert await studio.page.evaluate("shifted") < 0.01

    async def test_a_phone_reaches_every_page_by_keyboard(self, studio: Studio) -> None:
        page = studio.page
        await page.set_viewport_size(PHONE)
        await studio.open("usage")
        menu = page.locator(".menu")
        await menu.focus()
        await page.keyboard.press("Enter")
        links = page.locator("#pages a")
        assert [await link.is_visible() for link in await links.all()] == [True] * 10
        await page.keyboard.press("Escape")
        await expect(menu).to_be_focused()
        await expect(links.first).to_be_hidden()
        await page.keyboard.press("Enter")
        for _ in range(3):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/studio/keys")

    async def test_a_key_without_the_scope_is_told_what_is_missing(self, visitor: Studio, server: Server) -> None:
        key = ask(server, "POST", "/v1/keys", {"name": "narrow", "scopes": ["edit"]})["key"]
        visitor.expect("status of 403")
        page = visitor.page
        await visitor.sign_in(key)
        for name, scope in {"keys": "manage", "usage": "read"}.items():
            await visitor.open(name)
            assert f"does not have the scope “{scope}”" in await page.inner_text("#hub")

    async def test_what_cannot_be_read_is_said_and_tried_again(self, studio: Studio) -> None:
        page = studio.page
        studio.expect("ERR_FAILED")
        for name, path in {"history": "edits", "keys": "keys", "credits": "credits", "models": "models"}.items():
            await page.route(re.compile(rf"/v1/{path}(\?|$)"), lambda route: route.abort())
            await studio.open(name)
            assert "The server cannot be reached." in await page.inner_text(".trouble")
            await page.unroute_all()
            await page.click(".trouble button")
            await expect(page.locator(".trouble"), f"{name} is not read again").to_have_count(0)

    async def test_nobody_but_the_owner_is_shown_the_owners_pages(self, visitor: Studio, server: Server) -> None:
        await visitor.sign_in(customer(server).key)
        assert "Accounts" not in await visitor.page.inner_text("#pages")
        await visitor.open("accounts")
        await expect(visitor.page.locator("[data-account]")).to_have_count(1)
        assert await visitor.page.is_disabled("#create")


TICKS = (
    "async () => { const { ticks } = await import('/studio/js/chart.js'); return given.map((most) => ticks(most)); }"
)


async def test_the_axis_counts_as_people_do(studio: Studio) -> None:
    await studio.open("usage")
    made = await studio.page.evaluate(TICKS.replace("given", "[0, 1, 3, 7, 42, 999]"))
    assert made == [[0, 1], [0, 1], [0, 1, 2, 3], [0, 2, 4, 6, 8], [0, 20, 40, 60], [0, 500, 1000]]
