"""axe-core in a page."""

from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page


async def serious(page: Page) -> list[str]:
    """What axe-core calls serious or critical, and where."""
    found: dict[str, Any] = (await Axe().run(page)).response
    return [
        f"{problem['id']}: {node['html'][:120]} {node['failureSummary']}"
        for problem in found["violations"]
        if problem["impact"] in {"serious", "critical"}
        for node in problem["nodes"]
    ]
