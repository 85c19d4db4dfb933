"""When keys were last used, gathered in memory and kept now and then: no request waits for a write."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from retouch.domain.errors import DatabaseAway

_log = logging.getLogger("retouch.keys")

#: Seconds between two writes; a process that is killed loses so much at most.
EVERY_SECONDS = 10.0


class UseStore(Protocol):
    """Where last uses are kept."""

    async def note_uses(self, uses: Mapping[str, datetime], /) -> None:
        """Keep when keys were last used, by id."""
        ...


class Uses:
    """The keys used since the last write."""

    def __init__(self, store: UseStore) -> None:
        self._store = store
        self._uses: dict[str, datetime] = {}

    def note(self, key_id: str) -> None:
        """This key is used now."""
        self._uses[key_id] = datetime.now(UTC)

    async def flush(self) -> None:
        """Keep what was gathered. When that fails, it is gathered still, and the exception passes."""
        uses, self._uses = self._uses, {}
        try:
            await self._store.note_uses(uses)
        except BaseException:
            self._uses = {**uses, **self._uses}
            raise

    async def keep_flushing(self, every_seconds: float = EVERY_SECONDS) -> None:
        """Flush now and then, until cancelled."""
        while True:
            await asyncio.sleep(every_seconds)
            await self.flush_or_log()

    async def flush_or_log(self) -> None:
        """Flush; where the database is away, what was gathered waits for the next time."""
        try:
            await self.flush()
        except DatabaseAway:
            pass  # the log was told where it was noticed
        except Exception:
            _log.exception("when keys were last used could not be kept; trying again")
