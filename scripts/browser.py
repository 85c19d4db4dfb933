"""`make browser`: a Chromium that starts, for the tests of the pages; one is fetched only where there is none."""

import asyncio
import subprocess
import sys
from contextlib import suppress

from playwright.async_api import Error, async_playwright

from support.browser import find_chromium, open_browser

PLAYWRIGHT = (sys.executable, "-m", "playwright")
#: What is left to somebody whose machine cannot fetch Playwright's.
OTHERWISE = (
    "There is no Chromium that starts, and Playwright's could not be fetched. Debian and Ubuntu have one: "
    "apt-get install chromium. Or name yours in CHROMIUM."
)


async def started() -> tuple[str | None, str]:
    """The path of a Chromium, None where there is none; and its version, empty where it does not start."""
    async with async_playwright() as playwright:
        path = find_chromium(playwright)
        if path is not None:
            with suppress(Error):
                async with open_browser(playwright, path) as browser:
                    return path, browser.version
        return path, ""


def install(*what: str) -> None:
    """Have Playwright install something; what it says goes to the terminal."""
    subprocess.run([*PLAYWRIGHT, *what], check=False)


def main() -> None:
    """Say which Chromium the tests will use; fetch one first if there is none, and its libraries if it lacks those."""
    path, version = asyncio.run(started())
    if path is None:
        install("install", "chromium")
        path, version = asyncio.run(started())
        if path is not None and not version:
            install("install-deps", "chromium")  # asks for root's password
            path, version = asyncio.run(started())
    if not version:
        sys.exit(f"{path} does not start: mend or remove it, or name another in CHROMIUM." if path else OTHERWISE)
    print(f"Chromium {version}: {path}")


if __name__ == "__main__":
    main()
