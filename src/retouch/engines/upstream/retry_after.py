"""How long a provider asks to be left alone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

#: Seconds; a provider that asks for more is asked again after this long.
LONGEST = 3600.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from `retry-after-ms`, else from `retry-after` (seconds or an HTTP date); None where neither says.

    The order is that of the OpenAI SDKs (openai 3.52.0, _base_client.py). 0 to LONGEST; a date gone by is 0.
    """
    seconds = _number(headers.get("retry-after-ms"), 1000)
    if seconds is None:
        seconds = _number(headers.get("retry-after"), 1)
    if seconds is None:
        seconds = _date(headers.get("retry-after"))
    return None if seconds is None else min(max(seconds, 0.0), LONGEST)


def _number(text: str | None, unit: int) -> float | None:
    try:
        value = float(text or "") / unit
    except ValueError:
        return None
    return value if isfinite(value) else None


def _date(text: str | None) -> float | None:
    try:
        when = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return (when - datetime.now(UTC)).total_seconds()
