"""A server that charges."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from retouch.stores.database import Database
from support.money import balanced
from support.server import Server, running_server

#: Models of the test engine with a price.
CONFIG = """
[models.repaint]
summary = "Repaints everything"
price = 5
routes = [{ engine = "repaint", model = "any", cost = 0.04 }]

[models.repaint-attached]
summary = "Repaints everything, and stops when its client leaves"
price = 2
routes = [{ engine = "repaint", model = "stops" }]
"""


@pytest.fixture(scope="session")
def shop_url(new_database: Any) -> str:
    url: str = new_database()
    return url


@pytest.fixture(scope="session")
def shop(shop_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that charges."""
    config = tmp_path_factory.mktemp("config") / "retouch.toml"
    config.write_text(CONFIG)
    log = config.with_name("calls")
    settings = {
        "RETOUCH_DATABASE_URL": shop_url,
        "RETOUCH_CONFIG": str(config),
        "RETOUCH_ENGINES__REPAINT__LOG": str(log),
        "RETOUCH_ENGINES__REPAINT__RUNNING": "8",
        "RETOUCH_ENGINES__REPAINT__WAITING": "64",
    }
    with running_server(settings) as server:
        yield server


@pytest.fixture
async def database(shop_url: str, shop: Server) -> AsyncIterator[Database]:
    async with balanced(shop_url) as database:
        yield database
