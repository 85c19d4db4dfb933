"""A route's health as this process has seen it: closed (used), open (left alone), half-open (one call may try)."""

import time
from collections.abc import Callable
from enum import StrEnum

from retouch.domain.errors import Accepted, Code, UpstreamFailure

#: Failures in a row that open a circuit, and how long it stays open at first and at most, seconds.
FAILURES = 5
SHORTEST, LONGEST = 5.0, 120.0


class State(StrEnum):
    """What a circuit lets through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Circuit:
    """Counts failures in a row; opens, and after a while lets one call find out whether the route is back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._pause = SHORTEST
        self._until = 0.0
        self._probing = False

    @property
    def state(self) -> State:
        """Where the circuit stands now."""
        if self._failures < FAILURES:
            return State.CLOSED
        return State.OPEN if self._clock() < self._until else State.HALF_OPEN

    @property
    def opens_in(self) -> float:
        """Seconds until a call may be tried; 0 when one may now."""
        waiting = self._until - self._clock()
        return max(0.0, waiting)

    def allows(self) -> bool:
        """Whether a call may be made now. A half-open circuit lets one through: tell it how that ended."""
        if self._clock() < self._until:
            return False
        if self.state is State.CLOSED:
            return True
        if self._probing:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """A call was served: the route is well."""
        self._failures, self._pause, self._until, self._probing = 0, SHORTEST, 0.0, False

    def failed(self, failure: UpstreamFailure) -> None:
        """A call failed. What is the caller's own fault says nothing of the route's health."""
        self._probing = False
        if not failure.elsewhere:
            return
        now = self._clock()
        if failure.code is Code.RATE_LIMIT_EXCEEDED or (failure.accepted is Accepted.NO and failure.retry_after):
            # It said when to come back: it is well, only busy.
            self._until = max(self._until, now + min(failure.retry_after or 1.0, LONGEST))
            return
        self._failures += 1
        if self._failures >= FAILURES:
            self._until = now + self._pause
            self._pause = min(LONGEST, self._pause * 2)

    def left(self) -> None:
        """A call was given up without an outcome."""
        self._probing = False
