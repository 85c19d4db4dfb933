"""What an API key allows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

#: Everything that a key can be allowed: to edit, to read what was edited, to manage keys and accounts.
SCOPES = ("edit", "read", "manage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a key may do at most. None is no bound.

    models: ids of the models that it may use. spend_cap: micro-credits that may be charged through it in all.
    requests_per_minute: its own rate, in place of the account's. expires_at: in UTC. limited_by: ids of the keys
    through which it was made and whose cap and rate hold for it too.
    """

    scopes: Collection[str] = SCOPES
    models: Collection[str] | None = None
    spend_cap: int | None = None
    requests_per_minute: int | None = None
    expires_at: datetime | None = None
    limited_by: tuple[str, ...] = ()
