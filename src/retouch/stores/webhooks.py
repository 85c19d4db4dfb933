"""Webhooks and what is told to them: an outbox, written with the change that it tells of and emptied afterwards."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import orjson
from psycopg.rows import class_row, scalar_row

from retouch.domain.webhook import EVENTS, Delivery, Message, Webhook
from retouch.stores.database import Connection, Database, fetch_all
from retouch.stores.ids import new_id
from retouch.stores.queries import query

_INSERT, _LIST, _FIND, _CHANGE = map(query, ("insert_webhook", "list_webhooks", "find_webhook", "change_webhook"))
_ROTATE, _DELETE, _TO_TELL, _TELL = map(
    query, ("rotate_webhook", "delete_webhook", "webhooks_to_tell", "insert_deliveries")
)
_CLAIM, _NOTE, _ARRIVED, _FAILED = map(query, ("claim_deliveries", "note_delivery", "note_arrival", "note_failure"))
_GIVE_UP, _FORGET, _DELIVERIES, _REDELIVER = map(
    query, ("give_up_deliveries", "forget_deliveries", "list_deliveries", "redeliver")
)

#: Addresses of an account.
MOST = 20
#: How long a message is tried, how long an address may fail, how long a former secret signs too.
PATIENCE, FAILING, OVERLAP = timedelta(hours=24), timedelta(days=3), timedelta(hours=24)
#: A message that was taken and of which nothing was heard is sent again: longer than any try takes.
LEASE = timedelta(seconds=60)
#: How long the log goes back.
KEPT = timedelta(days=30)
#: Why an address was turned off.
_WHY = "Every message has failed for 3 days."


async def tell(connection: Connection, project_id: str, status: str) -> None:
    """Write down who is to be told that a project has got this status, in the transaction that makes the change."""
    event = EVENTS.get(status)
    if event is None:
        return
    params: dict[str, Any] = {"project_id": project_id, "event": event}
    webhooks = await fetch_all(connection, scalar_row, _TO_TELL, params)
    if webhooks:
        ids = [new_id("dlv") for _ in webhooks]
        await connection.execute(_TELL, {**params, "ids": ids, "webhooks": webhooks, "patience": PATIENCE})


class Webhooks:
    """The webhooks of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, account_id: str, secret: str, **columns: object) -> Webhook | None:
        """Keep an address (`url`, `description`, `events`, `base_url`); None where the account has `MOST` already."""
        params = {"id": new_id("wh"), "account_id": account_id, "secret": secret, "most": MOST, **columns}
        return await self._database.one(class_row(Webhook), _INSERT, params)

    async def find(self, id_: str, account_id: str) -> Webhook | None:
        """One address of an account."""
        return await self._database.one(class_row(Webhook), _FIND, {"id": id_, "account_id": account_id})

    async def change(self, id_: str, account_id: str, **columns: object) -> Webhook | None:
        """Change `url`, `description`, `events` or `enabled`, those that are not None."""
        params = {"id": id_, "account_id": account_id, **columns}
        return await self._database.one(class_row(Webhook), _CHANGE, params)

    async def rotate(self, id_: str, account_id: str, secret: str) -> Webhook | None:
        """Sign with another secret from now on, and with the former one too for a day."""
        params = {"id": id_, "account_id": account_id, "secret": secret, "overlap": OVERLAP}
        return await self._database.one(class_row(Webhook), _ROTATE, params)

    async def delete(self, id_: str, account_id: str) -> bool:
        """Forget an address with its log; False where the account has none such."""
        return await self._database.run(_DELETE, {"id": id_, "account_id": account_id}) > 0

    async def deliveries(
        self, id_: str, account_id: str, *, state: str | None, after: str | None, limit: int
    ) -> list[Delivery]:
        """What was told to an address, newest first."""
        params = {"webhook_id": id_, "account_id": account_id, "state": state, "after": after, "limit": limit}
        return await self._database.all(class_row(Delivery), _DELIVERIES, params)

    async def redeliver(self, id_: str, webhook_id: str, account_id: str) -> Delivery | None:
        """Send a message again; None where the account has none such."""
        params = {"id": id_, "webhook_id": webhook_id, "account_id": account_id, "patience": PATIENCE}
        return await self._database.one(class_row(Delivery), _REDELIVER, params)

    async def claim(self, *, most: int, each: int, busy: Collection[str]) -> list[Message]:
        """Take messages that are due: at most so many in all, and for each address that is not `busy`."""
        params = {"most": most, "each": each, "busy": list(busy), "lease": LEASE}
        return await self._database.all(class_row(Message), _CLAIM, params)

    async def note(self, message: Message, entry: Mapping[str, Any], *, ok: bool, pause: timedelta) -> None:
        """Keep what came of a try. Nothing changes where another has taken the message meanwhile."""
        params = {
            "id": message.id,
            "tries": message.tries,
            "ok": ok,
            "pause": pause,
            "entry": orjson.dumps([entry]).decode(),
        }
        async with self._database.transaction() as connection:
            if not await fetch_all(connection, scalar_row, _NOTE, params):
                return
            if ok:
                await connection.execute(_ARRIVED, {"id": message.webhook_id})
            else:
                await connection.execute(_FAILED, {"id": message.webhook_id, "patience": FAILING, "why": _WHY})

    async def tidy(self) -> None:
        """Give up what cannot be sent any more, and forget what is old."""
        await self._database.run(_GIVE_UP)
        await self._database.run(_FORGET, {"age": KEPT})

    async def list(self, account_id: str, *, after: str | None, limit: int) -> list[Webhook]:
        """An account's addresses, newest first."""
        params = {"account_id": account_id, "after": after, "limit": limit}
        return await self._database.all(class_row(Webhook), _LIST, params)
