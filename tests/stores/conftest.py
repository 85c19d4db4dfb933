"""A data folder for an embedded PostgreSQL, and a ledger in a fresh database."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from retouch.stores.credits import Credits
from retouch.stores.database import Database
from retouch.stores.ledger import Ledger


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder whose path is long, holds spaces and is not ASCII, below one that is closed to others."""
    with tempfile.TemporaryDirectory(prefix="retouch tests ") as folder:
        yield Path(folder) / ("Änderungen 画像 " + "long " * 30) / "data"


@pytest.fixture
async def ledger(database: Database) -> AsyncIterator[Ledger]:
    """A ledger; whatever a test did, it adds up afterwards."""
    yield Ledger(database)
    assert await Credits(database).check() == []
