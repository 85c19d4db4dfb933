"""Accounts and keys in a real database."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from retouch.admission.keys import REFUSAL, authenticate, ensure_owner, hash_key, new_key, shown
from retouch.domain.errors import RetouchError
from retouch.domain.rights import SCOPES, Rights
from retouch.stores.accounts import FIRST_KEY, SET_KEY, Accounts
from retouch.stores.api_keys import ApiKey, ApiKeys
from retouch.stores.database import Database
from retouch.stores.embedded.programs import programs
from stores.processes import ME


@pytest.fixture
def accounts(database: Database) -> Accounts:
    return Accounts(database)


@pytest.fixture
def keys(database: Database) -> ApiKeys:
    return ApiKeys(database)


async def works(keys: ApiKeys, key: str) -> bool:
    try:
        await authenticate(keys, f"Bearer {key}")
    except RetouchError as error:
        if error.message != REFUSAL:
            raise
        return False
    return True


async def add(keys: ApiKeys, account_id: str, key: str, expires_in: timedelta | None = None) -> ApiKey:
    rights = Rights(expires_at=datetime.now(UTC) + expires_in if expires_in else None)
    return await keys.add(account_id, hash_key(key), shown(key), name="a key", rights=rights)


async def test_the_first_key_is_made_and_shown_once(accounts: Accounts, keys: ApiKeys) -> None:
    """Though several processes start at once, and start again."""
    made = await asyncio.gather(*(ensure_owner(accounts) for _ in range(8)))
    [key] = [key for key in made if key]
    assert await ensure_owner(accounts) is None
    owner = await accounts.owner()
    assert (owner.is_owner, owner.unlimited, owner.tier) == (True, True, "business")
    assert await accounts.list() == [owner]
    caller = await authenticate(keys, f"Bearer {key}")
    assert (caller.account_id, caller.scopes) == (owner.id, frozenset(SCOPES))
    [listed] = await keys.list()
    assert (listed.name, listed.prefix) == (FIRST_KEY, key[:7])


async def test_no_new_first_key_after_all_were_revoked(accounts: Accounts, keys: ApiKeys) -> None:
    """A restart must not hand out what an operator took away."""
    await ensure_owner(accounts)
    [key] = await keys.list()
    await keys.revoke(key.id)
    assert await ensure_owner(accounts) is None


async def test_a_given_key_works_in_place_of_the_one_given_before(accounts: Accounts, keys: ApiKeys) -> None:
    """RETOUCH_API_KEY is changed and changed back; the key made at first stays."""
    first = await ensure_owner(accounts)
    assert first
    one, other = "one" * 20, "other" * 20
    for given, former in ((one, other), (other, one), (one, other)):
        results = await asyncio.gather(*(ensure_owner(accounts, given) for _ in range(4)))
        assert set(results) == {None}
        assert await works(keys, given)
        assert not await works(keys, former)
    assert await works(keys, first)
    assert sorted(key.name for key in await keys.list()) == [SET_KEY, SET_KEY, FIRST_KEY]


async def test_a_given_key_may_be_the_first_key(accounts: Accounts, keys: ApiKeys) -> None:
    """An operator pins the key that was printed."""
    first = await ensure_owner(accounts)
    assert await ensure_owner(accounts, first) is None
    assert first
    assert await works(keys, first)
    assert len(await keys.list()) == 1


async def test_a_given_key_of_another_account_is_refused(accounts: Accounts, keys: ApiKeys) -> None:
    """It would silently become the owner's otherwise."""
    other, key = await accounts.create("other"), new_key()
    await add(keys, other.id, key)
    with pytest.raises(ValueError, match="another account"):
        await ensure_owner(accounts, key)
    assert (await authenticate(keys, f"Bearer {key}")).account_id == other.id


async def test_a_revoked_key_is_refused_at_once(accounts: Accounts, keys: ApiKeys) -> None:
    """Not by who has another account's authority; and it stays in the list."""
    account, other, key = await accounts.create("one"), await accounts.create("other"), new_key()
    made = await add(keys, account.id, key)
    assert not await keys.revoke(made.id, account_id=other.id)
    assert await works(keys, key)
    assert await keys.revoke(made.id, account_id=account.id)
    assert not await works(keys, key)
    assert not await keys.revoke(made.id)
    [listed] = await keys.list(account.id)
    assert listed.revoked_at is not None
    assert await keys.list(other.id) == []


async def test_an_expired_key_is_refused(accounts: Accounts, keys: ApiKeys) -> None:
    """By the database's clock, the same for all."""
    account, past, future = await accounts.create("one"), new_key(), new_key()
    await add(keys, account.id, past, timedelta(seconds=-1))
    await add(keys, account.id, future, timedelta(hours=1))
    assert not await works(keys, past)
    assert await works(keys, future)


async def test_the_database_refuses_what_makes_no_sense(accounts: Accounts, keys: ApiKeys) -> None:
    """Whatever code comes to write it."""
    account = await accounts.create("one")
    digest = hash_key("k")
    for scopes in ((), ("everything",)):
        with pytest.raises(psycopg.errors.CheckViolation):
            await keys.add(account.id, digest, "k", name="k", rights=Rights(scopes=scopes))
    with pytest.raises(psycopg.errors.CheckViolation):
        await keys.add(account.id, "a key in clear", "k", name="k")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        await keys.add("acct_none", digest, "k", name="k")
    with pytest.raises(psycopg.errors.CheckViolation):
        await accounts.create("one", tier="gold")
    assert await accounts.find(account.id) == account
    assert await accounts.find("acct_none") is None


async def test_no_key_can_be_read_from_the_database(database_url: str, accounts: Accounts, keys: ApiKeys) -> None:
    """A dump of everything holds the hash and the first characters alone."""
    key, given = await ensure_owner(accounts), new_key()
    assert key
    await ensure_owner(accounts, given)
    pg_dump = str(programs(ME, None) / "pg_dump")
    dumping = await asyncio.create_subprocess_exec(pg_dump, database_url, stdout=asyncio.subprocess.PIPE)
    dump = (await dumping.communicate())[0].decode()
    assert dumping.returncode == 0
    assert hash_key(key) in dump
    for secret_key in (key, given):
        assert secret_key not in dump
        assert secret_key[7:] not in dump
