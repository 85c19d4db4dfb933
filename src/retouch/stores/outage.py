"""What the log says of something that goes away and comes back: one line for either, however often it was tried."""

import logging
import time

_LONGEST = 300


class Outage:
    """Knows whether something is away now."""

    def __init__(self, what: str, log: logging.Logger) -> None:
        self._what, self._log = what, log
        self._since: float | None = None

    def lost(self, error: BaseException) -> None:
        """It did not answer."""
        if self._since is None:
            self._since = time.monotonic()
            self._log.warning("%s is away: %s", self._what, _reason(error))

    def back(self) -> None:
        """It did answer."""
        if self._since is not None:
            away, self._since = time.monotonic() - self._since, None
            self._log.warning("%s is back, after %.1f s", self._what, away)


def _reason(error: BaseException) -> str:
    """The innermost cause, in one line: the layers around it say only that there was an error."""
    while True:
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        elif error.__cause__ is not None:
            error = error.__cause__
        else:
            return f"{type(error).__name__}: {' '.join(str(error).split())[:_LONGEST]}"
