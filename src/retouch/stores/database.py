"""The one seam to PostgreSQL: a pool, transactions, and what a caller hears when the database is away."""

import logging
import select
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import BaseRowFactory, TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from retouch.domain.errors import Code, DatabaseAway
from retouch.stores.migrate import migrate
from retouch.stores.outage import Outage

Connection = AsyncConnection[TupleRow]
Params = Mapping[str, Any]
Row = TypeVar("Row")

#: Seconds to wait for a connection, and what a caller is told to wait.
TIMEOUT = 5.0
RETRY_AFTER = 2.0
#: Seconds after which a connection that was not used is asked whether it still is one.
IDLE = 10.0
#: Classes of SQLSTATE: connection lost, resources used up, server going down or coming up, system error.
_AWAY = ("08", "53", "57P", "58")
#: What the pool says of every single try, in place of which `Outage` tells of the first and of the end.
_TRIES = ("error connecting in", "reconnection attempt in", "discarding broken", "discarding closed")

logging.getLogger("psycopg.pool").addFilter(lambda record: not str(record.msg).startswith(_TRIES))


class Database:
    """A pool of connections to one PostgreSQL database. Statements outside `transaction` commit by themselves."""

    def __init__(self, conninfo: str, *, connections: int = 8) -> None:
        """`conninfo` is a URL or a libpq string. One process uses at most so many `connections`."""
        self.conninfo = conninfo
        self._used: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()
        self._outage = Outage("the database", logging.getLogger("retouch.database"))
        self._answered = -TIMEOUT
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            conninfo,
            connection_class=_telling(self._outage),
            kwargs={"autocommit": True},
            min_size=1,
            max_size=connections,
            open=False,
            timeout=TIMEOUT,
            # Left at minutes, its growing pauses would outlast the outage; given up, the next caller tries at once.
            reconnect_timeout=TIMEOUT,
            check=self._check,
            name="retouch",
        )

    async def open(self) -> None:
        """Connect. Raises DatabaseAway when the database does not answer within 5 s."""
        try:
            async with border():
                await self._pool.open(wait=True, timeout=TIMEOUT)
        except DatabaseAway:
            await self._pool.close()
            raise

    async def close(self) -> None:
        """Close every connection, after the requests that use one have given it back."""
        await self._pool.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        await self.close()

    async def migrate(self) -> list[str]:
        """Bring the tables up to date; the names of the steps run. Raises NewerDatabase."""
        async with self.connection() as connection:
            return await migrate(connection)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection in autocommit. Raises DatabaseAway when none is free for 5 s."""
        try:
            async with border(), self._pool.connection() as connection:
                try:
                    yield connection
                finally:
                    self._used[connection] = time.monotonic()
        except DatabaseAway as error:
            # One that is busy has answered others meanwhile.
            if not isinstance(error.__cause__, PoolTimeout) or time.monotonic() - self._answered > TIMEOUT:
                self._outage.lost(error)
            raise
        self._answered = time.monotonic()
        self._outage.back()

    async def _check(self, connection: Connection) -> None:
        """Raise unless the connection is alive.

        One that was used a moment ago and has nothing to say is: a server that ends tells it. So a busy process does
        not ask before every statement.
        """
        recent = time.monotonic() - self._used.get(connection, -IDLE) < IDLE
        if not recent or _has_news(connection.fileno()):
            await AsyncConnectionPool.check_connection(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection in a transaction: committed at the end, rolled back on an exception."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def run(self, statement: bytes, params: Params | None = None) -> int:
        """Run one statement; how many rows it changed."""
        async with self.connection() as connection:
            return (await connection.execute(statement, params)).rowcount

    async def all(self, into: BaseRowFactory[Row], statement: bytes, params: Params | None = None) -> list[Row]:
        """Every row of one statement, made by a row factory of psycopg such as `class_row`."""
        async with self.connection() as connection:
            return await fetch_all(connection, into, statement, params)

    async def one(self, into: BaseRowFactory[Row], statement: bytes, params: Params | None = None) -> Row | None:
        """The first row of one statement, or None."""
        async with self.connection() as connection:
            return await fetch_one(connection, into, statement, params)


def _telling(outage: Outage) -> type[Connection]:
    """Connections that say why none came about: the pool says only that it has waited."""

    class Telling(AsyncConnection[TupleRow]):
        @classmethod
        async def connect(cls, *given: Any, **named: Any) -> Self:
            try:
                return await super().connect(*given, **named)
            except psycopg.OperationalError as error:
                outage.lost(error)
                raise

    return Telling


def _has_news(socket: int) -> bool:
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))


async def fetch_all(
    connection: Connection, into: BaseRowFactory[Row], statement: bytes, params: Params | None = None
) -> list[Row]:
    """Every row of one statement, within whatever transaction the connection is in."""
    async with connection.cursor(row_factory=into) as cursor:
        await cursor.execute(statement, params)
        return await cursor.fetchall()


async def fetch_one(
    connection: Connection, into: BaseRowFactory[Row], statement: bytes, params: Params | None = None
) -> Row | None:
    """The first row of one statement, or None, within whatever transaction the connection is in."""
    async with connection.cursor(row_factory=into) as cursor:
        await cursor.execute(statement, params)
        return await cursor.fetchone()


@asynccontextmanager
async def border() -> AsyncIterator[None]:
    """Turn "the database is away" into DatabaseAway, an answer that says to come back; every other error passes."""
    try:
        yield
    except psycopg.OperationalError as error:
        if not is_away(error):
            raise
        raise DatabaseAway(
            Code.OVERLOADED, "The database does not answer. Try again shortly.", retry_after=RETRY_AFTER
        ) from error


def is_away(error: BaseException | None) -> bool:
    """Whether an error comes of the database's being away, under whatever others it lies."""
    while error is not None:
        if isinstance(error, psycopg.OperationalError):
            return error.sqlstate is None or error.sqlstate.startswith(_AWAY)
        error = error.__cause__
    return False
