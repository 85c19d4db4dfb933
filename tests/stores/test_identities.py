"""Subjects of tokens, pages of keys and last uses, in a real database."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from retouch.admission.keys import hash_key, new_key, shown
from retouch.admission.uses import Uses
from retouch.domain.rights import Rights
from retouch.stores.accounts import Accounts
from retouch.stores.api_keys import ApiKey, ApiKeys
from retouch.stores.database import Database
from retouch.stores.identities import Identities

ISSUER, SUBJECT = "https://login.example.com/", "user|42"


async def add(keys: ApiKeys, account_id: str, rights: Rights | None = None) -> ApiKey:
    key = new_key()
    return await keys.add(account_id, hash_key(key), shown(key), name="a key", rights=rights)


async def test_a_subject_gets_one_account_however_many_ask_at_once(database: Database) -> None:
    """Free, with nothing on it, for editing alone; and no account is left over from those who came second."""
    identities, accounts = Identities(database), Accounts(database)
    assert await identities.find(ISSUER, SUBJECT) is None
    made = await asyncio.gather(*(identities.create_account(ISSUER, SUBJECT) for _ in range(8)))
    [key_id] = {identity.key.id for identity in made}
    [account] = await accounts.list()
    assert (account.tier, account.unlimited, account.is_owner, account.name) == ("free", False, False, SUBJECT)
    found = await identities.find(ISSUER, SUBJECT)
    assert found
    assert (found.key.id, found.key.scopes, found.valid) == (key_id, frozenset({"edit"}), True)
    assert await identities.find("https://other.example.com/", SUBJECT) is None
    assert await identities.find(ISSUER, account.id) is None


async def test_a_subject_follows_its_key(database: Database) -> None:
    """Revoked or expired it is known but not valid; linked anew it has the new rights alone."""
    identities, keys = Identities(database), ApiKeys(database)
    account = await Accounts(database).create("a customer")
    first = await identities.link(ISSUER, SUBJECT, account.id, name="first", rights=Rights(spend_cap=5))
    await keys.revoke(first.id)
    found = await identities.find(ISSUER, SUBJECT)
    assert found
    assert not found.valid
    past = Rights(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    await identities.link(ISSUER, SUBJECT, account.id, name="second", rights=past)
    found = await identities.find(ISSUER, SUBJECT)
    assert found
    assert not found.valid
    third = await identities.link(ISSUER, SUBJECT, account.id, name="third", rights=Rights(scopes=("read",)))
    found = await identities.find(ISSUER, SUBJECT)
    assert found
    assert (found.key, found.valid) == (third, True)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        await identities.link(ISSUER, SUBJECT, "acct_none", name="none", rights=Rights())
    assert (await identities.find(ISSUER, SUBJECT)) == found


async def test_every_bound_is_kept(database: Database) -> None:
    keys, account = ApiKeys(database), await Accounts(database).create("one")
    rights = Rights(
        scopes=frozenset({"edit"}),
        models=frozenset({"a", "b"}),
        spend_cap=12_500_000,
        requests_per_minute=7,
        expires_at=datetime(2099, 1, 1, tzinfo=UTC),
        limited_by=("key_parent",),
    )
    made = await add(keys, account.id, rights)
    for found in (made, await keys.find_by_id(made.id), await keys.get(made.id, account.id)):
        assert found
        assert {name: getattr(found, name) for name in Rights.__slots__} == {
            name: getattr(rights, name) for name in Rights.__slots__
        }
    for spoilt in (Rights(models=()), Rights(spend_cap=-1), Rights(requests_per_minute=0)):
        with pytest.raises(psycopg.errors.CheckViolation):
            await add(keys, account.id, spoilt)


async def test_last_uses_are_kept_together_and_never_go_back(database: Database) -> None:
    """By several processes that note the same keys in other orders at the same time."""
    keys, account = ApiKeys(database), await Accounts(database).create("one")
    ids = [(await add(keys, account.id)).id for _ in range(20)]
    now = datetime.now(UTC)
    times = [now + timedelta(seconds=second) for second in range(8)]
    await asyncio.gather(
        *(
            keys.note_uses(dict.fromkeys(ids if number % 2 else reversed(ids), time))
            for number, time in enumerate(times)
        )
    )
    assert {key.last_used_at for key in await keys.list()} == {times[-1]}
    await keys.note_uses({ids[0]: now, "key_that_is_gone": now})
    await keys.note_uses({})
    assert {key.last_used_at for key in await keys.list()} == {times[-1]}


async def test_uses_that_could_not_be_kept_are_kept_later() -> None:
    """And a use in the meantime is not overwritten by the older one."""
    kept: list[dict[str, datetime]] = []

    class Away:
        away = True

        async def note_uses(self, noted: Mapping[str, datetime], /) -> None:
            if self.away:
                uses.note("key_2")
                raise OSError("the database is away")
            kept.append(dict(noted))

    store = Away()
    uses = Uses(store)
    uses.note("key_1")
    uses.note("key_2")
    await uses.flush_or_log()
    later = datetime.now(UTC)
    store.away = False
    uses.note("key_2")
    await uses.flush()
    [noted] = kept
    assert noted.keys() == {"key_1", "key_2"}
    assert noted["key_1"] <= later <= noted["key_2"]


async def test_a_page_begins_behind_the_last_one(database: Database) -> None:
    """Also behind an id that is no longer there, or another account's."""
    keys, accounts = ApiKeys(database), Accounts(database)
    mine, other = await accounts.create("mine"), await accounts.create("other")
    ids = sorted([(await add(keys, mine.id)).id for _ in range(5)], reverse=True)
    theirs = (await add(keys, other.id)).id
    assert [key.id for key in await keys.list(mine.id, limit=2)] == ids[:2]
    assert [key.id for key in await keys.list(mine.id, after=ids[1], limit=10)] == ids[2:]
    assert [key.id for key in await keys.list(mine.id, after=theirs)] == [id_ for id_ in ids if id_ < theirs]
    assert await keys.rename(theirs, mine.id, "stolen") is None
    assert await keys.get(theirs, mine.id) is None
