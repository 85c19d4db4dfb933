"""A key is never wider than the one that it was made with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retouch.admission.grants import granted
from retouch.admission.keys import Caller
from retouch.domain.errors import Code, RetouchError
from retouch.domain.rights import SCOPES, Rights

NOW = datetime(2030, 1, 1, tzinfo=UTC)
FREE = Caller("acct_1", "key_1", frozenset(SCOPES))
BOUND = Caller(
    "acct_1",
    "key_2",
    frozenset({"edit", "manage"}),
    models=frozenset({"a", "b"}),
    spend_cap=100,
    requests_per_minute=10,
    limited_by=("key_0",),
    expires_at=NOW,
)


def test_a_free_key_gives_what_is_wanted() -> None:
    """Unless more is wanted, to edit and to read."""
    wanted = Rights(models=frozenset({"x"}), spend_cap=5, requests_per_minute=7, expires_at=NOW)
    assert granted(FREE, wanted, ["manage"]) == replace(wanted, scopes=frozenset({"manage"}))
    assert granted(FREE, Rights(), None) == Rights(scopes=frozenset({"edit", "read"}))


def test_what_is_not_said_is_as_with_the_key_itself() -> None:
    """And its cap and rate hold for both together."""
    assert granted(BOUND, Rights(), None) == Rights(
        scopes=frozenset({"edit"}),
        models=frozenset({"a", "b"}),
        spend_cap=100,
        requests_per_minute=10,
        expires_at=NOW,
        limited_by=("key_0", "key_2"),
    )


@pytest.mark.parametrize(
    ("param", "wanted", "scopes"),
    [
        ("scopes", Rights(), ["edit", "read"]),
        ("models", Rights(models=frozenset({"a", "c"})), ["edit"]),
        ("spend_cap", Rights(spend_cap=101), ["edit"]),
        ("requests_per_minute", Rights(requests_per_minute=11), ["edit"]),
        ("expires_at", Rights(expires_at=NOW + timedelta(seconds=1)), ["edit"]),
    ],
)
def test_wider_is_forbidden_by_name(param: str, wanted: Rights, scopes: list[str]) -> None:
    with pytest.raises(RetouchError, match="wider") as caught:
        granted(BOUND, wanted, scopes)
    assert (caught.value.code, caught.value.param) == (Code.FORBIDDEN, param)


def test_a_key_that_only_manages_has_to_say_what_for() -> None:
    with pytest.raises(RetouchError, match="required") as caught:
        granted(replace(FREE, scopes=frozenset({"manage"})), Rights(), None)
    assert caught.value.param == "scopes"


BOUNDS = st.none() | st.integers(0, 3)
MODELS = st.none() | st.frozensets(st.sampled_from("abc"), min_size=1)
SCOPE_SETS = st.frozensets(st.sampled_from(SCOPES), min_size=1)
EXPIRIES = st.none() | st.integers(0, 3).map(lambda hours: NOW + timedelta(hours=hours))
ALL_RIGHTS = st.builds(
    Rights, scopes=SCOPE_SETS, models=MODELS, spend_cap=BOUNDS, requests_per_minute=BOUNDS, expires_at=EXPIRIES
)


def caller_with(own: Rights) -> Caller:
    return Caller(
        "acct_1",
        "key_1",
        frozenset(own.scopes),
        models=None if own.models is None else frozenset(own.models),
        spend_cap=own.spend_cap,
        requests_per_minute=own.requests_per_minute,
        expires_at=own.expires_at,
    )


def narrow(made: Rights, own: Rights) -> bool:
    """Whether no bound of one is wider than the other's."""
    bounds: list[tuple[Any, Any]] = [
        (made.spend_cap, own.spend_cap),
        (made.requests_per_minute, own.requests_per_minute),
        (made.expires_at, own.expires_at),
    ]
    models = own.models is None or (made.models is not None and set(made.models) <= set(own.models))
    counts = all(bound is None or (value is not None and value <= bound) for value, bound in bounds)
    return models and counts and set(made.scopes) <= set(own.scopes)


@given(ALL_RIGHTS, ALL_RIGHTS)
def test_whatever_is_wanted_nothing_wider_comes_out(own: Rights, wanted: Rights) -> None:
    """It is refused, or each of its bounds is at most the maker's; and what a bounded maker makes counts for both."""
    caller = caller_with(own)
    try:
        made = granted(caller, wanted, wanted.scopes)
    except RetouchError:
        assume(False)
    assert narrow(made, own)
    bounded = own.spend_cap is not None or own.requests_per_minute is not None
    assert made.limited_by == (("key_1",) if bounded else ())


@given(ALL_RIGHTS)
def test_a_key_can_make_its_like(own: Rights) -> None:
    """With every bound spelled out as it is."""
    caller = caller_with(own)
    assert replace(granted(caller, own, own.scopes), limited_by=()) == own
