"""How much of a body is read, and how many bytes of all bodies together are held in memory."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from retouch.domain.errors import Code, RetouchError
from retouch.domain.units import MB


@dataclass(frozen=True, slots=True, kw_only=True)
class FormBounds:
    """What one request may bring. Sizes are bytes, times seconds.

    `image_bytes` binds a picture as decoded from base64, `text_bytes` a text field; a picture sent as text may be
    half as long again as `image_bytes`. `idle_seconds` is the longest pause between two pieces of a body.
    """

    body_bytes: int = 96 * MB
    image_bytes: int = 50 * MB
    text_bytes: int = 256 * 1024
    images: int = 16
    parts: int = 128
    header_bytes: int = 8 * 1024
    body_seconds: float = 300.0
    idle_seconds: float = 30.0

    @property
    def image_text_bytes(self) -> int:
        """The longest text that can hold a picture: base64 adds a third, line breaks a little more."""
        return self.image_bytes * 3 // 2 + 1024


class Budget:
    """The bytes of uploads that this process holds in memory, all requests together.

    For one event loop: counting never awaits, so no lock is needed. `retry_after` (seconds) goes to the caller who
    is turned away.
    """

    def __init__(self, limit: int, retry_after: float = 2.0) -> None:
        self._limit = limit
        self._retry_after = retry_after
        self._held = 0

    @property
    def held(self) -> int:
        """Bytes counted now."""
        return self._held

    def lease(self) -> "Lease":
        """What one edit will hold: enter it before its body is read, leave it when the edit is done."""
        return Lease(self)

    def _change(self, amount: int) -> None:
        if amount > 0 and self._held + amount > self._limit:
            raise RetouchError(
                Code.OVERLOADED,
                "The server is holding as many uploads as it can. Try again shortly.",
                retry_after=self._retry_after,
            )
        self._held += amount


class Lease:
    """One edit's share of a `Budget`; a context manager that gives everything back at its end."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._held = 0

    @property
    def held(self) -> int:
        """Bytes that this lease counts now."""
        return self._held

    def take(self, amount: int) -> None:
        """Count `amount` more bytes. Raises RetouchError(OVERLOADED) when the process holds too many."""
        self._budget._change(amount)
        self._held += amount

    def give(self, amount: int) -> None:
        """Count `amount` bytes less, never below nothing."""
        amount = min(amount, self._held)
        self._budget._change(-amount)
        self._held -= amount

    def close(self) -> None:
        """Give everything back; again is harmless."""
        self.give(self._held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
