"""What a store says of a key, for tests that need no database."""

from dataclasses import dataclass
from datetime import datetime

from retouch.domain.resolution import AccountTier


@dataclass(frozen=True)
class Known:
    """A key that may be used (retouch.admission.keys.KnownKey)."""

    id: str = "key_1"
    account_id: str = "acct_1"
    scopes: tuple[str, ...] = ("edit", "read")
    error_format: str | None = None
    models: tuple[str, ...] | None = None
    spend_cap: int | None = None
    requests_per_minute: int | None = None
    limited_by: tuple[str, ...] = ()
    expires_at: datetime | None = None
    tier: AccountTier = AccountTier.BUSINESS
