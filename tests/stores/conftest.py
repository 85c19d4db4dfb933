"""A data folder for an embedded PostgreSQL."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder whose path is long, holds spaces and is not ASCII, below one that is closed to others."""
    with tempfile.TemporaryDirectory(prefix="retouch tests ") as folder:
        yield Path(folder) / ("Änderungen 画像 " + "long " * 30) / "data"
