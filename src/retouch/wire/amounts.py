"""Credits in request bodies, and times in answers."""

from datetime import datetime
from decimal import Decimal

from retouch.domain.errors import invalid
from retouch.domain.model import MICRO


def micro(param: str, credit: float) -> int:
    """Micro-credits. Raises INVALID_REQUEST for more than six decimals."""
    amount = Decimal(repr(credit)) * MICRO
    if amount != int(amount):
        raise invalid(param, f"`{param}` may have at most six decimals.")
    return int(amount)


def seconds(time: datetime | None) -> int | None:
    """Unix seconds."""
    return None if time is None else int(time.timestamp())
