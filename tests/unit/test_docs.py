"""The documentation names what the code has: a setting, field, code, option or header that is added without its line
in the reference fails here. Links lead somewhere, and the example engine does what its page says.
"""

import importlib.util
import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import typer.main
from pydantic import BaseModel
from starlette.routing import BaseRoute

from retouch.cli import app as command_line
from retouch.domain.engine import EngineCall, Made, Wish
from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import Size
from retouch.engines.cpu.grammar.examples import EXAMPLES, SHORT
from retouch.pixels import from_raw, to_raw
from retouch.routing.catalog import load_catalog
from retouch.settings import Settings
from retouch.wire.app import ROUTERS
from retouch.wire.form.fields import FIELDS, Field
from retouch.wire.form.values import SIZE_NAMES, Choice
from retouch.wire.problems import TABLE

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def text(page: Path) -> str:
    return page.read_text("utf-8")


def row(page: Path, name: str) -> str:
    """The table row that begins with `name` in backquotes."""
    for line in text(page).splitlines():
        if line.startswith(f"| `{name}`"):
            return line
    pytest.fail(f"{page.relative_to(ROOT)} has no table row for `{name}`")


def settings_of(section: type[BaseModel], before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every setting's place and default; what a section holds in place of the section."""
    for name, field in section.model_fields.items():
        default = field.get_default()
        if isinstance(default, BaseModel):
            yield from settings_of(type(default), (*before, name))
        else:
            yield (*before, name), default


def spelled(default: object) -> str:
    """A default as the page writes it."""
    match default:
        case None:
            return "none"
        case bool() | tuple() | dict():
            return f"`{json.dumps(default)}`"
        case float():
            return f"`{default:g}`"
    return f"`{default}`"


@pytest.mark.parametrize(
    ("place", "default"), [pytest.param(*entry, id=".".join(entry[0])) for entry in settings_of(Settings)]
)
def test_every_setting_stands_in_its_page_with_its_default(place: tuple[str, ...], default: object) -> None:
    cells = row(REFERENCE / "settings.md", "RETOUCH_" + "__".join(place).upper()).split(" | ")
    assert cells[1] == f"`{'.'.join(place)}`"
    assert cells[2] == spelled(default)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_request_field_stands_in_the_api_page_with_its_words(field: Field) -> None:
    line = row(REFERENCE / "api.md", field.name)
    for spelling in field.spellings:
        assert f"`{spelling}`" in line
    if isinstance(field.kind, Choice):
        assert not [word for word in field.kind.words if f"`{word}`" not in line]


def test_every_size_name_stands_in_the_api_page() -> None:
    line = row(REFERENCE / "api.md", "size")
    assert not [name for name, size in SIZE_NAMES.items() if f"`{name}` ({size})" not in line]


@pytest.mark.parametrize("code", Code, ids=str)
def test_every_error_code_stands_in_its_page_with_status_and_inner_code(code: Code) -> None:
    known = TABLE[code]
    cells = row(REFERENCE / "errors.md", code.value).split(" | ")
    assert cells[1:4] == [str(known.status), f"`{known.type}`", f"`{known.code}`"]


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command by its full name; typer may bring a click of its own, so its types are not named here."""
    yield name, command
    for short, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{name} {short}")


@pytest.mark.parametrize(("name", "command"), list(commands(typer.main.get_command(command_line), "retouch")))
def test_every_command_and_option_stands_in_the_commands_page(name: str, command: Any) -> None:
    page = text(REFERENCE / "commands.md")
    section = page
    if name != "retouch":
        found = re.search(rf"^##+ {name}\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
        assert found, f"commands.md has no section `{name}`"
        section = found[1]
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("-")]
    assert not [option for option in options if f"`{option}`" not in section]


def routes() -> set[str]:
    found: list[BaseRoute] = [route for router in ROUTERS for route in router.routes]
    return {re.sub(r":path}", "}", getattr(route, "path", "")) for route in found}


@pytest.mark.parametrize("path", sorted(routes()))
def test_every_endpoint_stands_in_the_api_page(path: str) -> None:
    assert re.search(rf"^\| `[A-Z]+ {re.escape(path)}`", text(REFERENCE / "api.md"), re.MULTILINE)


def headers() -> set[str]:
    """Every retouch-* name in the code of the wire that is no model's id."""
    source = "".join(map(text, (ROOT / "src/retouch/wire").rglob("*.py")))
    return set(re.findall(r'"(retouch-[a-z-]+)"', source)) - {model.id for model in load_catalog({})}


@pytest.mark.parametrize("header", sorted(headers()))
def test_every_header_of_ours_stands_in_the_api_page(header: str) -> None:
    assert f"`{header}`" in text(REFERENCE / "api.md")


def test_the_headers_are_found_at_all() -> None:
    assert {"retouch-edit-id", "retouch-mask", "retouch-emulated", "retouch-error-format"} <= headers()


@pytest.mark.parametrize("prompt", sorted({prompt for family in EXAMPLES.values() for prompt in family}))
def test_every_example_prompt_stands_in_the_page_of_the_built_in_editor(prompt: str) -> None:
    assert f"`{prompt.removeprefix('(mask) ')}`" in text(REFERENCE / "classic.md")


def anchors(page: Path) -> set[str]:
    """What headings can be linked by, as GitHub makes it."""
    prose = _FENCE.sub("", text(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(prose)}


def links(page: Path) -> list[str]:
    found = _LINK.findall(_FENCE.sub("", text(page)))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken: list[str] = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        goal = (page.parent / path).resolve() if path else page
        if not goal.is_relative_to(ROOT) or not goal.exists() or (anchor and anchor not in anchors(goal)):
            broken.append(link)
    assert not broken


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, ahead = set[Path](), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        ahead += [(page.parent / link.partition("#")[0]).resolve() for link in links(page)]
    assert not [str(page.relative_to(ROOT)) for page in PAGES if page not in reached]


EXAMPLE = DOCS / "how-to" / "example_engine.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_engine", EXAMPLE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_shows_the_example_engine_as_it_is() -> None:
    assert f"```python\n{text(EXAMPLE)}```" in text(EXAMPLE.with_name("add-an-engine.md"))
    assert len(text(EXAMPLE).splitlines()) <= 40


async def test_the_example_engine_tints_and_keeps_transparency(example: ModuleType) -> None:
    engine = example.Tint({"colour": [0, 90, 255]})
    assert engine.missing() is None
    offer = engine.offer(Wish(model="any", prompt="tint it", images=(Size(3, 2),)))
    pixels = np.full((2, 3, 4), (200, 100, 55, 77), np.uint8)
    picture = to_raw(pixels)
    assert picture.format in offer.input_formats
    call = EngineCall(
        model="any", prompt="tint it", images=(picture,), seeds=(1,), deadline=time.monotonic() + 10, size=None
    )
    (made,) = [event async for event in engine.run(call)]
    assert isinstance(made, Made)
    assert (from_raw(made.picture) == (100, 95, 155, 77)).all()
    await engine.close()


def test_the_example_engine_refuses_what_it_cannot_do(example: ModuleType) -> None:
    settings: Mapping[str, Any] = {}
    with pytest.raises(RetouchError) as refusal:
        example.Tint(settings).offer(Wish(model="any", prompt="add a hat", images=(Size(3, 2),)))
    assert refusal.value.code is Code.PROMPT_NOT_SUPPORTED


def test_the_short_list_of_a_refusal_is_read_by_the_editor_itself() -> None:
    from retouch.engines.cpu.grammar import parse

    for prompt in SHORT:
        words = prompt.removeprefix("with several images: ").removeprefix("with a mask: ")
        assert parse(words, mask=prompt.startswith("with a mask")).steps
