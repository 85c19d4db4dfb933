"""Limits in the admission, in a real database: exact, however many ask at once."""

import asyncio
from collections import Counter
from dataclasses import replace

from retouch.domain.ledger import AccountLimits, EditState, Outcome
from retouch.domain.model import MICRO
from retouch.domain.rights import Rights
from retouch.stores.database import Database
from retouch.stores.ledger import Ledger
from support.money import admission, customer, ended


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
