"""A real PostgreSQL for all tests of a run, and a fresh database in it for each that asks."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from retouch.stores.database import Database
from retouch.stores.embedded import Embedded
from support import features

TEMPLATE = "migrated"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the models of the catalogue were seen to do; on RETOUCH_WRITE_FEATURES also into the docs."""
    reports = terminalreporter.getreports("passed")
    rows = {name: cells for report in reports for key, (name, *cells) in report.user_properties if key == "features"}
    if rows:
        terminalreporter.section("what each model does")
        terminalreporter.write_line(features.table(rows))
        if "RETOUCH_WRITE_FEATURES" in os.environ:
            features.PAGE.write_text(features.written(features.PAGE.read_text(), rows))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Embedded]:
    """A PostgreSQL of our own, with no database for tests yet."""
    with tempfile.TemporaryDirectory(prefix="retouch-tests-") as folder:
        server = Embedded.start(Path(folder), durable=False)
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
async def new_database(postgres: Embedded) -> Callable[[], str]:
    """Make a fresh database with all tables, as often as called; how to connect to it."""
    names = count()

    def create(like: str = TEMPLATE) -> str:
        name = f"test_{next(names)}"
        with psycopg.connect(postgres.conninfo, autocommit=True) as connection:
            connection.execute(f"create database {name} template {like}".encode())
        return make_conninfo(postgres.conninfo, dbname=name)

    with psycopg.connect(postgres.conninfo, autocommit=True) as connection:
        connection.execute(f"create database {TEMPLATE}".encode())
    async with Database(make_conninfo(postgres.conninfo, dbname=TEMPLATE)) as database:
        await database.migrate()
    return create


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """How to connect to a fresh database with all tables."""
    return new_database()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh database with all tables, opened."""
    async with Database(database_url) as database:
        yield database
