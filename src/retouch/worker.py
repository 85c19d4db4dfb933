"""What runs beside requests: for now, letting outputs expire."""

import asyncio
import logging
from datetime import timedelta

from retouch.stores.objects import Objects

_log = logging.getLogger("retouch.worker")


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
