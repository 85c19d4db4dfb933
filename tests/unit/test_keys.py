"""Keys are told from strangers, and strangers learn nothing."""

import hashlib
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouch.admission.keys import REFUSAL, Caller, authenticate, check_given, ensure_owner, hash_key, new_key, shown
from retouch.domain.errors import Code, RetouchError
from support.known_key import Known


@dataclass
class Store:
    """Knows one key, by its hash; remembers what it was asked."""

    digest: str = ""
    asked: list[str] = field(default_factory=list)

    async def find(self, digest: str, /) -> Known | None:
        self.asked.append(digest)
        return Known() if digest == self.digest else None


KEY = "rt-a-key-that-is-known-0123456789-0123456789"


@pytest.mark.parametrize(
    ("authorization", "api_key"),
    [
        (f"Bearer {KEY}", None),
        (f"bearer {KEY}", None),
        (f"  BEARER   {KEY}  ", None),
        (None, KEY),
        (None, f" {KEY} "),
        (f"Bearer {KEY}", "something else"),
    ],
)
async def test_a_known_key_is_its_caller(authorization: str | None, api_key: str | None) -> None:
    """Any case and spacing of Bearer will do, and Azure's header where there is no Authorization."""
    caller = await authenticate(Store(hash_key(KEY)), authorization, api_key)
    assert caller == Caller("acct_1", "key_1", frozenset({"edit", "read"}))


@pytest.mark.parametrize(
    ("authorization", "api_key"),
    [
        (None, None),
        ("", None),
        ("Bearer", None),
        ("Bearer ", None),
        (KEY, None),
        (f"Basic {KEY}", None),
        (f"Bearer {KEY} {KEY}", None),
        (f"Bearer {KEY}x", None),
        ("Bearer rt-a-key-that-is-not-known-0123456789-01234", None),
        ("Bearer " + "k" * 100_000, None),
        (f"Bearer {KEY}\x00", None),
        ("Bearer cl\xe9", None),
        ("", KEY),
        (None, ""),
        (None, f"Bearer {KEY}"),
    ],
)
async def test_everything_else_is_refused_in_the_same_words(authorization: str | None, api_key: str | None) -> None:
    """Missing, malformed and unknown keys cannot be told apart by the answer."""
    with pytest.raises(RetouchError) as caught:
        await authenticate(Store(hash_key(KEY)), authorization, api_key)
    assert (caught.value.code, caught.value.message) == (Code.INVALID_API_KEY, REFUSAL)
    assert (caught.value.extras, caught.value.param, caught.value.retryable) == ({}, None, False)


@given(st.text())
async def test_no_header_raises_anything_but_the_refusal(header: str) -> None:
    """Whatever bytes arrive as a header."""
    with pytest.raises(RetouchError, match="Incorrect or missing API key"):
        await authenticate(Store(), header)


async def test_the_store_never_sees_a_key() -> None:
    """Only its hash is looked up."""
    store = Store(hash_key(KEY))
    await authenticate(store, f"Bearer {KEY}")
    assert store.asked == [hashlib.sha256(KEY.encode()).hexdigest()]


def test_new_keys_are_long_and_differ() -> None:
    """256 random bits behind a prefix that secret scanners can know."""
    keys = {new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert all(key.startswith("rt-") and len(key) == 46 and key.startswith(shown(key)) for key in keys)
    for key in keys:
        check_given(key)


@pytest.mark.parametrize("key", ["", "short", "x" * 31, "x" * 513, "x" * 40 + " ", "\n" * 40, "é" * 40])
async def test_a_given_key_that_is_short_or_cannot_be_sent_stops_the_start(key: str) -> None:
    """Nothing is stored, and the message names the setting but not the key."""

    class Unused:
        async def add_first_key(self, digest: str, prefix: str, /) -> bool:
            raise AssertionError

        async def set_owner_key(self, digest: str, prefix: str, /) -> None:
            raise AssertionError

    with pytest.raises(ValueError, match="RETOUCH_API_KEY") as caught:
        await ensure_owner(Unused(), key)
    assert not key or key not in str(caught.value)


def test_a_scope_that_is_lacking_is_named() -> None:
    """FORBIDDEN says which scope would do."""
    caller = Caller("acct_1", "key_1", frozenset({"read"}))
    caller.require("read")
    with pytest.raises(RetouchError, match="`manage`") as caught:
        caller.require("manage")
    assert caught.value.code is Code.FORBIDDEN
