"""The studio in a real Chromium, used as a person would: by pointer, keys and files."""

import os
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from playwright.async_api import Browser, Download, Page, Playwright, ViewportSize, expect

from support.http import exchange
from support.images import Array, decoded
from support.server import KEY, Server

#: Where Chromium may be: the operator's word, else what the system has.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "no Chromium: `make browser` fetches one, or install your system's (Debian: apt-get install chromium), "
    "or name it in CHROMIUM"
)
#: No traffic but the pages': Chromium asks its makers' hosts at every start otherwise.
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}

#: What a page must not do, noted by the page itself.
WATCH = """
window.complaints = [];
document.addEventListener("securitypolicyviolation", (event) => complaints.push(`CSP ${event.violatedDirective}`));
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
window.previews = [];
const lookForPreviews = () => new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) {
      const tag = node.querySelector?.(".after-tag");
      if (tag && tag.textContent.startsWith("Preview")) previews.push(node.querySelector(".after").src);
    }
  }
}).observe(document.documentElement, { childList: true, subtree: true });
document.documentElement ? lookForPreviews() : document.addEventListener("DOMContentLoaded", lookForPreviews);
"""


def find_chromium(playwright: Playwright) -> str | None:
    """The path of a Chromium, or None."""
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    own = playwright.chromium.executable_path
    return named or (own if Path(own).exists() else None)


@asynccontextmanager
async def open_browser(playwright: Playwright, path: str) -> AsyncIterator[Browser]:
    """A Chromium of our own."""
    arguments = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    browser = await playwright.chromium.launch(executable_path=path, args=arguments)
    try:
        yield browser
    finally:
        await browser.close()


class Studio:
    """One page of the studio, and everything that it complained about."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        self.problems: list[str] = []
        self.expected: list[str] = []
        page.on("console", lambda said: self._note(f"console {said.type}: {said.text}", said.type))
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("request", lambda request: self._same_origin(request.url))

    def _note(self, text: str, kind: str) -> None:
        if kind in {"error", "warning"}:
            self.problems.append(text)

    def _same_origin(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme not in {"blob", "data"} and f"{address.scheme}://{address.netloc}" != self.server.url:
            self.problems.append(f"request to {url}")

    def expect(self, pattern: str) -> None:
        """Say what the browser will write to its console when the server refuses something, as it should."""
        self.expected.append(pattern)

    async def settle(self) -> None:
        """Fail if the page complained about anything."""
        found = [*self.problems, *await self.page.evaluate("complaints")]
        unexpected = [text for text in found if not any(re.search(known, text) for known in self.expected)]
        if unexpected:
            raise AssertionError("\n".join(unexpected))

    async def sign_in(self, key: str = KEY) -> None:
        """Come with a session's cookie, and wait until the page is ready."""
        answer = exchange(f"{self.server.url}/v1/session", "POST", headers={"authorization": f"Bearer {key}"})
        value = SimpleCookie(answer.headers["set-cookie"])["retouch_session"].value
        cookie: Any = {"name": "retouch_session", "value": value, "url": self.server.url, "sameSite": "Strict"}
        await self.page.context.add_cookies([cookie])
        await self.open()

    async def open(self, fragment: str = "") -> None:
        """Go to the studio, signed in, and wait until it has its models."""
        await self.page.goto(f"{self.server.url}/studio/{fragment}")
        await self.loaded()

    async def loaded(self) -> None:
        await self.page.wait_for_selector("body[data-loaded=yes]")

    async def choose(self, *files: Path) -> None:
        """Put photos on the desk."""
        await self.page.set_input_files("#file-input", list(files))
        await self.page.wait_for_selector("#stage:not([hidden])")
        await expect(self.page.locator(".thumb")).to_have_count(len(files))

    async def model(self, name: str) -> None:
        """Choose a model in the picker."""
        await self.page.click("#model")
        await self.page.check(f'#models input[value="{name}"]')
        await self.page.click("#model")

    async def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the photo, as shares of its width and height, is on the screen."""
        box = await self.page.locator("#ground").bounding_box()
        assert box
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    async def draw(self, *points: tuple[float, float], steps: int = 6) -> None:
        """Draw through points of the photo with the chosen tool."""
        mouse = self.page.mouse
        await mouse.move(*await self.at(*points[0]))
        await mouse.down()
        for point in points[1:]:
            await mouse.move(*await self.at(*point), steps=steps)
        await mouse.up()

    async def painted(self) -> int:
        """How many pixels on the screen are tinted, once what was drawn has been shown."""
        await self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        count: int = await self.page.evaluate("""() => {
          const canvas = document.querySelector("#tint");
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
          copy.drawImage(canvas, 0, 0);
          const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
          let count = 0;
          for (let at = 3; at < data.length; at += 4) count += data[at] > 0;
          return count;
        }""")
        return count

    async def mask(self) -> Array:
        """The mask as it is downloaded: 0 where the edit goes, 255 where the photo is kept."""
        download = await self.download('[data-act="mask-download"]')
        assert download.suggested_filename == "mask.png"
        return decoded(await read(download))[..., -1]

    async def download(self, selector: str) -> Download:
        """Click something that downloads a file."""
        async with self.page.expect_download() as waiting:
            await self.page.click(selector)
        return await waiting.value

    async def edit(self, prompt: str | None = None) -> None:
        """Press the button, and wait for the result."""
        if prompt is not None:
            await self.page.fill("#prompt", prompt)
        await self.page.click("#run")
        await self.page.wait_for_selector("#download", timeout=60_000)

    async def result(self, mode: str | None = None) -> Array:
        """The downloaded result."""
        return decoded(await read(await self.download("#download")), mode)

    async def problem(self) -> str:
        """The sentence that the page shows about what went wrong."""
        await self.page.wait_for_selector("#problem:not([hidden])")
        return await self.page.inner_text("#problem")


async def read(download: Download) -> bytes:
    """The bytes of a download."""
    return Path(await download.path()).read_bytes()


def same(one: Array, other: Array, where: "np.ndarray[Any, np.dtype[np.bool_]]") -> bool:
    """Whether two pictures are equal to the bit at the pixels chosen."""
    return bool((one[where] == other[where]).all())


def strokes(count: int, points: int) -> Sequence[Sequence[tuple[float, float]]]:
    """Wavy lines over a photo, as shares of its size."""
    lines = []
    for line in range(count):
        along = np.linspace(0.1, 0.9, points)
        down = 0.15 + 0.7 * line / max(1, count - 1) + 0.05 * np.sin(along * 25)
        lines.append([(float(x), float(y)) for x, y in zip(along, down, strict=True)])
    return lines
