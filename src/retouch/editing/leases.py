"""What this process tells the ledger now and then: the edits that it works on, and the answers that have arrived."""

import asyncio
import logging
import time
from collections.abc import Callable

from retouch.admission.ledger import Ledger
from retouch.domain.errors import DatabaseAway, RetouchError
from retouch.domain.ledger import Calls

_log = logging.getLogger("retouch.edits")

#: Seconds between looks; leases are renewed at every second one.
EVERY_SECONDS = 1.0
RENEW_SECONDS = 2.0


class Leases:
    """Gathers in memory and writes in batches: no request waits for it, and each costs the database a share of a row.

    A process that dies with an answer not yet noted as delivered leaves it to be joined by a retry once more, which
    costs nobody anything.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._held: dict[str, tuple[int, Callable[[], object], Callable[[], Calls] | None]] = {}
        self._delivered: list[str] = []

    def hold(
        self, edit_id: str, attempt: int, lost: Callable[[], object], calls: Callable[[], Calls] | None = None
    ) -> None:
        """Renew the lease of an edit until `release`; `lost` is called if another has taken it.

        `calls` says what the edit's record is to have if this process dies: it is written down with each renewal.
        """
        self._held[edit_id] = (attempt, lost, calls)

    def release(self, edit_id: str) -> None:
        """The edit has ended."""
        self._held.pop(edit_id, None)

    def delivered(self, edit_id: str) -> None:
        """The answer has reached its client."""
        self._delivered.append(edit_id)

    async def keep(self) -> None:
        """Write, until cancelled; what is left is for `close`."""
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.flush()
                if time.monotonic() - renewed >= RENEW_SECONDS:
                    await self.renew()
                    renewed = time.monotonic()
            except DatabaseAway:
                pass  # leases are tried again, and outlast a short absence
            except Exception:
                _log.exception("leases could not be renewed; trying again")

    async def flush(self) -> None:
        """Note the answers delivered since the last time."""
        if self._delivered:
            noted, self._delivered = self._delivered, []
            try:
                await self._ledger.deliver(noted)
            except BaseException:
                self._delivered += noted
                raise

    async def close(self) -> None:
        """Write what is left; a database that is away must not keep the process from ending."""
        try:
            await self.flush()
        except RetouchError as error:
            _log.warning("answers delivered could not be noted: %s", error.message)

    async def renew(self) -> None:
        """Renew every lease, and stop the work whose lease was lost."""
        asked = {edit_id: attempt for edit_id, (attempt, _, _) in self._held.items()}
        if not asked:
            return
        calls = {edit_id: told() for edit_id, (_, _, told) in self._held.items() if told}
        ours = await self._ledger.renew(asked, calls)
        for edit_id in asked.keys() - ours:
            if found := self._held.pop(edit_id, None):
                _log.warning("%s: the lease was lost; its work is stopped", edit_id)
                found[1]()
