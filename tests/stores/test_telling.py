"""Who empties the outbox: one address that hangs holds up nobody, and of several processes one sends each message."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.rows import scalar_row

from retouch.domain.ledger import EditState
from retouch.domain.project import Project
from retouch.fetch import FetchSettings, Sender
from retouch.projects.telling import LONGEST, Teller, pause
from retouch.stores.accounts import Accounts
from retouch.stores.database import Database
from retouch.stores.webhooks import Webhooks, tell
from upstreams.receiver import Receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Known:
    """Every project there is, complete."""

    async def find(self, id_: str, account_id: str, /) -> Project | None:
        at = datetime.now(UTC)
        return Project(
            id=id_,
            account_id=account_id,
            name=None,
            state=EditState.COMPLETE,
            images_asked=1,
            charged=0,
            refunded=0,
            outputs=(),
            error=None,
            cancel_asked_at=None,
            deleted_at=None,
            created_at=at,
            finished_at=at,
        )


@asynccontextmanager
async def telling(database: Database, receiver: Receiver, count: int = 1) -> AsyncIterator[None]:
    """So many processes at work, as far as the outbox can tell."""
    async with Sender(FetchSettings(allow_hosts=(receiver.host,), seconds=30)) as sender:
        tasks = []
        for _ in range(count):
            teller = Teller(
                Webhooks(database), Known(), sender, lambda base, key, at: base + key, public_url=None, keep_seconds=1.0
            )
            tasks.append(asyncio.create_task(teller.run()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


async def webhook(database: Database, url: str) -> str:
    """An address of an account of its own; the account's id."""
    account = await Accounts(database).create("account")
    made = await Webhooks(database).add(
        account.id, SECRET, url=url, description="", events=["image.completed"], base_url="http://here"
    )
    assert made
    return account.id


async def change(database: Database, account: str, id_: str) -> None:
    statement = b"""
        insert into edits (id, account_id, key_id, state, resumable, detached, attempt, route, fingerprint, asked_model,
            model, engine, engine_model, prompt, parameters, images_asked, price, charged)
        values (%(id)s, %(account)s, 'key', 'queued', true, false, 0, 'r', 'f', 'm', 'm', 'e', 'em', 'p', '{}', 1, 0, 0)
    """
    async with database.transaction() as connection:
        await connection.execute(statement, {"id": id_, "account": account})
        await tell(connection, id_, "complete")


async def test_of_several_processes_one_sends_each_message(database: Database, receiver: Receiver) -> None:
    account = await webhook(database, receiver.url)
    for number in range(60):
        await change(database, account, f"edit_{number}")
    async with telling(database, receiver, 3):
        await receiver.until(lambda received: len(received) >= 60)
        while await database.all(scalar_row, b"select 1 from deliveries where state = 'pending'"):
            await asyncio.sleep(0.02)
    ids = [message.headers["webhook-id"] for message in receiver.received]
    assert (len(ids), len(set(ids))) == (60, 60)
    assert all(message.is_signed(SECRET) for message in receiver.received)


async def test_an_address_that_hangs_holds_up_nobody_else(database: Database, receiver: Receiver) -> None:
    """Fifty messages wait for it, more than a process sends at a time; the other's arrives all the same."""
    hanging = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hanging.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    slow, quick = await webhook(database, f"http://127.0.0.1:{port}/"), await webhook(database, receiver.url)
    for number in range(50):
        await change(database, slow, f"edit_{number}")
    sender = Sender(FetchSettings(allow_hosts=(receiver.host, f"127.0.0.1:{port}"), seconds=30))
    async with server, sender:
        teller = Teller(
            Webhooks(database), Known(), sender, lambda base, key, at: base + key, public_url=None, keep_seconds=1.0
        )
        task = asyncio.create_task(teller.run())
        await asyncio.sleep(0)
        await change(database, quick, "edit_quick")
        await receiver.until(lambda received: len(received) == 1, 20)
        hanging.set()
        task.cancel()
        await asyncio.wait({task})
    payload: dict[str, Any] = json.loads(receiver.received[0].body)["payload"]
    assert payload["id"] == "edit_quick"


def test_pauses_grow_from_a_second_to_an_hour() -> None:
    """Each up to half less; in all they fill a day."""
    bounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600]
    for number, longest in enumerate(bounds, start=1):
        tried = {pause(number).total_seconds() for _ in range(50)}
        assert longest / 2 <= min(tried) <= max(tried) <= longest
        assert len(tried) > 10
    assert pause(10**6) <= LONGEST == timedelta(hours=1)
