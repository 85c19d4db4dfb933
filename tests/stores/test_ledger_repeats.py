"""A request that comes again, by its idempotency key or as a retry of an SDK, is charged once."""

import asyncio
from collections import Counter
from dataclasses import replace

from retouch.domain.ledger import Admission, EditState, Outcome, Verdict
from retouch.stores.database import Database
from retouch.stores.ids import new_id
from retouch.stores.ledger import Ledger
from support.money import admission, balance, customer, ended, start


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

    async def test_what_waits_for_its_turn_is_joined(self, database: Database, ledger: Ledger) -> None:
        """It is made whether or not its client is there; not once it was given up."""
        who = await customer(database, 5)
        asked = admission(who, queued=True, detached=False)
        await ledger.admit(asked)
        assert await self.joined(ledger, asked)
        assert await start(ledger) is not None
        assert await self.joined(ledger, asked, 2)
        await ledger.settle(ended(asked, EditState.CANCELED, made=0))
        assert not await self.joined(ledger, asked, 3)

    async def test_retries_admitted_at_once_with_their_first_attempt(self, database: Database, ledger: Ledger) -> None:
        """None is charged that could join, whether the balance suffices for another edit or not."""
        who = await customer(database, 1)
        first = admission(who)
        await ledger.admit(first)
        retries = [admission(who, fingerprint=first.fingerprint, retry=number) for number in (1, 2, 3)]
        verdicts = await asyncio.gather(*(ledger.admit(retry) for retry in retries))
        assert [(verdict.outcome, verdict.edit_id) for verdict in verdicts] == [(Outcome.JOINED, first.edit_id)] * 3
        assert (await ledger.admit(retries[0])).outcome is Outcome.BALANCE, "once for each attempt number"

    async def test_retries_and_settlements_do_not_block_each_other(self, database: Database, ledger: Ledger) -> None:
        """They want the same account and the same edits."""
        who = await customer(database, 100)
        firsts = [admission(who) for _ in range(20)]
        for first in firsts:
            await ledger.admit(first)
        retries = [replace(first, edit_id=new_id("edit"), retry=1) for first in firsts]
        settling = (ledger.settle(ended(first, EditState.FAILED, made=0)) for first in firsts)
        results = await asyncio.gather(*(ledger.admit(retry) for retry in retries), *settling)
        assert {result.outcome for result in results if isinstance(result, Verdict)} <= {
            Outcome.JOINED,
            Outcome.ACCEPTED,
        }

    async def test_neither_what_failed_nor_what_is_old(self, database: Database, ledger: Ledger) -> None:
        who = await customer(database, 5)
        failed, old = admission(who), admission(who)
        for asked in (failed, old):
            await ledger.admit(asked)
        await ledger.settle(ended(failed, EditState.FAILED, made=0))
        await database.run(b"update edits set created_at = created_at - interval '10 minutes'")
        assert not await self.joined(ledger, failed)
        assert not await self.joined(ledger, old)
