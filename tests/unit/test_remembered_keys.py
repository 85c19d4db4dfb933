"""A key that was found is remembered for half a second, and no longer."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from retouch.admission.remembered import MOST, SECONDS, RememberedKeys
from support.known_key import Known


@dataclass
class Store:
    """Counts what it is asked."""

    keys: dict[str, Known] = field(default_factory=dict)
    asked: int = 0
    slow: asyncio.Event | None = None

    async def find(self, digest: str) -> Known | None:
        """The key with this hash."""
        self.asked += 1
        found = self.keys.get(digest)
        if self.slow:
            await self.slow.wait()
        return found


class Clock:
    """Stands still unless told otherwise."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_a_key_is_looked_up_at_most_twice_a_second() -> None:
    store, clock = Store({"a": Known()}), Clock()
    keys = RememberedKeys(store, clock)
    for number in range(100):
        clock.now = 100 + number / 100
        assert await keys.find("a")
    assert store.asked == 2


async def test_a_revoked_key_is_refused_once_its_half_second_is_over() -> None:
    store, clock = Store({"a": Known()}), Clock()
    keys = RememberedKeys(store, clock)
    assert await keys.find("a")
    store.keys.clear()
    clock.now += SECONDS - 0.01
    assert await keys.find("a")
    clock.now += 0.01
    assert await keys.find("a") is None
    store.keys["a"] = Known()
    assert await keys.find("a"), "what was not found is not remembered"


async def test_what_is_changed_here_is_forgotten_at_once() -> None:
    """Also what was being looked up meanwhile."""
    store = Store({"a": Known()}, slow=asyncio.Event())
    keys = RememberedKeys(store, Clock())
    looking = asyncio.ensure_future(keys.find("a"))
    await asyncio.sleep(0)
    store.keys.clear()
    keys.forget()
    assert store.slow
    store.slow.set()
    assert await looking
    assert await keys.find("a") is None


async def test_a_key_that_ends_is_not_remembered_beyond_its_end() -> None:
    store = Store({"a": Known(expires_at=datetime.now(UTC) - timedelta(seconds=1))})
    keys = RememberedKeys(store, Clock())
    assert await keys.find("a")
    store.keys.clear()
    assert await keys.find("a") is None


async def test_the_number_of_keys_remembered_is_bounded() -> None:
    store = Store({str(number): Known() for number in range(MOST + 1)})
    keys = RememberedKeys(store, Clock())
    for digest in store.keys:
        await keys.find(digest)
    assert store.asked == MOST + 1
    await keys.find(str(MOST))
    assert store.asked == MOST + 1
    await keys.find("0")
    assert store.asked == MOST + 2
