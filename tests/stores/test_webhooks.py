"""The outbox of webhooks: written with the change, taken once, tried for a day, and never lost."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from psycopg.rows import scalar_row

from retouch.domain.webhook import Message, Webhook
from retouch.stores.accounts import Accounts
from retouch.stores.database import Database
from retouch.stores.webhooks import MOST, Webhooks, tell

ALL = ["image.started", "image.completed", "image.errored"]
SECOND = timedelta(seconds=1)


@pytest.fixture
def webhooks(database: Database) -> Webhooks:
    return Webhooks(database)


@pytest.fixture
async def account(database: Database) -> str:
    return (await Accounts(database).owner()).id


async def edit(database: Database, account: str, id_: str) -> str:
    """An edit, which is what a project is of."""
    statement = b"""
        insert into edits (id, account_id, key_id, state, resumable, detached, attempt, route, fingerprint, asked_model,
            model, engine, engine_model, prompt, parameters, images_asked, price, charged)
        values (%(id)s, %(account)s, 'key', 'queued', true, false, 0, 'r', 'f', 'm', 'm', 'e', 'em', 'p', '{}', 1, 0, 0)
    """
    await database.run(statement, {"id": id_, "account": account})
    return id_


async def add(webhooks: Webhooks, account: str, events: Sequence[str] = ALL) -> Webhook:
    made = await webhooks.add(
        account, "whsec_AAAA", url="https://example.com/x", description="", events=list(events), base_url="http://here"
    )
    assert made
    return made


async def told(database: Database, project: str, *statuses: str) -> None:
    for status in statuses:
        async with database.transaction() as connection:
            await tell(connection, project, status)


async def claim(webhooks: Webhooks, **changes: Any) -> list[Message]:
    return await webhooks.claim(**{"most": 100, "each": 100, "busy": [], **changes})


async def due_now(database: Database) -> None:
    await database.run(b"update deliveries set next_at = now() - interval '1 second' where state = 'pending'")


async def states(database: Database) -> list[str]:
    return await database.all(scalar_row, b"select state from deliveries order by id")


async def test_who_wants_to_be_told_is_told_once(webhooks: Webhooks, database: Database, account: str) -> None:
    """By event and account, and not twice of the same; cancelling is no event."""
    other = await Accounts(database).create("other")
    mine, some = await add(webhooks, account), await add(webhooks, account, ["image.completed"])
    await add(webhooks, other.id)
    off = await add(webhooks, account)
    await webhooks.change(off.id, account, url=None, description=None, events=None, enabled=False)
    await edit(database, account, "edit_1")
    await told(database, "edit_1", "queued", "rendering", "rendering", "complete", "canceled")
    found = sorted((message.webhook_id, message.event) for message in await claim(webhooks))
    assert found == sorted([(mine.id, "image.started"), (mine.id, "image.completed"), (some.id, "image.completed")])


async def test_a_change_that_is_undone_is_not_told(webhooks: Webhooks, database: Database, account: str) -> None:
    await add(webhooks, account)
    await edit(database, account, "edit_1")
    async with database.transaction() as connection, connection.transaction(force_rollback=True):
        await tell(connection, "edit_1", "complete")
    assert await claim(webhooks) == []


async def test_of_many_senders_each_message_has_one(webhooks: Webhooks, database: Database, account: str) -> None:
    await add(webhooks, account)
    for number in range(30):
        await edit(database, account, f"edit_{number}")
        await told(database, f"edit_{number}", "rendering", "complete")
    claims = await asyncio.gather(*(claim(webhooks, most=7) for _ in range(20)))
    ids = [message.id for taken in claims for message in taken]
    assert len(ids) == len(set(ids)) == 60


async def test_an_address_with_many_messages_leaves_room_for_others(
    webhooks: Webhooks, database: Database, account: str
) -> None:
    """A few of each at a time, and none of those that are busy."""
    many, few = await add(webhooks, account), await add(webhooks, account, ["image.errored"])
    for number in range(10):
        await edit(database, account, f"edit_{number}")
        await told(database, f"edit_{number}", "complete")
    await edit(database, account, "edit_x")
    await told(database, "edit_x", "error")
    first = [message.webhook_id for message in await claim(webhooks, each=4)]
    assert (first.count(many.id), first.count(few.id)) == (4, 1)
    assert await claim(webhooks, each=4, busy=[many.id]) == []


async def test_a_message_whose_sender_died_is_taken_again_and_the_dead_has_no_say(
    webhooks: Webhooks, database: Database, account: str
) -> None:
    await add(webhooks, account)
    await edit(database, account, "edit_1")
    await told(database, "edit_1", "complete")
    [dead] = await claim(webhooks)
    assert await claim(webhooks) == []
    await due_now(database)
    [again] = await claim(webhooks)
    assert (again.id, again.number) == (dead.id, 2)
    await webhooks.note(dead, {"status": 500}, ok=False, pause=SECOND)
    await webhooks.note(again, {"status": 204}, ok=True, pause=SECOND)
    assert await states(database) == ["delivered"]
    [log] = await database.all(scalar_row, b"select log from deliveries")
    assert log == [{"status": 204}]


async def test_it_is_tried_for_a_day_and_then_given_up(webhooks: Webhooks, database: Database, account: str) -> None:
    await add(webhooks, account)
    await edit(database, account, "edit_1")
    await told(database, "edit_1", "complete")
    [message] = await claim(webhooks)
    await webhooks.note(message, {"status": 500}, ok=False, pause=SECOND)
    assert await states(database) == ["pending"]
    await database.run(b"update deliveries set give_up_at = now() + interval '10 seconds'")
    await due_now(database)
    [message] = await claim(webhooks)
    await webhooks.note(message, {"status": 500}, ok=False, pause=timedelta(minutes=1))
    assert await states(database) == ["failed"]


async def test_sent_again_it_has_a_day_and_short_pauses_again(
    webhooks: Webhooks, database: Database, account: str
) -> None:
    webhook = await add(webhooks, account)
    await edit(database, account, "edit_1")
    await told(database, "edit_1", "complete")
    for _ in range(3):
        await due_now(database)
        [message] = await claim(webhooks)
        await webhooks.note(message, {"status": 500}, ok=False, pause=SECOND)
    await database.run(b"update deliveries set state = 'failed', give_up_at = now()")
    again = await webhooks.redeliver(message.id, webhook.id, account)
    assert again
    assert (again.state, len(again.log)) == ("pending", 3)
    [message] = await claim(webhooks)
    assert message.number == 1
    await webhooks.note(message, {"status": 500}, ok=False, pause=SECOND)
    assert await states(database) == ["pending"]
    assert await webhooks.redeliver(message.id, webhook.id, "acct_other") is None


async def test_an_address_that_fails_for_days_is_turned_off(
    webhooks: Webhooks, database: Database, account: str
) -> None:
    """One success in between, and it counts from the start. What waits is given up when its day is over."""
    webhook = await add(webhooks, account)

    async def attempt(name: str, *, ok: bool) -> Webhook:
        await edit(database, account, name)
        await told(database, name, "complete")
        [message] = await claim(webhooks)
        await webhooks.note(message, {}, ok=ok, pause=timedelta(hours=1))
        found = await webhooks.find(webhook.id, account)
        assert found
        return found

    async def days_ago() -> None:
        await database.run(b"update webhooks set failing_since = failing_since - interval '73 hours'")

    assert (await attempt("edit_1", ok=False)).failing_since
    await days_ago()
    assert not (await attempt("edit_2", ok=True)).failing_since
    assert (await attempt("edit_3", ok=False)).enabled
    await days_ago()
    ended = await attempt("edit_4", ok=False)
    assert (ended.enabled, ended.disabled_because) == (False, "Every message has failed for 3 days.")
    await due_now(database)
    assert await claim(webhooks) == []
    await database.run(b"update deliveries set give_up_at = now() - interval '1 hour'")
    await webhooks.tidy()
    assert set(await states(database)) == {"delivered", "failed"}
    on = await webhooks.change(webhook.id, account, url=None, description=None, events=None, enabled=True)
    assert on
    assert (on.enabled, on.failing_since, on.disabled_because) == (True, None, None)


async def test_an_account_has_so_many_addresses_and_no_other_account_sees_them(
    webhooks: Webhooks, database: Database, account: str
) -> None:
    made = [await add(webhooks, account) for _ in range(MOST)]
    more = await webhooks.add(account, "whsec_AAAA", url="https://x", description="", events=ALL, base_url="http://x")
    assert more is None
    page = await webhooks.list(account, after=None, limit=5)
    rest = await webhooks.list(account, after=page[-1].id, limit=100)
    assert {one.id for one in [*page, *rest]} == {one.id for one in made}
    other = await Accounts(database).create("other")
    assert await webhooks.find(made[0].id, other.id) is None
    assert (
        await webhooks.change(made[0].id, other.id, url="https://y", description=None, events=None, enabled=None)
        is None
    )
    assert await webhooks.rotate(made[0].id, other.id, "whsec_BBBB") is None
    assert not await webhooks.delete(made[0].id, other.id)
    assert await webhooks.deliveries(made[0].id, other.id, state=None, after=None, limit=5) == []


async def test_for_a_day_the_former_secret_signs_too(webhooks: Webhooks, database: Database, account: str) -> None:
    webhook = await add(webhooks, account)
    await webhooks.rotate(webhook.id, account, "whsec_BBBB")
    await edit(database, account, "edit_1")
    await told(database, "edit_1", "complete")
    [message] = await claim(webhooks)
    assert (message.secret, message.former_secret) == ("whsec_BBBB", "whsec_AAAA")
    await database.run(b"update webhooks set former_until = now()")
    await due_now(database)
    [message] = await claim(webhooks)
    assert message.former_secret is None


async def test_what_is_old_is_forgotten(webhooks: Webhooks, database: Database, account: str) -> None:
    await add(webhooks, account)
    for name in ("edit_1", "edit_2"):
        await edit(database, account, name)
        await told(database, name, "complete")
    await database.run(b"update deliveries set state = 'delivered'")
    await database.run(b"update deliveries set created_at = now() - interval '31 days' where project_id = 'edit_1'")
    await webhooks.tidy()
    assert await database.all(scalar_row, b"select project_id from deliveries") == ["edit_2"]
