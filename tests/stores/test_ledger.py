"""The ledger in a real database: what is charged, what is refused, and what many at once cannot break."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from retouch.domain.errors import RetouchError
from retouch.domain.ledger import AccountLimits, Admission, EditState, Outcome, Output, Settlement, Started
from retouch.domain.model import MICRO
from retouch.domain.rights import Rights
from retouch.stores.accounts import Accounts
from retouch.stores.credits import Credits
from retouch.stores.database import Connection, Database
from retouch.stores.ledger import Ledger
from support.money import Customer, account_of, admission, customer, settled_in, start


@pytest.fixture
async def ledger(database: Database) -> AsyncIterator[Ledger]:
    """A ledger; whatever a test did, it adds up afterwards."""
    yield Ledger(database)
    assert await Credits(database).check() == []


def ended(asked: Admission, state: EditState = EditState.COMPLETE, *, made: int = 1, **fields: Any) -> Settlement:
    given = {"edit_id": asked.edit_id, "attempt": 1, "state": state, "made": made, "due": asked.images - made}
    return Settlement(**{**given, **fields})


async def balance(database: Database, who: Customer) -> float:
    return (await account_of(database, who)).balance / MICRO


async def expire(database: Database, *edits: Admission) -> None:
    """As if the process had died long ago."""
    statement = b"update edits set lease_until = clock_timestamp() - interval '1 second' where id = any(%(ids)s)"
    await database.run(statement, {"ids": [edit.edit_id for edit in edits]})


async def test_fifty_at_once_on_a_balance_for_twenty(database: Database, ledger: Ledger) -> None:
    who = await customer(database, 20)
    verdicts = await asyncio.gather(*(ledger.admit(admission(who)) for _ in range(50)))
    assert Counter(verdict.outcome for verdict in verdicts) == {Outcome.ACCEPTED: 20, Outcome.BALANCE: 30}
    assert await balance(database, who) == 0


async def test_an_unlimited_account_is_never_blocked_for_its_balance(database: Database, ledger: Ledger) -> None:
    """But its own spend cap binds it."""
    who = await customer(database, unlimited=True, spend_cap=3 * MICRO)
    outcomes = [(await ledger.admit(admission(who))).outcome for _ in range(4)]
    assert outcomes == [Outcome.ACCEPTED] * 3 + [Outcome.ACCOUNT_CAP]
    assert await balance(database, who) == -3


async def test_what_is_missing_is_paid_back_once(database: Database, ledger: Ledger) -> None:
    who = await customer(database, 10)
    asked = admission(who, images=4, price=2 * MICRO)
    await ledger.admit(asked)
    assert await balance(database, who) == 2
    results = await asyncio.gather(*(ledger.settle(ended(asked, made=3)) for _ in range(8)))
    assert sorted(results) == [False] * 7 + [True]
    assert await balance(database, who) == 4
    account = await account_of(database, who)
    assert account.spent == 6 * MICRO
    kinds = [(entry.kind, entry.amount // MICRO) for entry in await Credits(database).entries(who.account, limit=9)]
    assert kinds == [("refund", 2), ("charge", -8), ("grant", 10)]


async def test_the_record_says_what_was_made_and_tried(database: Database, ledger: Ledger) -> None:
    """Also with a NUL in a text, which PostgreSQL does not take."""
    who = await customer(database, 10)
    asked = admission(who, prompt="a\0b", end_user="me\0", parameters={"seed": 7})
    await ledger.admit(asked)
    output = Output(
        index=0, key="k", width=3, height=2, format="png", background="opaque", revised_prompt="\0 \\u0000 é"
    )
    tried = {"engine": "an-engine", "model": "m", "images": [0], "seconds": 0.1, "cause": None, "cost": 40_000}
    await ledger.settle(ended(asked, outputs=[output], attempts=[tried], cost=40_000, answer={"a": 1}))
    record = await ledger.find(asked.edit_id, who.account)
    assert record is not None
    assert (record.prompt, record.end_user, record.parameters) == ("ab", "me", {"seed": 7})
    assert record.outputs == (replace(output, revised_prompt=" \\u0000 é"),)
    assert (record.attempts, record.cost, record.answer) == ([tried], 40_000, {"a": 1})
    assert await ledger.find(asked.edit_id, "acct_other") is None


async def test_entries_are_only_ever_added(database: Database, ledger: Ledger) -> None:
    """Whoever tries, the database refuses; as it does a second charge or refund."""
    who = await customer(database, 10)
    asked = admission(who)
    await ledger.admit(asked)
    for statement in (b"update entries set amount = 1", b"delete from entries", b"truncate entries cascade"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            await database.run(statement)
    twice = (
        b"insert into entries (account_id, kind, amount, balance, edit_id)"
        b" select account_id, kind, amount, balance, edit_id from entries where kind = 'charge'"
    )
    with pytest.raises(psycopg.errors.UniqueViolation):
        await database.run(twice)
    with pytest.raises(psycopg.errors.CheckViolation):
        await database.run(b"update accounts set balance = -1 where not unlimited")


async def test_the_check_names_what_does_not_add_up(database: Database) -> None:
    """A row that somebody has changed by hand."""
    who = await customer(database, 10)
    ledger, asked = Ledger(database), admission(who, images=2)
    await ledger.admit(asked)
    await ledger.settle(ended(asked, made=2))
    assert await Credits(database).check() == []
    await database.run(
        b"update accounts set balance = balance + 1, spent = spent + 1 where id = %(a)s", {"a": who.account}
    )
    await database.run(b"update edits set images_made = 1")
    await database.run(b"update api_keys set spent = 0")
    abandoned = admission(who)
    await ledger.admit(abandoned)
    await database.run(b"update edits set lease_until = now() - interval '1 hour' where state = 'running'")
    faults = {fault.what: fault.id for fault in await Credits(database).check()}
    assert faults == {
        "the balance is not the sum of the entries": who.account,
        "what was spent is not the sum of charges and refunds": who.account,
        "what was spent through the key is not what its edits cost": who.key_id,
        "an edit that has ended is not settled": asked.edit_id,
        "an edit that was given up by its process and not paid back": abandoned.edit_id,
    }


async def test_a_grant_with_a_reference_is_made_once(database: Database, ledger: Ledger) -> None:
    who, books = await customer(database), Credits(database)
    made = await asyncio.gather(*(books.grant(who.account, 5 * MICRO, reference="invoice 1") for _ in range(8)))
    assert len({entry.id for entry in made if entry}) == 1
    assert await balance(database, who) == 5
    assert await books.grant("acct_none", MICRO) is None
    with pytest.raises(RetouchError, match="too low"):
        await books.grant(who.account, -6 * MICRO)
    taken = await books.grant(who.account, -5 * MICRO)
    assert taken is not None
    assert (taken.kind, taken.balance) == ("adjustment", 0)


class TestLimits:
    """Counted in the admission, so that any number of processes cannot exceed them."""

    async def test_requests_a_minute(self, database: Database) -> None:
        """Waiting as long as told works; refused requests do not count."""
        who = await customer(database, 100)
        ledger = Ledger(database, AccountLimits(requests_per_minute=5))
        verdicts = await asyncio.gather(*(ledger.admit(admission(who)) for _ in range(12)))
        assert Counter(verdict.outcome for verdict in verdicts) == {Outcome.ACCEPTED: 5, Outcome.REQUESTS: 7}
        left = sorted(verdict.rate.remaining for verdict in verdicts if verdict.rate)
        assert left == [0] * 8 + [1, 2, 3, 4]
        wait = max(verdict.wait or 0 for verdict in verdicts)
        assert 0 < wait <= 60
        shift = b"update request_windows set began = began - make_interval(secs => %(wait)s)"
        await database.run(shift, {"wait": wait - 1})
        assert (await ledger.admit(admission(who))).outcome is Outcome.REQUESTS
        await database.run(shift, {"wait": 1.001})
        assert (await ledger.admit(admission(who))).outcome is Outcome.ACCEPTED

    async def test_an_own_limit_replaces_the_default(self, database: Database) -> None:
        who = await customer(database, 100, requests_per_minute=2)
        ledger = Ledger(database, AccountLimits(requests_per_minute=1))
        outcomes = [(await ledger.admit(admission(who))).outcome for _ in range(3)]
        assert outcomes == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.REQUESTS]

    async def test_a_key_has_a_rate_beside_its_account(self, database: Database, ledger: Ledger) -> None:
        """And the keys made with it count for it."""
        who = await customer(database, 100, Rights(requests_per_minute=3), requests_per_minute=10)
        child = await customer(database, 0, Rights(limited_by=(who.key_id,)))
        made_with_it = replace(who, key_id=child.key_id)
        asked = [who, made_with_it, who, made_with_it, who]
        verdicts = [await ledger.admit(admission(one)) for one in asked]
        assert [verdict.outcome for verdict in verdicts] == [Outcome.ACCEPTED] * 3 + [Outcome.REQUESTS] * 2
        assert verdicts[0].rate
        assert (verdicts[0].rate.limit, verdicts[0].rate.remaining) == (3, 2)

    async def test_concurrent_edits(self, database: Database, ledger: Ledger) -> None:
        """One that ends makes room; those accepted for later do not count."""
        who = await customer(database, 100, concurrent_edits=3)
        asked = [admission(who) for _ in range(10)]
        outcomes = [verdict.outcome for verdict in await asyncio.gather(*map(ledger.admit, asked))]
        assert Counter(outcomes) == {Outcome.ACCEPTED: 3, Outcome.CONCURRENT: 7}
        queued = admission(who, queued=True)
        assert (await ledger.admit(queued)).outcome is Outcome.ACCEPTED
        await ledger.settle(ended(asked[outcomes.index(Outcome.ACCEPTED)]))
        again = await ledger.admit(admission(who))
        assert again.outcome is Outcome.ACCEPTED
        refused = await ledger.admit(admission(who))
        assert refused.outcome is Outcome.CONCURRENT
        assert refused.wait is not None
        assert refused.wait >= 1

    async def test_images_a_day(self, database: Database, ledger: Ledger) -> None:
        """Images that were not made are given back, and a crash of PostgreSQL, which empties the counters, is none."""
        who = await customer(database, 100, images_per_day=5)
        first = admission(who, images=4)
        assert (await ledger.admit(first)).outcome is Outcome.ACCEPTED
        refused = await ledger.admit(admission(who, images=2))
        assert refused.outcome is Outcome.IMAGES
        assert refused.wait is not None
        assert 0 < refused.wait <= 86400
        never = await ledger.admit(admission(who, images=6))
        assert (never.outcome, never.wait) == (Outcome.IMAGES, None)
        await ledger.settle(ended(first, made=3))
        await database.run(b"truncate image_days, request_windows")
        assert (await ledger.admit(admission(who, images=3))).outcome is Outcome.IMAGES
        assert (await ledger.admit(admission(who, images=2))).outcome is Outcome.ACCEPTED
        assert (await ledger.admit(admission(who, images=1))).outcome is Outcome.IMAGES

    async def test_a_keys_spend_cap(self, database: Database, ledger: Ledger) -> None:
        """What is paid back may be spent again; keys made with it share it."""
        who = await customer(database, 100, Rights(spend_cap=3 * MICRO))
        child = await customer(database, 0, Rights(limited_by=(who.key_id,)))
        made_with_it = replace(who, key_id=child.key_id)
        asked = [admission(who), admission(made_with_it), admission(who)]
        verdicts = await asyncio.gather(*map(ledger.admit, asked))
        assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
        refused = await ledger.admit(admission(made_with_it))
        assert (refused.outcome, refused.have) == (Outcome.KEY_CAP, 0)
        await ledger.settle(ended(asked[1], EditState.FAILED, made=0))
        assert (await ledger.admit(admission(who))).outcome is Outcome.ACCEPTED


class TestIdempotency:
    """The same key never leads to two charges."""

    async def test_of_many_at_once_one_is_accepted(self, database: Database, ledger: Ledger) -> None:
        who = await customer(database, 100)
        same = {"idempotency_key": "k", "fingerprint": "f"}
        verdicts = await asyncio.gather(*(ledger.admit(admission(who, **same)) for _ in range(20)))
        assert Counter(verdict.outcome for verdict in verdicts) == {Outcome.ACCEPTED: 1, Outcome.REPLAY: 19}
        assert len({verdict.edit_id for verdict in verdicts}) == 1
        assert await balance(database, who) == 99
        other = await ledger.admit(admission(who, idempotency_key="k", fingerprint="g"))
        assert other.outcome is Outcome.CONFLICT
        recalled = await ledger.recall(who.account, "edits", "k", "f")
        assert recalled is not None
        assert recalled.edit_id == verdicts[0].edit_id

    async def test_keys_belong_to_account_and_route(self, database: Database, ledger: Ledger) -> None:
        one, other = await customer(database, 5), await customer(database, 5)
        for who, route in ((one, "edits"), (one, "projects"), (other, "edits")):
            asked = admission(who, route=route, idempotency_key="k", fingerprint="f")
            assert (await ledger.admit(asked)).outcome is Outcome.ACCEPTED

    async def test_what_failed_and_was_paid_back_frees_its_key(self, database: Database, ledger: Ledger) -> None:
        """What succeeded does not, until a day has passed."""
        who = await customer(database, 5)
        same = {"idempotency_key": "k", "fingerprint": "f"}
        failed, complete = admission(who, **same), admission(who, **same)
        await ledger.admit(failed)
        await ledger.settle(ended(failed, EditState.FAILED, made=0))
        assert (await ledger.admit(complete)).outcome is Outcome.ACCEPTED
        await ledger.settle(ended(complete))
        assert (await ledger.admit(admission(who, **same))).outcome is Outcome.REPLAY
        await database.run(b"update idempotency set created_at = created_at - interval '24 hours'")
        assert await ledger.recall(who.account, "edits", "k", "f") is None
        assert (await ledger.admit(admission(who, **same))).outcome is Outcome.ACCEPTED
        await ledger.forget_idempotency()
        assert (await ledger.admit(admission(who, **same))).outcome is Outcome.REPLAY


class TestJoining:
    """An SDK's retry finds the edit of its earlier attempt, from any process."""

    async def joined(self, ledger: Ledger, asked: Admission, attempt: int = 1) -> bool:
        return await ledger.join(asked.key_id, asked.route, asked.fingerprint, attempt) is not None

    async def test_each_attempt_joins_once(self, database: Database, ledger: Ledger) -> None:
        who = await customer(database, 5)
        asked = admission(who)
        await ledger.admit(asked)
        results = await asyncio.gather(*(self.joined(ledger, asked) for _ in range(8)))
        assert Counter(results) == {True: 1, False: 7}
        assert await self.joined(ledger, asked, 2)

    async def test_only_its_own_key_and_words(self, database: Database, ledger: Ledger) -> None:
        who = await customer(database, 5)
        asked = admission(who)
        await ledger.admit(asked)
        for other in (
            replace(asked, key_id="key_2"),
            replace(asked, fingerprint="f"),
            replace(asked, route="projects"),
        ):
            assert not await self.joined(ledger, other)

    async def test_what_ended_is_joined_until_it_was_delivered(self, database: Database, ledger: Ledger) -> None:
        who = await customer(database, 5)
        asked = admission(who, detached=False)
        await ledger.admit(asked)
        assert not await self.joined(ledger, asked), "it stops with its client"
        await ledger.settle(ended(asked))
        assert await self.joined(ledger, asked)
        await ledger.deliver([asked.edit_id])
        assert not await self.joined(ledger, asked, 2)

    async def test_neither_what_failed_nor_what_is_old(self, database: Database, ledger: Ledger) -> None:
        who = await customer(database, 5)
        failed, old = admission(who), admission(who)
        for asked in (failed, old):
            await ledger.admit(asked)
        await ledger.settle(ended(failed, EditState.FAILED, made=0))
        await database.run(b"update edits set created_at = created_at - interval '10 minutes'")
        assert not await self.joined(ledger, failed)
        assert not await self.joined(ledger, old)


class TestLeases:
    """An edit whose process has died is paid back once, and nobody settles it afterwards."""

    async def test_the_abandoned_are_paid_back_once(self, database: Database, ledger: Ledger) -> None:
        who = await customer(database, 5)
        dead, alive = admission(who, images=2, idempotency_key="k"), admission(who)
        for asked in (dead, alive):
            await ledger.admit(asked)
        await expire(database, dead)
        found = await asyncio.gather(*(ledger.refund_abandoned() for _ in range(8)))
        assert [edit_id for part in found for edit_id, _ in part] == [dead.edit_id]
        assert await balance(database, who) == 4
        record = await ledger.find(dead.edit_id)
        assert record is not None
        assert record.error is not None
        assert (record.state, record.refunded) == (EditState.FAILED, 2 * MICRO)
        assert not await ledger.settle(ended(dead, made=2))
        assert await ledger.settle(ended(alive))
        assert await balance(database, who) == 4
        assert await ledger.recall(who.account, "edits", "k", dead.fingerprint) is None

    async def test_settling_and_sweeping_at_once_do_one_of_the_two(self, database: Database, ledger: Ledger) -> None:
        who = await customer(database, 40)
        asked = [admission(who) for _ in range(40)]
        for one in asked:
            await ledger.admit(one)
        await expire(database, *asked)
        results = await asyncio.gather(
            *(ledger.settle(ended(one)) for one in asked), *(ledger.refund_abandoned() for _ in range(4))
        )
        settled = results[:40].count(True)
        assert await balance(database, who) == 40 - settled

    async def test_a_renewed_lease_is_not_swept(self, database: Database, ledger: Ledger) -> None:
        who = await customer(database, 5)
        asked, lost = admission(who), admission(who)
        for one in (asked, lost):
            await ledger.admit(one)
        await expire(database, asked, lost)
        assert await ledger.renew({asked.edit_id: 1, lost.edit_id: 2}) == {asked.edit_id}
        assert [edit_id for edit_id, _ in await ledger.refund_abandoned()] == [lost.edit_id]

    async def test_leases_that_ran_out_while_the_database_was_away_can_be_renewed(self, database: Database) -> None:
        """Until it is up for a while: nobody could renew them, and who holds them works on."""
        who = await customer(database, 5)
        just_up, long_up = (Ledger(database, after_restart=timedelta(days=days)) for days in (365, 0))
        asked, lost = admission(who), admission(who)
        for one in (asked, lost):
            await just_up.admit(one)
        await expire(database, asked, lost)
        assert await just_up.refund_abandoned() == []
        assert await just_up.renew({asked.edit_id: 1}) == {asked.edit_id}
        assert [edit_id for edit_id, _ in await long_up.refund_abandoned()] == [lost.edit_id]
        assert await long_up.settle(ended(asked))


class TestLater:
    """Edits that are accepted now and run later."""

    async def test_what_is_added_to_the_transaction_shares_its_fate(self, database: Database, ledger: Ledger) -> None:
        """A job is deferred exactly if the edit is charged."""
        who = await customer(database, 2)
        await database.run(b"create table jobs (edit_id text)")

        async def also(connection: Connection, edit_id: str) -> None:
            await connection.execute(b"insert into jobs values (%(id)s)", {"id": edit_id})

        async def fails(connection: Connection, edit_id: str) -> None:
            await also(connection, edit_id)
            raise ZeroDivisionError

        assert (await ledger.admit(admission(who, queued=True), also)).outcome is Outcome.ACCEPTED
        with pytest.raises(ZeroDivisionError):
            await ledger.admit(admission(who, queued=True), fails)
        refused = await ledger.admit(admission(who, images=2, queued=True), also)
        assert refused.outcome is Outcome.BALANCE
        assert await database.run(b"select from jobs") == 1
        assert await balance(database, who) == 1

    async def test_each_start_raises_the_fence(self, database: Database, ledger: Ledger) -> None:
        """A worker that was taken for dead can neither store nor settle."""
        who = await customer(database, 2)
        asked = admission(who, queued=True)
        await ledger.admit(asked)
        await settled_in(database)
        starts = await asyncio.gather(*(start(ledger) for _ in range(5)))
        assert sorted(one.attempt if one else 0 for one in starts) == [0, 0, 0, 0, 1]
        await expire(database, asked)
        assert await ledger.refund_abandoned() == [], "it will be run again"
        assert await start(ledger) == Started(asked.edit_id, 2, deaths=1)
        assert not await ledger.note(asked.edit_id, 1, [])
        assert await ledger.note(asked.edit_id, 2, [])
        assert not await ledger.settle(ended(asked))
        assert not await ledger.requeue(asked.edit_id, 1)
        assert await ledger.requeue(asked.edit_id, 2)
        assert await start(ledger) == Started(asked.edit_id, 3, deaths=1)
        assert await ledger.settle(ended(asked, attempt=3))
        assert await start(ledger) is None

    async def test_one_that_never_started_can_be_cancelled(self, database: Database, ledger: Ledger) -> None:
        who = await customer(database, 2)
        asked = admission(who, queued=True)
        await ledger.admit(asked)
        assert await ledger.settle(ended(asked, EditState.CANCELED, made=0, attempt=0))
        assert await start(ledger) is None
        assert await balance(database, who) == 2


async def test_an_account_may_be_limited_again_once_it_owes_nothing(database: Database, ledger: Ledger) -> None:
    who = await customer(database, unlimited=True)
    await ledger.admit(admission(who))
    account = await account_of(database, who)
    with pytest.raises(psycopg.errors.CheckViolation):
        await Accounts(database).set(replace(account, unlimited=False))
    await Credits(database).grant(who.account, MICRO)
    changed = await Accounts(database).set(replace(account, unlimited=False))
    assert changed is not None
    assert not changed.unlimited
