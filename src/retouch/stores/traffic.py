"""How calls to providers went, and what is under way, read from the records of edits."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import class_row, kwargs_row

from retouch.domain.ledger import ENDED, LEFT, EditState
from retouch.stores.database import Database
from retouch.stores.ids import first_id
from retouch.stores.queries import query

_SUM, _UNDER_WAY = map(query, ("sum_attempts", "list_under_way"))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """An edit that runs or waits: whose it is, by the names of account and key, and how far it is.

    `later`: it was accepted as a project. model, engine and engine_model are those of the first route. `charged` is in
    micro-credits. `started_at`: when the attempt that runs began; None while it waits.
    """

    id: str
    account_id: str
    account: str
    key_id: str
    key: str | None
    later: bool
    state: EditState
    asked_model: str
    model: str
    engine: str
    engine_model: str
    attempt: int
    images_asked: int
    images_made: int
    charged: int
    created_at: datetime
    started_at: datetime | None


class Traffic:
    """The calls and edits of all server processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def calls(self, since: timedelta, account_id: str | None = None) -> list[Calls]:
        """Calls for edits that came in within `since` and have ended; of one account or all."""
        first = first_id("edit", time.time() - since.total_seconds())
        params = {"first_id": first, "account_id": account_id, "silent": [LEFT, ENDED]}
        return await self._database.all(class_row(Calls), _SUM, params)

    async def under_way(self, account_id: str | None = None, *, after: str | None = None, limit: int) -> list[UnderWay]:
        """At most `limit` that run or wait, oldest first, behind that of the id `after`; of one or all accounts."""
        params = {"account_id": account_id, "after": after, "limit": limit}
        return await self._database.all(kwargs_row(_under_way), _UNDER_WAY, params)


def _under_way(*, state: str, **columns: Any) -> UnderWay:
    return UnderWay(state=EditState(state), **columns)
