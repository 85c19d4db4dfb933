"""The ledger in a real database: what is charged, what is paid back, and what many at once cannot break."""

import asyncio
from collections import Counter
from dataclasses import replace

import psycopg
import pytest

from retouch.domain.errors import RetouchError
from retouch.domain.ledger import Outcome, Output
from retouch.domain.model import MICRO
from retouch.stores.accounts import Accounts
from retouch.stores.credits import Credits
from retouch.stores.database import Database
from retouch.stores.ledger import Ledger
from support.money import account_of, admission, balance, customer, ended


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
