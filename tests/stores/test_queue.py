"""Jobs on the queue, in the transactions that they belong to."""

import pytest
from psycopg.rows import scalar_row

from retouch.domain.errors import Code, RetouchError
from retouch.stores.database import Database
from retouch.stores.queue import Queue


async def test_a_job_is_there_exactly_if_its_transaction_is(database: Database) -> None:
    queue = Queue(database)

    async def fails() -> None:
        async with database.transaction() as connection:
            await queue.defer(connection, "tidy", project_id="gone")
            raise ZeroDivisionError

    async with database.transaction() as connection:
        await queue.defer(connection, "tidy", project_id="kept")
    with pytest.raises(ZeroDivisionError):
        await fails()
    jobs = await database.all(scalar_row, b"select args->>'project_id' from procrastinate_jobs")
    assert jobs == ["kept"]


async def test_a_database_that_goes_away_is_told_as_by_every_statement(database: Database) -> None:
    """Callers are asked to come back, and what settles an edit tries again."""

    async def cut_off() -> None:
        async with database.transaction() as connection:
            ends = {"pid": connection.info.backend_pid}
            await database.run(b"select pg_terminate_backend(%(pid)s, 10000)", ends)
            await Queue(database).defer(connection, "tidy", project_id="x")

    with pytest.raises(RetouchError) as caught:
        await cut_off()
    assert caught.value.code is Code.OVERLOADED
