"""A key is never wider than the one that it was made with."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from retouch.admission.keys import Caller
from retouch.domain.errors import Code, RetouchError, invalid
from retouch.domain.rights import Rights

Bound = TypeVar("Bound", int, datetime)

#: What a new key may do where nothing is said, as far as the key that makes it can.
USUAL_SCOPES = ("edit", "read")


def granted(caller: Caller, wanted: Rights, scopes: Collection[str] | None) -> Rights:
    """What a key that `caller` makes may do: as `wanted`, and the caller's own bound where none is wanted.

    Raises RetouchError: FORBIDDEN naming the field that is wider than the caller's own; INVALID_REQUEST where no
    scopes are named and the caller has none of the usual ones.
    """
    chosen = frozenset(scopes or caller.scopes.intersection(USUAL_SCOPES))
    if not chosen:
        raise invalid("scopes", f"`scopes` is required, because this key has only {_listed(caller.scopes)}.")
    if lacking := chosen - caller.scopes:
        raise _wider("scopes", f"it lacks {_listed(lacking)}")
    return replace(
        wanted,
        scopes=chosen,
        models=_models(caller, wanted.models),
        spend_cap=_bound("spend_cap", wanted.spend_cap, caller.spend_cap),
        requests_per_minute=_bound("requests_per_minute", wanted.requests_per_minute, caller.requests_per_minute),
        expires_at=_bound("expires_at", wanted.expires_at, caller.expires_at),
        limited_by=_limited_by(caller),
    )


def _models(caller: Caller, wanted: Collection[str] | None) -> Collection[str] | None:
    if wanted is None:
        return caller.models
    if lacking := {model for model in wanted if not caller.may_use(model)}:
        raise _wider("models", f"it does not allow {_listed(lacking)}")
    return wanted


def _bound(name: str, wanted: Bound | None, own: Bound | None) -> Bound | None:
    if wanted is not None and own is not None and wanted > own:
        raise _wider(name, "its own is lower" if isinstance(own, int) else f"it ends at {own:%Y-%m-%d %H:%M:%S} UTC")
    return own if wanted is None else wanted


def _limited_by(caller: Caller) -> tuple[str, ...]:
    bounded = caller.spend_cap is not None or caller.requests_per_minute is not None
    return (*caller.limited_by, *((caller.key_id,) if bounded else ()))


def _wider(param: str, why: str) -> RetouchError:
    return RetouchError(Code.FORBIDDEN, f"A key cannot make one that is wider than itself: {why}.", param=param)


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
