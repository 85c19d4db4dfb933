"""axe-core on every state of the pages, in light and dark, on a desktop and a phone."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import pytest

from support.axe import serious
from support.browser import PHONE, Studio

State = Callable[[Studio, Path], Awaitable[None]]


async def empty(studio: Studio, picture: Path) -> None:
    await studio.sign_in()


async def signing_in(studio: Studio, picture: Path) -> None:
    studio.expect("status of 401")
    await studio.page.goto(f"{studio.server.url}/studio/#sign-in=used-up")
    await studio.page.wait_for_selector("#sign-in-problem:not([hidden])")


async def marked(studio: Studio, picture: Path) -> None:
    await studio.sign_in()
    await studio.choose(picture)
    await studio.draw((0.3, 0.4), (0.6, 0.4))
    await studio.page.fill("#prompt", "fill the masked area")


async def extending(studio: Studio, picture: Path) -> None:
    await studio.sign_in()
    await studio.choose(picture)
    await studio.page.click('.tool[data-tool="frame"]')
    await studio.page.click('[data-aspect="1:1"]')


async def models(studio: Studio, picture: Path) -> None:
    await studio.sign_in()
    await studio.page.click("#model")
    await studio.page.click(".missing-models summary")


async def under_way(studio: Studio, picture: Path) -> None:
    await studio.sign_in()
    await studio.choose(picture)
    await studio.model("repaint-attached")
    await studio.page.fill("#prompt", f"hold {picture.parent / 'never'}")
    await studio.page.click("#run")
    await studio.page.wait_for_selector("#result:not([hidden])")
    await studio.page.wait_for_selector('#tabs [data-view="result"][aria-pressed="true"]:enabled')


async def refused(studio: Studio, picture: Path) -> None:
    studio.expect("status of 400")
    await studio.sign_in()
    await studio.choose(picture, picture)
    await studio.page.click("#run")
    await studio.problem()


async def result(studio: Studio, picture: Path) -> None:
    await studio.sign_in()
    await studio.choose(picture)
    await studio.page.fill("#n", "2")
    await studio.edit("pencil sketch")


async def side_by_side(studio: Studio, picture: Path) -> None:
    await result(studio, picture)
    await studio.page.click('[data-compare="sides"]')


async def code(studio: Studio, picture: Path) -> None:
    await marked(studio, picture)
    await studio.page.click("#code")


STATES: tuple[State, ...] = (
    signing_in,
    empty,
    marked,
    extending,
    models,
    under_way,
    refused,
    result,
    side_by_side,
    code,
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
async def test_nothing_serious_is_found(
    visitor: Studio, picture: Path, state: State, scheme: Literal["light", "dark"]
) -> None:
    page = visitor.page
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await state(visitor, picture)
    assert await serious(page) == []
    await page.set_viewport_size(PHONE)
    assert await serious(page) == []
