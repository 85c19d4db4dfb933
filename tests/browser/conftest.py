"""A Chromium and a server for all browser tests. Without a Chromium each of them names itself as skipped."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from support.browser import DESKTOP, MISSING, WATCH, Studio, find_chromium, open_browser
from support.images import encoded, photo
from support.server import Server, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            pytest.skip(MISSING)
        async with open_browser(playwright, path) as browser:
            yield browser


@pytest.fixture
async def visitor(browser: Browser, server: Server) -> AsyncIterator[Studio]:
    """Somebody who is not signed in yet. The page must complain of nothing by the end."""
    context = await browser.new_context(viewport=DESKTOP, accept_downloads=True)
    await context.add_init_script(WATCH)
    studio = Studio(await context.new_page(), server)
    yield studio
    await studio.settle()
    await context.close()


@pytest.fixture
async def studio(visitor: Studio) -> Studio:
    """The studio, signed in and ready."""
    await visitor.sign_in()
    return visitor


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo of 480 by 320 pixels, as PNG."""
    path = tmp_path_factory.mktemp("photos") / "photo.png"
    path.write_bytes(encoded(photo(480, 320)))
    return path
