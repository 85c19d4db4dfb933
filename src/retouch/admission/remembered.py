"""Keys that were looked up a moment ago, so that a busy client's is not looked up for each of its requests."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from retouch.admission.keys import KeyStore, KnownKey

#: Seconds for which a key counts as it was found: what a key revoked at another process still works there, at most.
#: Well within the second that is promised (docs/how-to/operate.md).
SECONDS = 0.5
#: Keys remembered at a time.
MOST = 4096


class RememberedKeys:
    """A store of keys, asked at most twice a second for each. What is not found is asked for anew every time."""

    def __init__(self, store: KeyStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._until: dict[str, tuple[float, KnownKey]] = {}
        #: How often all was forgotten: what is being looked up meanwhile must not be remembered.
        self._forgotten = 0

    async def find(self, digest: str) -> KnownKey | None:
        """The key with this hash, unless it is revoked or expired."""
        now = self._clock()
        until, known = self._until.get(digest, (now, None))
        if known is not None and now < until and not _expired(known):
            return known
        before = self._forgotten
        found = await self._store.find(digest)
        if found is None:
            self._until.pop(digest, None)
        elif before == self._forgotten:
            if len(self._until) >= MOST:
                self._until.clear()
            self._until[digest] = (now + SECONDS, found)
        return found

    def forget(self) -> None:
        """A key was changed here: every one is looked up anew."""
        self._forgotten += 1
        self._until.clear()


def _expired(key: KnownKey) -> bool:
    return key.expires_at is not None and key.expires_at <= datetime.now(UTC)
