"""What runs beside requests: paying back what was abandoned, and letting outputs expire."""

import asyncio
import logging
from datetime import timedelta

from retouch.stores.ledger import Ledger
from retouch.stores.objects import Objects

_log = logging.getLogger("retouch.worker")


async def refund_abandoned(ledger: Ledger, objects: Objects, *, every_seconds: float = 5) -> None:
    """Pay back the edits of processes that have died, and forget old idempotency keys, until cancelled.

    Every process does; each edit is paid back once.
    """
    while True:
        try:
            for edit_id, day in await ledger.refund_abandoned():
                _log.warning("%s was abandoned by its process, and is paid back", edit_id)
                async for left in objects.list(f"outputs/{day.isoformat()}/{edit_id}"):
                    await objects.delete(left.key)
            await ledger.forget_idempotency()
        except Exception:
            # The database may be away for a while.
            _log.exception("abandoned edits could not be paid back; trying again in %.0f s", every_seconds)
        await asyncio.sleep(every_seconds)


async def expire_outputs(objects: Objects, *, keep: timedelta, every_seconds: float = 600) -> None:
    """Delete outputs older than `keep`, now and then, until cancelled."""
    while True:
        try:
            deleted = await objects.delete_older_than("outputs", keep)
            if deleted:
                _log.info("%d expired outputs deleted", deleted)
        except Exception:
            # A store that is away for a while must not end the clean-up for good.
            _log.exception("expired outputs could not be deleted; trying again in %.0f s", every_seconds)
        await asyncio.sleep(every_seconds)
