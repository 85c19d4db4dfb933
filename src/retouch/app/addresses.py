"""Which addresses that callers name are visited."""

from retouch.domain.units import MB
from retouch.fetch import FetchSettings
from retouch.settings import Settings

#: Seconds that a webhook may take to answer.
WEBHOOK_SECONDS = 15.0


def addresses(settings: Settings, seconds: float) -> FetchSettings:
    """Which addresses that callers name are used, for so many seconds each."""
    own, max_bytes = settings.fetch, int(settings.limits.image_mb * MB)
    return FetchSettings(enabled=own.enabled, allow_hosts=own.allow_hosts, seconds=seconds, max_bytes=max_bytes)
