"""Where in a TOML file a setting stands."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from retouch.routing.places import ConfigError, line_of, located, place

TEXT = '''\
# A comment about price
port = 9000
default_order = [
  "a",  # the first
  "b",
]

[limits]
body_mb = 64

[models."a.b"]
summary = """
price = 3
"""
price = 1
routes = [
  { engine = "cpu", model = "one" },
  # not this one
  { engine = "cpu", model = "two" },
]
limits = { images = 2, prompt = 9 }

[models]
dotted.price = 2
"esc\\u0061ped" = { price = 4 }

[engines.gpu1]
kind = 'plain'

[engines.fal.endpoints."fal-ai/x/v1.5/edit"]
size = { area = [1, 2] }
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("port",), 2),
        (("default_order",), 3),
        (("default_order", 0), 4),
        (("default_order", 1), 5),
        (("limits",), 8),
        (("limits", "body_mb"), 9),
        (("models", "a.b"), 11),
        (("models", "a.b", "summary"), 12),
        (("models", "a.b", "price"), 15),
        (("models", "a.b", "routes"), 16),
        (("models", "a.b", "routes", 0, "model"), 17),
        (("models", "a.b", "routes", 1), 19),
        (("models", "a.b", "routes", 1, "model"), 19),
        (("models", "a.b", "routes", 1, "missing"), 19),
        (("models", "a.b", "routes", 7), 16),
        (("models", "a.b", "limits", "prompt"), 21),
        (("models", "dotted", "price"), 24),
        (("models", "escaped", "price"), 25),
        (("engines", "gpu1", "kind"), 28),
        (("engines", "gpu1", "base_url"), 27),
        (("nowhere", "at all"), None),
    ],
    ids=str,
)
def test_the_line_of_a_setting_or_of_what_it_would_lie_in(path: Sequence[str | int], line: int | None) -> None:
    assert line_of(TEXT, path) == line


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "retouch.toml"
    path.write_text(TEXT)
    return path


def test_a_value_that_the_file_does_not_hold_comes_from_elsewhere(file: Path) -> None:
    """The environment wins over the file, so the file's own line is not to blame."""
    assert place(file, ("port",), 9000) == f"{file}, line 2"
    assert place(file, ("port",), "x") is None
    assert place(file, ("host",), "x") is None
    assert place(None, ("port",)) is None


@pytest.mark.parametrize(
    ("message", "where"),
    [
        ("engines.gpu1.kind is 'x'; it is one of plain", "FILE, line 28: "),
        ("engines.gpu1.base_url must be an address", "FILE, line 27: "),
        ("engines.gpu2: there is no such engine", "FILE, line 27: "),
        ("engines.fal.endpoints.fal-ai/x/v1.5/edit.images: Input should be", "FILE, line 30: "),
        ("engines.fal.endpoints.fal-ai/x/v1.5/edit.size.area.1: Input should be", "FILE, line 31: "),
        ("engines.fal.endpoints.fal-ai/x/v1.5/edit.size.longest: Field required", "FILE, line 31: "),
        ("api_key or OPENAI_API_KEY holds characters that no key has", ""),
    ],
)
def test_an_engines_own_error_is_placed_by_the_setting_that_it_begins_with(
    file: Path, message: str, where: str
) -> None:
    found = located(ValueError(message), file)
    assert isinstance(found, ConfigError)
    assert str(found) == where.replace("FILE", str(file)) + message
