"""Whose turn it is: accounts take turns, whatever one of them has queued."""

import asyncio
from collections import Counter
from datetime import timedelta

from retouch.domain.ledger import EditState, Outcome, Settlement
from retouch.domain.project import Order
from retouch.domain.resolution import AccountTier
from retouch.stores.database import Connection, Database
from retouch.stores.ledger import Ledger
from retouch.stores.projects import Projects
from support.money import Customer, admission, customer, start

#: Leases that have always run out, and never.
_INSTANT, _AGES = timedelta(microseconds=1), timedelta(days=365)
ORDER = Order(request={}, folder="inputs/none", images=())


async def queue(database: Database, who: Customer, number: int = 1) -> list[str]:
    """Accept so many projects."""
    ledger, projects, ids = Ledger(database), Projects(database), []

    async def also(connection: Connection, edit_id: str) -> None:
        await projects.add(connection, edit_id, who.account, None, ORDER)

    for _ in range(number):
        verdict = await ledger.admit(admission(who, queued=True, price=0), also)
        assert verdict.outcome is Outcome.ACCEPTED
        ids.append(verdict.edit_id or "")
    return ids


async def started(database: Database, number: int) -> list[str]:
    """The ids of the next so many that are started."""
    ids = []
    for _ in range(number):
        next_ = await start(Ledger(database))
        assert next_ is not None
        ids.append(next_.edit_id)
    return ids


async def end(database: Database, edit_id: str) -> None:
    """Settle a started edit."""
    ended = Settlement(edit_id=edit_id, attempt=1, state=EditState.COMPLETE, made=1, due=0)
    assert await Ledger(database).settle(ended)


async def test_a_thousand_projects_do_not_keep_another_account_waiting(database: Database) -> None:
    """Its first is the very next that is started, behind nothing but what runs."""
    many, few = await customer(database), await customer(database)
    theirs = await queue(database, many, 1000)
    running = await started(database, 4)
    assert running == theirs[:4]
    (ours,) = await queue(database, few)
    assert await started(database, 2) == [ours, theirs[4]]


async def test_so_it_is_for_every_tier_and_for_who_has_been_here_before(database: Database) -> None:
    """A business with a thousand projects does not keep a free account waiting either."""
    many, few = await customer(database, tier=AccountTier.BUSINESS), await customer(database)
    (earlier,) = await queue(database, few)
    assert await started(database, 1) == [earlier]
    await end(database, earlier)
    await queue(database, many, 1000)
    await started(database, 3)
    (ours,) = await queue(database, few)
    assert await started(database, 1) == [ours]


async def test_accounts_that_keep_the_queue_full_take_turns(database: Database) -> None:
    """Strictly, within a tier."""
    both = [await customer(database), await customer(database)]
    owner = {id_: who.account for who in both for id_ in await queue(database, who, 20)}
    order = [owner[id_] for id_ in await started(database, 40)]
    for at in range(1, 40, 2):
        assert abs(2 * order[:at].count(both[0].account) - at) <= 1


async def test_a_higher_tier_has_a_larger_share(database: Database) -> None:
    """Eight, four and two for one of the tier free."""
    who = {tier: await customer(database, tier=tier) for tier in AccountTier}
    tier_of = {id_: tier for tier in AccountTier for id_ in await queue(database, who[tier], 100)}
    shares = Counter(tier_of[id_] for id_ in await started(database, 154))
    assert shares[AccountTier.BUSINESS] > 1.8 * shares[AccountTier.PRO] > 3 * shares[AccountTier.CREATOR]
    assert shares[AccountTier.CREATOR] > 1.8 * shares[AccountTier.FREE] > 0


async def test_one_edit_is_started_by_one_process(database: Database) -> None:
    """However many try at once."""
    ids = await queue(database, await customer(database), 5)
    found = await asyncio.gather(*(start(Ledger(database)) for _ in range(12)))
    assert sorted(one.edit_id for one in found if one) == sorted(ids)


async def test_who_waits_longest_is_first_within_an_account(database: Database) -> None:
    """Also after one was put back."""
    ids = await queue(database, await customer(database), 3)
    ledger = Ledger(database)
    first = await start(ledger)
    assert first is not None
    assert await ledger.requeue(first.edit_id, first.attempt)
    assert await started(database, 3) == ids


async def test_what_a_dead_process_has_left_is_taken_up(database: Database) -> None:
    """Once its lease has run out, and it is counted how many have died with it."""
    (id_,) = await queue(database, await customer(database))
    assert await started(database, 1) == [id_]
    assert await start(Ledger(database)) is None
    await database.run(b"update edits set lease_until = clock_timestamp() - interval '1 s'")
    again = await start(Ledger(database, short_lease=_INSTANT))
    assert again is not None
    assert (again.edit_id, again.attempt, again.deaths) == (id_, 2, 1)


async def test_a_lease_that_ran_out_while_the_database_was_away_is_not_death(database: Database) -> None:
    """Who runs it gets as long again after the start of the database to say so."""
    await queue(database, await customer(database))
    await started(database, 1)
    await database.run(b"update edits set lease_until = clock_timestamp() - interval '1 s'")
    assert await start(Ledger(database, short_lease=_AGES)) is None
