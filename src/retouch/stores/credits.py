"""What is read from the ledger, and what people write to it: grants and adjustments. Amounts: micro-credits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from psycopg.errors import CheckViolation, UniqueViolation
from psycopg.rows import class_row, kwargs_row

from retouch.domain.errors import invalid
from retouch.domain.ledger import EditRecord, Entry, Fault
from retouch.stores.database import Connection, Database, fetch_one
from retouch.stores.ledger import record
from retouch.stores.queries import query

_ADD, _FIND, _LIST = map(query, ("add_entry", "find_entry", "list_entries"))
_EDITS, _USAGE, _CHECK = map(query, ("list_edits", "sum_usage", "check_credits"))

#: How long an edit may lie whose process has died, before the check counts it as forgotten: the sweep comes sooner.
GRACE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What was made and spent; day (UTC), model, key and account are None where it is not told apart by them.

    charged and refunded are micro-credits, cost is what providers are reckoned to ask, in micro-dollars.
    """

    day: date | None
    model: str | None
    key_id: str | None
    account_id: str | None
    edits: int
    complete: int
    images: int
    charged: int
    refunded: int
    cost: int


class Credits:
    """The entries of a database's ledger, and sums of its edits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def grant(
        self, account_id: str, amount: int, *, note: str = "", reference: str | None = None
    ) -> Entry | None:
        """Add to a balance, or take from it where `amount` is below zero; None where there is no such account.

        With a `reference` that was used before for this account nothing changes, and the earlier entry is given.
        Raises INVALID_REQUEST where too little is there to be taken.
        """
        try:
            async with self._database.transaction() as connection:
                made = await add_entry(connection, account_id, amount, note=note, reference=reference)
        except UniqueViolation:
            made = None
        except CheckViolation:
            raise invalid("amount", "The balance is too low to take that much.") from None
        if made is None and reference is not None:
            params = {"account_id": account_id, "reference": reference}
            return await self._database.one(class_row(Entry), _FIND, params)
        return made

    async def entries(self, account_id: str, *, after: int | None = None, limit: int) -> list[Entry]:
        """At most `limit` entries of an account, newest first, behind the one whose id is `after`."""
        params = {"account_id": account_id, "after": after, "limit": limit}
        return await self._database.all(class_row(Entry), _LIST, params)

    async def edits(
        self, account_id: str, *, after: str | None = None, state: str | None = None, limit: int
    ) -> list[EditRecord]:
        """At most `limit` edits of an account, newest first, behind the one whose id is `after`."""
        params = {"account_id": account_id, "after": after, "state": state, "limit": limit}
        return await self._database.all(kwargs_row(record), _EDITS, params)

    async def usage(self, account_id: str | None, since: datetime, until: datetime, by: Collection[str]) -> list[Used]:
        """What was made and spent in a span of time, told apart by any of day, model, key and account."""
        params = {"account_id": account_id, "since": since, "until": until, "by": list(by)}
        return await self._database.all(class_row(Used), _USAGE, params)

    async def check(self) -> list[Fault]:
        """Everything that does not add up; an empty list proves that all does, at one moment."""
        return await self._database.all(class_row(Fault), _CHECK, {"grace": GRACE})


async def add_entry(
    connection: Connection, account_id: str, amount: int, *, note: str = "", reference: str | None = None
) -> Entry | None:
    """A grant, or below zero an adjustment, within the caller's transaction; None if nothing was changed."""
    params = {
        "account_id": account_id,
        "kind": "grant" if amount > 0 else "adjustment",
        "amount": amount,
        "note": note,
        "reference": reference,
    }
    return await fetch_one(connection, class_row(Entry), _ADD, params)
