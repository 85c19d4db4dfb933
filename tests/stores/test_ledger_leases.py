"""Edits whose process has died, and edits that are run later, in a real database."""

import asyncio
from datetime import timedelta

import pytest

from retouch.domain.ledger import Admission, EditState, Outcome, Started
from retouch.domain.model import MICRO
from retouch.stores.database import Connection, Database
from retouch.stores.ledger import Ledger
from retouch.stores.traffic import Traffic
from support.money import admission, balance, customer, ended, expire, settled_in, start

#: Calls as a record has them.
MADE = {"engine": "e", "model": "m", "images": [0], "seconds": 1.5, "cause": None, "cost": 40}
ENDED = {**MADE, "images": [1], "cause": "the server that made this call ended", "cost": None}


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


class TestCalls:
    """What a process had called when it died is added to the edit's record, once; of costs what is known."""

    async def record(self, ledger: Ledger, asked: Admission) -> tuple[list[object], int]:
        found = await ledger.find(asked.edit_id)
        assert found is not None
        return list(found.attempts), found.cost

    async def test_of_one_that_is_paid_back(self, database: Database, ledger: Ledger) -> None:
        asked = admission(await customer(database, 5), images=2)
        await ledger.admit(asked)
        await ledger.renew({asked.edit_id: 1}, {asked.edit_id: [ENDED]})
        await ledger.renew({asked.edit_id: 1}, {asked.edit_id: [MADE, ENDED]})
        await ledger.renew({asked.edit_id: 1})
        assert await self.record(ledger, asked) == ([], 0), "it may still be told by who has it"
        await expire(database, asked)
        await ledger.refund_abandoned()
        assert await self.record(ledger, asked) == ([MADE, ENDED], 40)
        [of_route] = await Traffic(database).calls(timedelta(hours=1), asked.account_id)
        assert (of_route.calls, of_route.failed) == (1, 0), "that a server ended says nothing of the provider"

    async def test_of_one_that_is_run_again(self, database: Database, ledger: Ledger) -> None:
        """By one that dies too, one that puts it back, and one that ends it."""
        asked = admission(await customer(database, 5), images=2, queued=True)
        await ledger.admit(asked)
        await settled_in(database)
        for attempt in (1, 2):
            assert await start(ledger)
            await ledger.renew({asked.edit_id: attempt}, {asked.edit_id: [ENDED]})
            await expire(database, asked)
        assert await start(ledger) == Started(asked.edit_id, 3, deaths=2)
        assert await ledger.requeue(asked.edit_id, 3, [MADE])
        assert await start(ledger) == Started(asked.edit_id, 4, deaths=2)
        await ledger.renew({asked.edit_id: 4}, {asked.edit_id: [ENDED]})
        await ledger.settle(ended(asked, made=2, attempt=4, attempts=[MADE], cost=40))
        assert await self.record(ledger, asked) == ([ENDED, ENDED, MADE, MADE], 80)


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
