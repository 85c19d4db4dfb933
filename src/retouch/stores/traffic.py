"""How calls to providers went, read from the records of edits."""

import time
from dataclasses import dataclass
from datetime import timedelta

from psycopg.rows import class_row

from retouch.stores.database import Database
from retouch.stores.ids import first_id
from retouch.stores.queries import query

_SUM = query("sum_attempts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Calls to one model of an engine: how many, how many gave nothing, and seconds of those that gave something."""

    engine: str
    model: str
    calls: int
    failed: int
    median: float | None
    p95: float | None
    last_cause: str | None


class Traffic:
    """The calls of all server processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def calls(self, since: timedelta, account_id: str | None = None) -> list[Calls]:
        """Calls for edits that came in within `since` and have ended; of one account or all."""
        params = {"first_id": first_id("edit", time.time() - since.total_seconds()), "account_id": account_id}
        return await self._database.all(class_row(Calls), _SUM, params)
