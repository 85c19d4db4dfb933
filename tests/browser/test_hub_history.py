"""The history: edits and projects found again, opened in full, and edited again in the studio."""

from pathlib import Path

from playwright.async_api import expect

from support.axe import serious
from support.browser import Studio
from support.customers import ask, customer, edit, inline
from support.server import Server


async def test_edits_are_searched_beyond_the_first_page(visitor: Studio, server: Server, picture: Path) -> None:
    payer = customer(server, 200)
    edit(server, picture, "make it sepia", payer.key)
    for _ in range(51):
        edit(server, picture, "black and white", payer.key, model="repaint")
    page = visitor.page
    await visitor.sign_in(payer.key)
    await visitor.open("history")
    lines = page.locator(".item")
    await expect(lines).to_have_count(50)
    await page.fill("#search", "SEPIA")
    await expect(lines).to_have_count(1)
    await expect(lines).to_contain_text("retouch-classic")
    await page.fill("#search", "nothing of the kind")
    await expect(page.locator(".nothing")).to_contain_text("Looked through 52 edits.")


async def test_edits_are_listed_by_state_with_what_went_wrong(visitor: Studio, server: Server, picture: Path) -> None:
    payer = customer(server, 20)
    edit(server, picture, "make it sepia", payer.key)
    project = ask(
        server,
        "POST",
        "/v1/images/edits",
        {"model": "repaint", "prompt": "fail CONTENT_POLICY_VIOLATION", "image": inline(picture), "async": True},
        payer.key,
    )
    page = visitor.page
    await visitor.sign_in(payer.key)
    await visitor.open("history")
    await page.wait_for_function(
        """async (id) => {
          const answer = await fetch(`/v1/edits/${id}`);
          return (await answer.json()).state === "failed";
        }""",
        arg=project["id"],
    )
    await page.select_option("#state", "failed")
    await expect(page.locator(".item .badge")).to_have_text(["Failed"])
    await page.select_option("#state", "running")
    await expect(page.locator("#list")).to_contain_text("No edit is in this state")


async def test_an_edit_is_shown_in_full_and_edited_again_in_the_studio(
    visitor: Studio, server: Server, picture: Path
) -> None:
    payer = customer(server, 20)
    edit(server, picture, "pencil sketch", payer.key, n=2, output_format="webp", quality="high")
    page = visitor.page
    await visitor.sign_in(payer.key)
    await visitor.open("history")
    await page.click('[aria-label="Details of: pencil sketch"]')
    said = await page.inner_text("dialog")
    for word in ("retouch-classic on cpu", "2 credits", "output_format", "webp", "cpu: classic"):
        assert word in said
    assert await serious(page) == []
    download = await visitor.download("dialog figure:nth-child(2) [download]")
    assert download.suggested_filename == "edited-2.webp"
    await page.click("dialog >> text=Edit this again")
    await page.wait_for_url("**/studio/*")
    await visitor.loaded()
    assert "#" not in page.url
    assert await page.input_value("#prompt") == "pencil sketch"
    assert await page.input_value("#n") == "2"
    assert await page.input_value("#output_format") == "webp"
    await expect(page.locator(".thumb-image")).to_have_attribute("title", "edited.webp")


async def test_the_studio_says_when_there_is_no_such_edit(studio: Studio) -> None:
    studio.expect("status of 404")
    await studio.page.goto("about:blank")
    await studio.open("#edit=edit_00000000000000000000000000")
    assert "no such edit" in await studio.problem()


async def test_projects_are_listed_and_deleted(visitor: Studio, server: Server, picture: Path) -> None:
    payer = customer(server, 20)
    body = {"model": "retouch-classic", "prompt": "make it sepia", "image": inline(picture), "async": True}
    made = ask(server, "POST", "/v1/images/edits", body, payer.key)
    page = visitor.page
    await visitor.sign_in(payer.key)
    await visitor.open("history")
    await page.wait_for_function(
        "async (id) => (await (await fetch(`/v1/image-projects/${id}`)).json()).status === 'complete'", arg=made["id"]
    )
    await page.click('[data-what="projects"]')
    project = page.locator(f'[data-project="{made["id"]}"]')
    await expect(project.locator(".badge")).to_have_text("Done")
    assert await serious(page) == []
    await project.locator("text=Details").click()
    await expect(page.locator("dialog")).to_contain_text("make it sepia")
    await page.keyboard.press("Escape")
    await project.locator("text=Delete").click()
    await page.click("dialog .danger")
    await expect(project).to_have_count(0)
    await expect(page.locator("#list")).to_contain_text("No projects yet")
