"""The queue of jobs, in the same PostgreSQL: procrastinate.

A job is deferred on the connection of the transaction that it belongs to, so that it is there exactly if the rest is.
A job may run twice and may be late; whatever it does has to bear that (design.md, Chosen parts).
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import procrastinate
from procrastinate import exceptions
from psycopg.rows import scalar_row

from retouch.stores.database import Connection, Database, is_away
from retouch.stores.ledger import SHORT_LEASE
from retouch.stores.queries import query

_TICKETS, _RUNNABLE, _LOCK = map(query, ("count_tickets", "runnable_edits", "lock_watch"))

#: The task of a ticket: it says that an edit waits, not which.
TICKET = "edit"
#: Edits take long, everything else does not: each has its own line.
EDITS, CHORES = "edits", "chores"
#: Seconds between heartbeats of a worker, and after which a silent one is taken for dead.
HEARTBEAT, DEAD = 1.0, 4.0
#: Connections of a process that works, beside the one that listens.
_CONNECTIONS = 3
#: Tickets made at a time, at most.
_MOST_TICKETS = 1000

Task = Callable[..., Awaitable[None]]

#: Each job's start and end is told there.
logging.getLogger("procrastinate").setLevel(logging.WARNING)


def _is_news(record: logging.LogRecord) -> bool:
    """Not that the database is away: whoever runs the lines tells of it once (worker.py)."""
    return not (record.exc_info and is_away(record.exc_info[1]))


for _name in ("utils", "worker", f"worker.{EDITS}", f"worker.{CHORES}"):
    logging.getLogger(f"procrastinate.{_name}").addFilter(_is_news)


class Queue:
    """Defers jobs; between `open` and its end it runs them too."""

    def __init__(self, database: Database) -> None:
        self._database = database
        connector = procrastinate.PsycopgConnector(
            conninfo=database.conninfo, min_size=1, max_size=_CONNECTIONS, timeout=5.0, reconnect_timeout=5.0
        )
        self._app = procrastinate.App(connector=connector)

    async def defer(self, connection: Connection, task: str, **arguments: Any) -> None:
        """Add a job to the connection's transaction. `arguments` are JSON. Raises what any statement there raises."""
        line = EDITS if task == TICKET else CHORES
        try:
            await self._app.configure_task(task, queue=line, connection=connection).defer_async(**arguments)
        except exceptions.ConnectorException as error:
            # What the database said: whoever holds the transaction knows what to make of it.
            raise error.__cause__ or error from None

    def task(self, name: str, do: Task, *, tries: int = 1, cron: str | None = None) -> None:
        """Say what a job of this name does. It is tried again after errors, at growing intervals; `cron` repeats it."""
        retry = procrastinate.RetryStrategy(max_attempts=tries - 1, exponential_wait=3) if tries > 1 else False
        lock = name if cron else None
        made = self._app.task(name=name, queue=EDITS if name == TICKET else CHORES, retry=retry, queueing_lock=lock)(do)
        if cron:
            self._app.periodic(cron=cron)(made)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Connect, to run jobs. Raises DatabaseAway."""
        # Its own pool, opened while the database is away, would find it again only half a minute after it is back.
        await self._database.run(b"select 1")
        async with self._app.open_async():
            yield

    async def run(self, line: str, jobs: int) -> None:
        """Run so many jobs of a line at a time, until cancelled; ends by itself when the database goes away.

        Jobs that still run at the end are cancelled.
        """
        await self._app.run_worker_async(
            queues=[line],
            name=line,
            concurrency=jobs,
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=DEAD,
            fetch_job_polling_interval=1.0,
            shutdown_graceful_timeout=0.0,
            delete_jobs="always",
        )

    async def watch(self) -> None:
        """Put back the jobs of dead workers, and see to it that no edit waits without a ticket.

        What is cut off by a death anywhere is mended here: call it every few seconds in every process that works.
        """
        for job in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD):
            try:
                await self._app.job_manager.retry_job(job)
            except exceptions.ConnectorException:
                continue  # another process was faster
        async with self._database.transaction() as connection:
            await connection.execute(_LOCK)
            [waiting] = await _numbers(connection, _RUNNABLE, {"lease": SHORT_LEASE})
            [tickets] = await _numbers(connection, _TICKETS, {"task": TICKET})
            missing = min(waiting - tickets, _MOST_TICKETS)
            if missing > 0:
                deferrer = self._app.configure_task(TICKET, queue=EDITS, connection=connection)
                await deferrer.batch_defer_async(*({} for _ in range(missing)))


async def _numbers(connection: Connection, statement: bytes, params: dict[str, Any]) -> list[int]:
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(statement, params)
        return await cursor.fetchall()
