"""A server that makes projects, two at a time, and an account that has an upload there."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from retouch.domain.resolution import AccountTier
from retouch.stores.database import Database
from support.money import Customer, balanced, customer
from support.projects import upload
from support.server import Server, running_server

CONFIG = """
[models.repaint]
summary = "Repaints everything"
price = 5
limits = { n = 16 }
routes = [{ engine = "repaint", model = "any" }]

[models.repaint-attached]
summary = "Repaints everything, and stops when its client leaves"
price = 2
routes = [{ engine = "repaint", model = "stops" }]

[models.paid]
summary = "Not for everybody"
price = 5
tiers = ["pro", "business"]
routes = [{ engine = "repaint", model = "any" }]
"""


@pytest.fixture(scope="session")
def url(new_database: Any) -> str:
    made: str = new_database()
    return made


@pytest.fixture(scope="session")
def server(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    config = tmp_path_factory.mktemp("config") / "retouch.toml"
    config.write_text(CONFIG)
    settings = {
        "RETOUCH_DATABASE_URL": url,
        "RETOUCH_CONFIG": str(config),
        "RETOUCH_QUEUE__RUNNING": "2",
        "RETOUCH_UPLOADS__QUOTA_MB": "1",
        "RETOUCH_LIMITS__IMAGE_MB": "0.6",
    }
    with running_server(settings) as server:
        yield server


@pytest.fixture
async def database(url: str, server: Server) -> AsyncIterator[Database]:
    async with balanced(url) as database:
        yield database


@pytest.fixture
async def who(database: Database) -> Customer:
    return await customer(database, 100, tier=AccountTier.PRO)


@pytest.fixture
async def picture(server: Server, who: Customer) -> str:
    """An upload of theirs."""
    return await upload(server, who)
