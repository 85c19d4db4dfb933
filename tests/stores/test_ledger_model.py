"""The ledger against a model of it, in any order of events: charge, refund, crash, retry, cancel, run later."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from retouch.domain.errors import RetouchError
from retouch.domain.ledger import Admission, EditState, Outcome, Settlement
from retouch.domain.model import MICRO
from retouch.domain.rights import Rights
from retouch.stores.credits import Credits
from retouch.stores.database import Database
from retouch.stores.ledger import Ledger
from support.money import Customer, account_of, admission, customer, settled_in, start

Result = TypeVar("Result")


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@dataclass
class Known:
    """What the model knows of an edit."""

    admission: Admission
    state: EditState
    attempt: int
    alive: bool = True
    refunded: int = 0
    delivered: bool = False
    joined: frozenset[int] = frozenset()


class Model(RuleBasedStateMachine):
    """Two accounts, one of them unlimited, and everything that can happen to their edits."""

    runner: asyncio.Runner
    database: Database
    edits = Bundle("edits")

    @initialize()
    def open(self) -> None:
        self.ledger, self.credits = Ledger(self.database), Credits(self.database)
        self.known: dict[str, Known] = {}
        self.keys: dict[tuple[str, str], str] = {}
        self.who = [self.run(self.make(5, unlimited=False)), self.run(self.make(0, unlimited=True))]
        self.balance = {self.who[0].account: 5, self.who[1].account: 0}

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    async def make(self, credits_: int, *, unlimited: bool) -> Customer:
        rights = Rights(spend_cap=12 * MICRO) if not unlimited else Rights()
        return await customer(self.database, credits_, rights, unlimited=unlimited)

    def left_of_cap(self, who: Customer) -> int:
        spent = sum(
            edit.admission.total // MICRO - edit.refunded
            for edit in self.known.values()
            if edit.admission.account_id == who.account
        )
        return 12 - spent if who is self.who[0] else 10**9

    @rule(account=st.integers(0, 1), amount=st.integers(-3, 6).filter(bool))
    def grant(self, account: int, amount: int) -> None:
        who = self.who[account]
        try:
            self.run(self.credits.grant(who.account, amount * MICRO))
        except RetouchError:
            assert account == 0
            assert self.balance[who.account] + amount < 0
        else:
            self.balance[who.account] += amount

    @rule(
        target=edits,
        account=st.integers(0, 1),
        images=st.integers(1, 3),
        price=st.integers(0, 3),
        queued=st.booleans(),
        detached=st.booleans(),
        key=st.sampled_from([None, None, "a", "b"]),
        words=st.sampled_from(["x", "y"]),
        retry=st.sampled_from([0, 0, 1]),
    )
    def admit(  # noqa: PLR0917
        self,
        account: int,
        images: int,
        price: int,
        queued: bool,
        detached: bool,
        key: str | None,
        words: str,
        retry: int,
    ) -> object:
        who = self.who[account]
        asked = admission(
            who,
            images=images,
            price=price * MICRO,
            queued=queued,
            detached=detached,
            idempotency_key=key,
            fingerprint=f"{words}{self.who[0].account}",
            retry=0 if key else retry,
        )
        can = self.joinable(asked, asked.retry) if asked.retry else []
        verdict = self.run(self.ledger.admit(asked))
        if can:
            assert (verdict.outcome, verdict.edit_id) == (Outcome.JOINED, can[-1].admission.edit_id)
            can[-1].joined |= {asked.retry}
            return multiple()
        earlier = self.keys.get((who.account, key)) if key else None
        if earlier is not None:
            same = self.known[earlier].admission.fingerprint == asked.fingerprint
            assert verdict.outcome is (Outcome.REPLAY if same else Outcome.CONFLICT)
            assert verdict.edit_id == earlier
            return multiple()
        total = images * price
        if total > self.left_of_cap(who):
            assert verdict.outcome is Outcome.KEY_CAP
            return multiple()
        if account == 0 and total > self.balance[who.account]:
            assert verdict.outcome is Outcome.BALANCE
            return multiple()
        assert verdict.outcome is Outcome.ACCEPTED
        self.balance[who.account] -= total
        assert verdict.balance == self.balance[who.account] * MICRO
        state = EditState.QUEUED if queued else EditState.RUNNING
        self.known[asked.edit_id] = Known(asked, state, 0 if queued else 1)
        if key:
            self.keys[who.account, key] = asked.edit_id
        return asked.edit_id

    @rule(
        edit_id=edits,
        state=st.sampled_from([EditState.COMPLETE, EditState.FAILED, EditState.CANCELED]),
        made=st.integers(0, 3),
        stale=st.booleans(),
    )
    def settle(self, edit_id: str, state: EditState, made: int, stale: bool) -> None:
        """By whoever has it, or by a worker that was taken for dead."""
        edit = self.known[edit_id]
        images = edit.admission.images
        made = 0 if state is EditState.FAILED else min(made, images)
        attempt = edit.attempt - 1 if stale else edit.attempt
        written = self.run(
            self.ledger.settle(Settlement(edit_id=edit_id, attempt=attempt, state=state, made=made, due=images - made))
        )
        assert written == (not stale and not edit.state.final)
        if written:
            self.end(edit, state, images - made)

    def end(self, edit: Known, state: EditState, due: int) -> None:
        edit.state = state
        edit.refunded = due * edit.admission.price // MICRO
        self.balance[edit.admission.account_id] += edit.refunded
        key = edit.admission.idempotency_key
        if key and due == edit.admission.images:
            del self.keys[edit.admission.account_id, key]

    @rule(edit_id=edits)
    def crash(self, edit_id: str) -> None:
        """The process dies, and its lease runs out."""
        edit = self.known[edit_id]
        if edit.state is EditState.RUNNING:
            edit.alive = False
            statement = b"update edits set lease_until = clock_timestamp() - interval '1 s' where id = %(id)s"
            self.run(self.database.run(statement, {"id": edit_id}))

    @rule()
    def sweep(self) -> None:
        found = {edit_id for edit_id, _ in self.run(self.ledger.refund_abandoned())} & self.known.keys()
        dead = {
            edit_id
            for edit_id, edit in self.known.items()
            if edit.state is EditState.RUNNING and not edit.alive and not edit.admission.queued
        }
        assert found == dead
        for edit_id in dead:
            self.end(self.known[edit_id], EditState.FAILED, self.known[edit_id].admission.images)

    @rule()
    def start(self) -> None:
        due = {
            edit_id
            for edit_id, edit in self.known.items()
            if edit.admission.queued
            and (edit.state is EditState.QUEUED or (edit.state is EditState.RUNNING and not edit.alive))
        }
        started = self.run(start(self.ledger))
        while started and started.edit_id not in self.known:  # left by an earlier run
            started = self.run(start(self.ledger))
        assert (started is not None) == bool(due)
        if started:
            assert started.edit_id in due
            edit = self.known[started.edit_id]
            assert started.attempt == edit.attempt + 1
            edit.state, edit.attempt, edit.alive = EditState.RUNNING, started.attempt, True

    @rule(edit_id=edits)
    def renew(self, edit_id: str) -> None:
        """A process that was slow, not dead."""
        edit = self.known[edit_id]
        ours = self.run(self.ledger.renew({edit_id: edit.attempt}))
        assert (edit_id in ours) == (edit.state is EditState.RUNNING)
        edit.alive = edit.alive or bool(ours)

    @rule(edit_id=edits)
    def deliver(self, edit_id: str) -> None:
        self.run(self.ledger.deliver([edit_id]))
        self.known[edit_id].delivered = True

    @rule(edit_id=edits, attempt=st.integers(1, 2))
    def retry(self, edit_id: str, attempt: int) -> None:
        """Joins the newest edit of the same words that can be joined; nothing is charged."""
        asked = self.known[edit_id].admission
        can = self.joinable(asked, attempt)
        joined = self.run(self.ledger.join(asked.key_id, asked.route, asked.fingerprint, attempt))
        assert joined == (can[-1].admission.edit_id if can else None)
        if can:
            can[-1].joined |= {attempt}

    def joinable(self, asked: Admission, attempt: int) -> list[Known]:
        """What a retry can join: complete, or made whether or not its client is there."""
        return [
            one
            for one in self.known.values()
            if (one.admission.key_id, one.admission.fingerprint) == (asked.key_id, asked.fingerprint)
            and not one.delivered
            and attempt not in one.joined
            and (one.state is EditState.COMPLETE or not one.state.final)
            and (one.state.final or one.admission.queued or one.admission.detached)
        ]

    @invariant()
    def balances_are_the_models(self) -> None:
        for who in self.who if hasattr(self, "who") else ():
            account = self.run(account_of(self.database, who))
            assert account.balance == self.balance[who.account] * MICRO

    def teardown(self) -> None:
        if hasattr(self, "credits"):
            self.run(self.ledger.refund_abandoned())
            assert self.run(self.credits.check()) == []


def test_any_order_of_events_adds_up(database_url: str, runner: asyncio.Runner) -> None:
    """Each balance is the model's after every step, and the check finds nothing at the end."""
    database = Database(database_url, connections=1)
    runner.run(database.open())
    runner.run(settled_in(database))
    try:
        connected = type("Connected", (Model,), {"database": database, "runner": runner})
        run_state_machine_as_test(
            connected,
            settings=settings(
                max_examples=40,
                stateful_step_count=30,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        runner.run(database.close())
