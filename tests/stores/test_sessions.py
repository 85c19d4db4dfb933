"""Sign-in links and sessions in a real database."""

import asyncio
from datetime import timedelta

import pytest
from psycopg.rows import scalar_row

from retouch.admission.keys import hash_key, new_key
from retouch.admission.sessions import (
    LINK_LASTS,
    SESSION_LASTS,
    end_session,
    exchange_key,
    exchange_link,
    find_session,
    new_link,
)
from retouch.domain.rights import Rights
from retouch.stores.accounts import Accounts
from retouch.stores.api_keys import ApiKeys
from retouch.stores.database import Database
from retouch.stores.sessions import SIGN_IN_KEY, Sessions

BASE = "https://images.example.com"


@pytest.fixture
async def owner(database: Database) -> str:
    return (await Accounts(database).owner()).id


@pytest.fixture
def sessions(database: Database) -> Sessions:
    return Sessions(database)


async def token_for(sessions: Sessions, account_id: str) -> str:
    base, _, token = (await new_link(sessions, BASE, account_id)).partition("#sign-in=")
    assert base == f"{BASE}/studio/"
    return token


async def signed_in(sessions: Sessions, account_id: str) -> str:
    cookie = await exchange_link(sessions, await token_for(sessions, account_id))
    assert cookie
    return cookie


async def age(database: Database, table: str, by: str) -> None:
    """Let time pass for the rows of a table."""
    moved = "expires_at = expires_at - %(by)s::interval"
    if table == "sessions":
        moved += ", last_used_at = last_used_at - %(by)s::interval"
    await database.run(f"update {table} set {moved}".encode(), {"by": by})  # noqa: S608 - a name of ours


async def test_a_link_signs_in_once_with_all_that_the_account_may(sessions: Sessions, owner: str) -> None:
    token = await token_for(sessions, owner)
    cookie = await exchange_link(sessions, token)
    assert cookie
    caller = await find_session(sessions, cookie)
    assert caller
    assert (caller.account_id, caller.scopes) == (owner, frozenset({"edit", "read", "manage"}))
    assert await exchange_link(sessions, token) is None


async def test_of_many_who_open_a_link_at_once_one_gets_in(sessions: Sessions, owner: str) -> None:
    token = await token_for(sessions, owner)
    cookies = await asyncio.gather(*(exchange_link(sessions, token) for _ in range(8)))
    assert sum(cookie is not None for cookie in cookies) == 1


async def test_a_link_ends_after_ten_minutes(database: Database, sessions: Sessions, owner: str) -> None:
    token = await token_for(sessions, owner)
    await age(database, "sign_in_links", "9 minutes 55 seconds")
    early = await token_for(sessions, owner)
    await age(database, "sign_in_links", "6 seconds")
    assert await exchange_link(sessions, token) is None
    assert await exchange_link(sessions, early)


@pytest.mark.parametrize("token", ["", "x", "y" * 1000])
async def test_a_made_up_token_is_worth_nothing(sessions: Sessions, owner: str, token: str) -> None:
    await token_for(sessions, owner)
    assert await exchange_link(sessions, token) is None
    assert await find_session(sessions, token) is None


async def test_a_session_ends_twelve_hours_after_its_last_use(
    database: Database, sessions: Sessions, owner: str
) -> None:
    cookie = await signed_in(sessions, owner)
    for _ in range(3):
        await age(database, "sessions", "11 hours 55 minutes")
        assert await find_session(sessions, cookie)
    await age(database, "sessions", "12 hours 1 second")
    assert await find_session(sessions, cookie) is None


async def test_neither_token_nor_cookie_is_kept(database: Database, sessions: Sessions, owner: str) -> None:
    token = await token_for(sessions, owner)
    cookie = await signed_in(sessions, owner)
    rows: list[str] = []
    for table in ("sessions", "sign_in_links", "sign_in_keys", "api_keys"):
        rows += await database.all(scalar_row, f"select t::text from {table} t".encode())  # noqa: S608 - as above
    assert len(rows) >= 4
    assert not [row for row in rows if token in row or cookie in row]


async def test_signing_out_ends_the_session_and_no_other(sessions: Sessions, owner: str) -> None:
    one, other = await signed_in(sessions, owner), await signed_in(sessions, owner)
    await end_session(sessions, one)
    assert await find_session(sessions, one) is None
    assert await find_session(sessions, other)


async def test_a_session_of_a_key_may_what_the_key_may_and_ends_with_it(
    database: Database, sessions: Sessions, owner: str
) -> None:
    keys, key = ApiKeys(database), new_key()
    made = await keys.add(owner, hash_key(key), "rt-", name="narrow", rights=Rights(scopes=("edit",)))
    cookie = await exchange_key(sessions, made.id)
    caller = await find_session(sessions, cookie)
    assert caller
    assert (caller.key_id, caller.scopes) == (made.id, frozenset({"edit"}))
    await keys.revoke(made.id)
    assert await find_session(sessions, cookie) is None


async def test_links_share_one_key_and_revoking_it_signs_everybody_out(
    database: Database, sessions: Sessions, owner: str
) -> None:
    keys = ApiKeys(database)
    one, other = await signed_in(sessions, owner), await signed_in(sessions, owner)
    [key] = [key for key in await keys.list(owner) if key.name == SIGN_IN_KEY]
    await keys.revoke(key.id)
    assert await find_session(sessions, one) is None
    assert await find_session(sessions, other) is None
    assert await find_session(sessions, await signed_in(sessions, owner))


async def test_what_has_ended_is_forgotten(database: Database, sessions: Sessions, owner: str) -> None:
    await token_for(sessions, owner)
    await signed_in(sessions, owner)
    for table in ("sessions", "sign_in_links"):
        await age(database, table, "2 days")
    await signed_in(sessions, owner)
    counts = [
        await database.all(scalar_row, f"select count(*) from {table}".encode())  # noqa: S608 - as above
        for table in ("sessions", "sign_in_links")
    ]
    assert counts == [[1], [0]]


def test_links_last_minutes_and_sessions_hours() -> None:
    assert timedelta(minutes=10) == LINK_LASTS
    assert timedelta(hours=12) == SESSION_LASTS
