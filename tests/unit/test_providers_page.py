"""What docs/how-to/providers.md shows can be pasted into retouch.toml."""

import re
import tomllib
from pathlib import Path

import pytest

from retouch.app.engines import idle_chooser
from retouch.settings import Settings

PAGE = Path(__file__).parents[2] / "docs/how-to/providers.md"
BLOCKS = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n", 1)[0][:50])
def test_an_example_of_the_page_is_a_valid_file(block: str) -> None:
    """Every route of its models leads to an engine that there is."""
    given = tomllib.loads(block)
    chooser = idle_chooser(Settings(**given))
    for name in given.get("models", {}):
        model = chooser.catalog.find(name)
        assert model is not None
        for route in model.routes:
            chooser.engine(route)


def test_a_server_of_ones_own_makes_its_models_available() -> None:
    chooser = idle_chooser(Settings(**tomllib.loads(BLOCKS[0])))
    model = chooser.catalog.find("flux-at-home")
    assert model is not None
    assert chooser.missing(model) is None
