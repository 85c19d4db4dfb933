"""Brush strokes on a 24-megapixel photo in the studio: what each frame takes, from Chromium's own trace.

A frame is all that the page's main thread does from one animation frame to the next: pointer events, our code, style,
layout and paint. A screen allows 16.7 ms. Run by itself: `PYTHONPATH=tests python -m benchmarks.studio`.
"""

import asyncio
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Browser, async_playwright

from support.browser import MISSING, Studio, find_chromium, open_browser, strokes
from support.images import encoded, photo
from support.server import Server, running_server

WIDTH, HEIGHT = 6000, 4000

TRACED = ["devtools.timeline", "disabled-by-default-devtools.timeline"]


def main() -> None:
    """Print the median and the worst of the frames, for brushes from fine to coarse."""
    with tempfile.TemporaryDirectory() as folder, running_server() as server:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(encoded(photo(WIDTH, HEIGHT), "JPEG", quality=90))
        asyncio.run(measure(server, path))


async def measure(server: Server, path: Path) -> None:
    """Draw, and print."""
    async with async_playwright() as playwright:
        chromium = find_chromium(playwright)
        if chromium is None:
            print(f"studio: skipped, {MISSING}")
            return
        async with open_browser(playwright, chromium) as browser:
            page = await browser.new_page(viewport={"width": 1440, "height": 900})
            studio = Studio(page, server)
            await studio.sign_in()
            await studio.choose(path)
            print(f"{'brush strokes, 6000 x 4000 photo':32}{'frames':>9}{'median ms':>11}{'p95 ms':>9}{'worst ms':>10}")
            for name, size, zoom in (
                ("brush 60 px", 60, 0),
                ("brush 272 px", 272, 0),
                ("brush 1200 px", 1200, 0),
                ("brush 60 px, zoomed in", 60, 5),
            ):
                await set_up(studio, size, zoom)
                frames = np.array(await draw(studio, browser))
                median, p95 = statistics.median(frames), float(np.percentile(frames, 95))
                print(f"{name:32}{len(frames):9}{median:11.2f}{p95:9.2f}{frames.max():10.2f}")


async def set_up(studio: Studio, size: int, zoom: int) -> None:
    """Choose a brush by its keys, and a zoom."""
    page = studio.page
    await page.keyboard.press("0")
    for _ in range(zoom):
        await page.keyboard.press("+")
    while int((await page.inner_text("#brush-pixels")).split()[0]) < size:
        await page.keyboard.press("]")
    while int((await page.inner_text("#brush-pixels")).split()[0]) > size * 1.2:
        await page.keyboard.press("[")


async def draw(studio: Studio, browser: Browser) -> list[float]:
    """Several strokes across the screen; what each frame took, milliseconds."""
    page = studio.page
    box = await page.locator("#stage").bounding_box()
    if box is None:
        raise RuntimeError("the stage is not shown")
    await browser.start_tracing(page=page, categories=TRACED)
    for line in strokes(4, 60):
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in line]
        await page.mouse.move(*points[0])
        await page.mouse.down()
        for point in points[1:]:
            await page.mouse.move(*point)
        await page.mouse.up()
    return frames(json.loads(await browser.stop_tracing())["traceEvents"])


def frames(events: list[dict[str, Any]]) -> list[float]:
    """Milliseconds of work between one animation frame of the page and the next."""
    drawn = sorted(
        (event["ts"], event["pid"], event["tid"]) for event in events if event["name"] == "FireAnimationFrame"
    )
    _, process, thread = drawn[0]
    starts = np.array([at for at, *where in drawn if where == [process, thread]])
    took = np.zeros(len(starts) + 1)
    for event in events:
        if event["name"] == "RunTask" and (event["pid"], event["tid"]) == (process, thread):
            # What runs after a frame's drawing has begun belongs to it: the drawing itself, style, layout, paint.
            took[np.searchsorted(starts, event["ts"] + event.get("dur", 0))] += event.get("dur", 0) / 1000
    return [float(one) for one in took[1:-1]]


if __name__ == "__main__":
    main()
