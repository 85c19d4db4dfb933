"""Ids: a kind, an underscore and 26 characters that sort by time of making, such as `key_01kq...`."""

import secrets
import time

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_BITS, _RANDOM_BITS = 48, 80
_LENGTH = 26


def first_id(kind: str, at: float) -> str:
    """The lowest id of a kind that could have been made at that time (Unix seconds): ids from then on are not below."""
    return _spelled(kind, (int(at * 1000) % (1 << _TIME_BITS)) << _RANDOM_BITS)


def new_id(kind: str) -> str:
    """A new id of a kind (`acct`, `key`, `edit` ...): 48 bits of milliseconds, then 80 random bits.

    Within a millisecond the order is by chance.
    """
    number = (time.time_ns() // 1_000_000 % (1 << _TIME_BITS)) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return _spelled(kind, number)


def _spelled(kind: str, number: int) -> str:
    return kind + "_" + "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))
