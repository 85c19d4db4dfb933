"""The ledger: edits admitted, charged, joined, settled and paid back. Each call is one round trip and one transaction.

What happens inside is in `migrations/0003_credits.sql` (functions `admit`, `settle`, `refund_abandoned`).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import orjson
from psycopg.rows import class_row, kwargs_row, scalar_row, tuple_row

from retouch.domain.errors import Code
from retouch.domain.ledger import (
    AccountLimits,
    Admission,
    Calls,
    EditRecord,
    EditState,
    Outcome,
    Output,
    Rate,
    Settlement,
    Started,
    Verdict,
)
from retouch.stores.database import Connection, Database, fetch_one
from retouch.stores.queries import query

_ADMIT, _SETTLE, _RECALL, _JOIN = map(query, ("admit_edit", "settle_edit", "recall_edit", "join_edit"))
_JOINABLE, _LOCK = map(query, ("joinable_edit", "lock_account"))
_START, _REQUEUE, _RENEW, _NOTE = map(query, ("start_next_edit", "requeue_edit", "renew_leases", "note_outputs"))
_DELIVER, _SWEEP, _FORGET = map(query, ("deliver_edits", "refund_abandoned", "forget_idempotency"))
_STATE, _FIND = map(query, ("edit_state", "find_edit"))

#: How long an idempotency key stands for its edit, and how old an edit may be that a retry joins.
IDEMPOTENCY = timedelta(hours=24)
JOINABLE = timedelta(minutes=10)
#: How long a process that runs an edit may be silent before the edit is paid back.
LEASE = timedelta(seconds=15)
#: How long a process that runs an edit for later may be silent before another takes it up.
SHORT_LEASE = timedelta(seconds=6)

_ABANDONED = {
    "code": Code.INTERNAL_SERVER_ERROR.value,
    "message": "The server that worked on this edit has ended. The edit was paid back.",
}

#: What a caller adds to the transaction that accepts an edit, such as a job on a queue.
Also = Callable[[Connection, str], Awaitable[None]]


class Ledger:
    """The ledger of a database; `defaults` bind accounts that have no limits of their own."""

    def __init__(
        self,
        database: Database,
        defaults: AccountLimits | None = None,
        *,
        lease: timedelta = LEASE,
        short_lease: timedelta = SHORT_LEASE,
        after_restart: timedelta = timedelta(0),
    ) -> None:
        """After `lease` an edit whose process is silent is paid back, after `short_lease` one for later run again.

        Nothing is paid back until the database is up for `after_restart`: nobody could renew a lease meanwhile.
        """
        self._database = database
        self._defaults = asdict(defaults or AccountLimits())
        self._lease = lease
        self._short_lease = short_lease
        self._after_restart = after_restart

    async def admit(self, admission: Admission, also: Also | None = None) -> Verdict:
        """Accept and charge an edit, or say why not.

        A retry joins what an earlier attempt has started meanwhile. `also` runs in the same transaction if the edit is
        accepted: what it raises undoes the charge.
        """
        if admission.retry:
            return await self._admit_retry(admission, also)
        if also is None:
            return _verdict(await self._database.one(kwargs_row(_row), _ADMIT, self._params(admission)))
        async with self._database.transaction() as connection:
            return await self._admit_in(connection, admission, also)

    async def _admit_retry(self, admission: Admission, also: Also | None) -> Verdict:
        asked = admission.key_id, admission.route, admission.fingerprint, admission.retry
        while True:
            async with self._database.transaction() as connection:
                # Admission holds the account too, so that no earlier attempt is accepted between the look and it.
                await connection.execute(_LOCK, {"account_id": admission.account_id})
                if await fetch_one(connection, scalar_row, _JOINABLE, _repeat(*asked)) is None:
                    return await self._admit_in(connection, admission, also)
            # Not while the account is held: whoever settles takes the edit first, and then the account.
            if edit_id := await self.join(*asked):
                return Verdict(Outcome.JOINED, edit_id, 0)

    async def _admit_in(self, connection: Connection, admission: Admission, also: Also | None) -> Verdict:
        verdict = _verdict(await fetch_one(connection, kwargs_row(_row), _ADMIT, self._params(admission)))
        if also is not None and verdict.outcome is Outcome.ACCEPTED:
            await also(connection, admission.edit_id)
        return verdict

    def _params(self, admission: Admission) -> dict[str, Any]:
        return {
            "account_id": admission.account_id,
            "key_id": admission.key_id,
            "edit_id": admission.edit_id,
            "route": admission.route,
            "fingerprint": admission.fingerprint,
            "idempotency_key": admission.idempotency_key,
            "window": IDEMPOTENCY,
            "lease": None if admission.queued else self._lease,
            "detached": admission.detached,
            "price": admission.price,
            "images": admission.images,
            "asked_model": admission.asked_model,
            "model": admission.model,
            "engine": admission.engine,
            "engine_model": admission.engine_model,
            "prompt": _storable(admission.prompt),
            "parameters": as_json(admission.parameters),
            "end_user": admission.end_user and _storable(admission.end_user),
            "answer": as_json(admission.answer),
            **self._defaults,
        }

    async def settle(self, settlement: Settlement, also: Also | None = None) -> bool:
        """End an edit and pay back what is due, once; `also` runs in the same transaction.

        False, and nothing changed, where it was ended already or another attempt has begun.
        """
        params = _settled(settlement)
        if also is None:
            return await self._database.one(tuple_row, _SETTLE, params) is not None
        async with self._database.transaction() as connection:
            ended = await fetch_one(connection, tuple_row, _SETTLE, params) is not None
            if ended:
                await also(connection, settlement.edit_id)
            return ended

    async def recall(self, account_id: str, route: str, key: str, fingerprint: str) -> Verdict | None:
        """What an idempotency key stands for: REPLAY with its edit, CONFLICT, or None for a new one."""
        params = {
            "account_id": account_id,
            "route": route,
            "key": key,
            "fingerprint": fingerprint,
            "window": IDEMPOTENCY,
        }
        found = await self._database.one(tuple_row, _RECALL, params)
        return Verdict(Outcome.REPLAY if found[1] else Outcome.CONFLICT, found[0], 0) if found else None

    async def join(self, key_id: str, route: str, fingerprint: str, attempt: int) -> str | None:
        """The edit that retry number `attempt` (above 0) of the same request continues, if there is one."""
        return await self._database.one(scalar_row, _JOIN, _repeat(key_id, route, fingerprint, attempt))

    async def start_next(self, also: Also) -> Started | None:
        """Start the edit whose turn it is, of those accepted for later and those that a dead process has left.

        None where nothing waits. `also` runs in the same transaction.
        """
        async with self._database.transaction() as connection:
            params = {"lease": self._short_lease}
            found = await fetch_one(connection, class_row(Started), _START, params)
            if found is not None:
                await also(connection, found.edit_id)
            return found

    async def requeue(self, edit_id: str, attempt: int, calls: Calls = ()) -> bool:
        """Give a started edit back to be run later, with what was called for it; False where it is no longer ours."""
        return await self._database.run(_REQUEUE, {"id": edit_id, "attempt": attempt, "calls": as_json(calls)}) > 0

    async def renew(self, held: Mapping[str, int], calls: Mapping[str, Calls] | None = None) -> set[str]:
        """Say that these edits (attempt number by id) are being worked on; those that still are ours.

        `calls` is by id what their records are to have if this process dies.
        """
        known = calls or {}
        params = {
            "ids": list(held),
            "attempts": list(held.values()),
            "calls": [as_json(known[id_]) if id_ in known else None for id_ in held],
            "lease": self._lease,
            "short_lease": self._short_lease,
        }
        return set(await self._database.all(scalar_row, _RENEW, params))

    async def note(self, edit_id: str, attempt: int, outputs: Sequence[Output]) -> bool:
        """Keep what is finished of a running edit; False where it is no longer ours."""
        params = {"id": edit_id, "attempt": attempt, "outputs": as_json(list(outputs))}
        return await self._database.run(_NOTE, params) > 0

    async def deliver(self, edit_ids: Sequence[str]) -> None:
        """Note that these answers have reached their clients: no retry joins them any more."""
        await self._database.run(_DELIVER, {"ids": list(edit_ids)})

    async def refund_abandoned(self) -> list[tuple[str, date]]:
        """Pay back the edits whose process has died; their ids, and the days (UTC) that they came in."""
        return await self._database.all(tuple_row, _SWEEP, {"error": as_json(_ABANDONED), "grace": self._after_restart})

    async def forget_idempotency(self) -> None:
        """Forget idempotency keys older than a day."""
        await self._database.run(_FORGET, {"window": IDEMPOTENCY})

    async def state(self, edit_id: str) -> EditState | None:
        """Where an edit stands."""
        found = await self._database.one(scalar_row, _STATE, {"id": edit_id})
        return found and EditState(found)

    async def find(self, edit_id: str, account_id: str | None = None) -> EditRecord | None:
        """Everything that is kept of an edit; None where there is none, or not of that account."""
        return await self._database.one(kwargs_row(record), _FIND, {"id": edit_id, "account_id": account_id})


def record(*, state: str, outputs: Sequence[Mapping[str, Any]], **columns: Any) -> EditRecord:
    """A row of `edits` as it is told to others."""
    return EditRecord(state=EditState(state), outputs=tuple(Output(**output) for output in outputs), **columns)


def _repeat(key_id: str, route: str, fingerprint: str, attempt: int) -> dict[str, Any]:
    return {"key_id": key_id, "route": route, "fingerprint": fingerprint, "attempt": attempt, "window": JOINABLE}


def _settled(settlement: Settlement) -> dict[str, Any]:
    return {
        "edit_id": settlement.edit_id,
        "attempt": settlement.attempt,
        "state": settlement.state.value,
        "made": settlement.made,
        "due": settlement.due,
        "outputs": as_json(list(settlement.outputs)),
        "attempts": as_json(settlement.attempts),
        "cost": settlement.cost,
        "answer": None if settlement.answer is None else as_json(settlement.answer),
        "error": None if settlement.error is None else as_json(settlement.error),
        "note": settlement.note,
    }


def _row(
    *,
    outcome: str,
    edit_id: str | None,
    balance: int | None,
    have: int | None,
    wait: float | None,
    rate_limit: int | None,
    rate_left: int | None,
    rate_reset: float | None,
) -> Verdict:
    rate = None
    if rate_limit is not None and rate_left is not None and rate_reset is not None:
        rate = Rate(rate_limit, rate_left, rate_reset)
    return Verdict(Outcome(outcome), edit_id, balance or 0, have, wait, rate)


def _verdict(found: Verdict | None) -> Verdict:
    assert found is not None, "admit() returns one row"  # noqa: S101
    return found


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL in a text."""
    return text.replace("\0", "")


def as_json(value: object) -> str:
    """JSON that PostgreSQL keeps: without NUL."""
    text = orjson.dumps(value).decode()
    return text if "\\u0000" not in text else orjson.dumps(_without_nul(orjson.loads(text))).decode()


def _without_nul(value: object) -> object:
    match value:
        case str():
            return _storable(value)
        case list():
            return [_without_nul(item) for item in value]
        case dict():
            return {key: _without_nul(item) for key, item in value.items()}
    return value
