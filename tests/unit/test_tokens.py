"""Tokens are believed for what they prove, never for what they say of themselves."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from retouch.admission.key_sets import KeySet
from retouch.admission.keys import OWN_ISSUER, REFUSAL, Caller, authenticate
from retouch.admission.tokens import LONGEST_LIFE, Issuer, Tokens
from retouch.admission.verifiers import Verifier, of_jwk, of_pem, of_secret
from retouch.domain.errors import Code, RetouchError
from support.tokens import (
    AUDIENCE,
    ISSUER,
    SECRET,
    SUBJECT,
    Key,
    SigningKey,
    Store,
    ec_key,
    ed_key,
    key_set,
    raw_token,
    rsa_key,
    token,
)

RSA, EC, ED, OTHER = rsa_key(), ec_key(), ed_key(), rsa_key("other")
OWN_SECRET, FORMER_SECRET = b"the server's own signing secret", b"the one before it was changed"


def tokens(keys: Verifier | KeySet, store: Store | None = None, **given: Any) -> Tokens:
    found = store or Store()
    issuer = Issuer(name=ISSUER, audience=AUDIENCE, keys=keys, **given)
    return Tokens(found, found, [issuer], [OWN_SECRET, FORMER_SECRET])


VERIFIERS = {
    "HS256": of_secret(SECRET),
    "RS256": of_pem(RSA.pem),
    "ES256": of_pem(EC.pem),
    "EdDSA": of_pem(ED.pem),
}
#: Made when they are needed: they live five minutes.
GOOD: dict[str, Callable[[], str]] = {
    "HS256": lambda: token(SECRET, "HS256"),
    "RS256": RSA.sign,
    "ES256": EC.sign,
    "EdDSA": ED.sign,
}


@pytest.mark.parametrize("algorithm", GOOD)
async def test_a_good_token_is_its_subject(algorithm: str) -> None:
    """With every bound of the subject's key, and ending with the token."""
    caller = await tokens(VERIFIERS[algorithm]).caller(GOOD[algorithm]())
    assert caller
    ends = caller.expires_at
    assert ends
    assert ends.timestamp() == pytest.approx(time.time() + 300, abs=120)
    assert caller == Caller(
        "acct_1",
        "key_of_subject",
        frozenset({"edit"}),
        models=frozenset({"retouch-classic"}),
        spend_cap=5,
        requests_per_minute=6,
        limited_by=("key_parent",),
        expires_at=ends,
    )


@pytest.mark.parametrize("material", VERIFIERS)
@pytest.mark.parametrize("claimed", GOOD)
async def test_a_key_proves_tokens_of_its_own_algorithm_only(material: str, claimed: str) -> None:
    """Whatever the token's header says."""
    caller = await tokens(VERIFIERS[material]).caller(GOOD[claimed]())
    assert bool(caller) == (material == claimed)


def hs256_with(secret: bytes, algorithm: str = "HS256") -> str:
    """A token whose HMAC was made with any bytes, as PyJWT itself would refuse to."""
    unsigned = raw_token({"alg": algorithm, "typ": "JWT"}, claims()).rpartition(".")[0]
    signature = hmac.digest(secret, unsigned.encode(), "sha256")
    return unsigned + "." + base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


def claims(**other: Any) -> dict[str, Any]:
    whole = {"iss": ISSUER, "aud": AUDIENCE, "sub": SUBJECT, "exp": int(time.time()) + 300, **other}
    return {name: value for name, value in whole.items() if value is not None}


def der(key: SigningKey) -> bytes:
    return base64.b64decode("".join(key.pem.splitlines()[1:-1]))


CONFUSED: dict[str, Callable[[], str]] = {
    "public key as a secret": lambda: hs256_with(RSA.pem.encode()),
    "public key as a secret, no newline": lambda: hs256_with(RSA.pem.strip().encode()),
    "public key's bytes as a secret": lambda: hs256_with(der(RSA)),
    "JWK as a secret": lambda: hs256_with(json.dumps(RSA.jwk).encode()),
    "HMAC that calls itself RS256": lambda: hs256_with(RSA.pem.encode(), "RS256"),
    "no secret": lambda: hs256_with(b""),
    "none": lambda: raw_token({"alg": "none"}, claims()),
    "None": lambda: raw_token({"alg": "None"}, claims()),
    "nOnE with a signature": lambda: raw_token({"alg": "nOnE"}, claims(), b"x" * 256),
    "no alg": lambda: raw_token({"typ": "JWT"}, claims()),
    "alg is null": lambda: raw_token({"alg": None}, claims()),
    "alg is a list": lambda: raw_token({"alg": ["RS256"]}, claims()),
    "RS256 without a signature": lambda: raw_token({"alg": "RS256"}, claims()),
    "RS384 of the same key": lambda: token(RSA.key, "RS384"),
    "RS512 of the same key": lambda: token(RSA.key, "RS512"),
    "PS256 of the same key": lambda: token(RSA.key, "PS256"),
    "another key": OTHER.sign,
    "another key, brought along": lambda: OTHER.sign({"jwk": OTHER.jwk}),
    "another key, at an address": lambda: OTHER.sign(
        {"jku": "http://127.0.0.1:9/keys", "x5u": "http://127.0.0.1:9/cert"}
    ),
    "another key, in a certificate": lambda: OTHER.sign({"x5c": [base64.b64encode(der(OTHER)).decode()]}),
    "an extension that must be understood": lambda: RSA.sign({"crit": ["exp"], "exp": 1}),
    "a signature cut off": lambda: RSA.sign()[:-10],
    "claims changed": lambda: ".".join(
        [RSA.sign().split(".")[0], *raw_token({}, claims(sub="admin")).split(".")[1:2], "AAAA"]
    ),
}


@pytest.mark.parametrize("forged", CONFUSED)
@pytest.mark.parametrize("published", [False, True], ids=["PEM", "JWKS"])
async def test_no_confusion_of_algorithms(forged: str, published: bool) -> None:
    """RFC 8725: none, HMAC with a public key, weaker or other algorithms, keys that the token itself brings."""

    async def read(_: str) -> bytes:
        return key_set({**RSA.jwk, "kid": "rsa"})

    keys = KeySet("http://127.0.0.1:9/", read) if published else of_pem(RSA.pem)
    assert await tokens(keys).caller(CONFUSED[forged]()) is None
    assert await tokens(keys).caller(RSA.sign())


NOW = int(time.time())
BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - 3600},
    "expired beyond the leeway": {"exp": NOW - 31},
    "no expiry": {"exp": None},
    "expiry is text": {"exp": "tomorrow"},
    "expiry beyond all calendars": {"exp": 10**18},
    "expiry is endless": {"exp": float("inf")},
    "not yet": {"nbf": NOW + 3600},
    "issued in the future": {"iat": NOW + 3600},
    "wrong audience": {"aud": "another service"},
    "no audience": {"aud": None},
    "audience is a part of ours": {"aud": AUDIENCE[:-1]},
    "audience is a number": {"aud": 5},
    "wrong issuer": {"iss": "https://login.example.org/"},
    "issuer without the slash": {"iss": ISSUER[:-1]},
    "no issuer": {"iss": None},
    "issuer is ours": {"iss": OWN_ISSUER},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "subject of zeros": {"sub": "\x00"},
    "long subject": {"sub": "x" * 256},
    "unknown subject": {"sub": "user|43"},
    "subject is one of our ids": {"sub": "acct_1"},
    "subject is a key's id": {"sub": "key_of_subject"},
}


@pytest.mark.parametrize("spoilt", BAD_CLAIMS)
async def test_claims_are_checked(spoilt: str) -> None:
    """Each alone is enough to refuse a token that is signed well."""
    store = Store({"key_of_subject": Key(), "acct_1": Key()})
    assert await tokens(of_pem(EC.pem), store).caller(EC.sign(**BAD_CLAIMS[spoilt])) is None


@pytest.mark.parametrize("sub", [5, ["user|42"], {"a": 1}, True])
async def test_a_subject_is_text(sub: object) -> None:
    forged = jwt.PyJWS().encode(json.dumps(claims(sub=sub)).encode(), EC.key, algorithm="ES256")
    assert await tokens(of_pem(EC.pem)).caller(forged) is None


async def test_what_is_allowed_for_clocks() -> None:
    """Thirty seconds unless the operator says otherwise; and several audiences, if ours is one."""
    late = EC.sign(exp=int(time.time()) - 5, aud=["another", AUDIENCE])
    assert await tokens(of_pem(EC.pem), leeway=300).caller(late)
    assert await tokens(of_pem(EC.pem), leeway=0).caller(late) is None


async def test_a_revoked_subject_is_refused_whatever_auto_create_says() -> None:
    store = Store()
    store.subjects[ISSUER, SUBJECT].valid = False
    assert await tokens(of_pem(EC.pem), store, auto_create=True).caller(EC.sign()) is None


async def test_an_unknown_subject_gets_an_account_only_where_the_operator_wants_it() -> None:
    unknown = EC.sign(sub="new@example.com")
    store = Store()
    assert await tokens(of_pem(EC.pem), store).caller(unknown) is None
    caller = await tokens(of_pem(EC.pem), store, auto_create=True).caller(unknown)
    assert caller
    assert caller.account_id == "acct_new"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)))
async def test_no_bearer_raises_anything_but_the_refusal(text: str) -> None:
    """Whatever is between the dots."""
    with pytest.raises(RetouchError, match="Incorrect or missing API key"):
        await authenticate(Nobody(), f"Bearer a{text}.b.c", None, tokens(of_pem(EC.pem)))


HOSTILE = {
    "deep claims": base64.urlsafe_b64encode(b"[" * 3000).decode().rstrip("="),
    "endless number": base64.urlsafe_b64encode(b'{"iss":' + b"9" * 4500 + b"}").decode().rstrip("="),
    "not an object": base64.urlsafe_b64encode(b"[]").decode().rstrip("="),
    "not UTF-8": base64.urlsafe_b64encode(b"\xff\xfe").decode().rstrip("="),
    "issuer is a list": base64.urlsafe_b64encode(b'{"iss":["x"]}').decode().rstrip("="),
}


@pytest.mark.parametrize("part", HOSTILE)
async def test_hostile_parts_are_refused_like_anything_else(part: str) -> None:
    head = raw_token({"alg": "ES256"}, {}).split(".")[0]
    for bearer in (f"{head}.{HOSTILE[part]}.AAAA", f"{HOSTILE[part]}.{head}.AAAA"):
        with pytest.raises(RetouchError) as caught:
            await authenticate(Nobody(), f"Bearer {bearer}", None, tokens(of_pem(EC.pem)))
        assert (caught.value.code, caught.value.message) == (Code.INVALID_API_KEY, REFUSAL)


class Nobody:
    async def find(self, digest: str, /) -> None:
        return None


async def test_a_token_that_is_refused_may_still_be_a_key() -> None:
    """An operator's own RETOUCH_API_KEY may hold two dots."""

    class One:
        async def find(self, digest: str, /) -> Key:
            return Key()

    caller = await authenticate(One(), "Bearer not.a-token-but.a-key-with-two-dots", None, tokens(of_pem(EC.pem)))
    assert caller.key_id == "key_of_subject"


ASKER = Caller("acct_1", "key_1", frozenset({"edit"}))


async def test_our_own_token_stands_for_its_key_and_dies_with_it() -> None:
    """The key is looked up each time: what it may do now is what the token may do now."""
    store = Store({"key_1": Key("key_1", scopes=("edit", "read"))})
    ours = tokens(of_pem(EC.pem), store)
    issued, ends = ours.issue(ASKER, 600)
    caller = await ours.caller(issued)
    assert caller
    assert (caller.key_id, caller.scopes, caller.expires_at) == ("key_1", frozenset({"edit", "read"}), ends)
    assert (caller.models, caller.spend_cap) == (frozenset({"retouch-classic"}), 5)
    assert caller.limited_by == ("key_parent",)
    store.keys.clear()
    assert await ours.caller(issued) is None


async def test_a_token_lives_an_hour_at_most_and_never_longer_than_what_it_was_issued_for() -> None:
    """Neither than its key, nor than the token that was presented for it: none can prolong itself."""
    ours = tokens(of_pem(EC.pem), Store({"key_1": Key("key_1")}))
    now = datetime.now(UTC)
    _, ends = ours.issue(ASKER, 10**9)
    assert ends <= now + timedelta(seconds=LONGEST_LIFE + 60)
    soon = now + timedelta(minutes=5)
    for seconds in (1, 100, 10**9):
        _, ends = ours.issue(Caller("acct_1", "key_1", frozenset({"edit"}), expires_at=soon), seconds)
        assert ends <= soon
    over = Caller("acct_1", "key_1", frozenset({"edit"}), expires_at=now - timedelta(seconds=3))
    with pytest.raises(RetouchError) as caught:
        ours.issue(over, 60)
    assert caught.value.code is Code.INVALID_API_KEY


async def test_the_secret_may_be_changed() -> None:
    """New tokens by the first, both are believed, others not; and the raw secret signs nothing."""
    store = Store({"key_1": Key("key_1")})
    former = Tokens(store, store, [], [FORMER_SECRET]).issue(ASKER, 60)[0]
    stranger = Tokens(store, store, [], [b"a stranger's secret"]).issue(ASKER, 60)[0]
    now = tokens(of_pem(EC.pem), store)
    assert await now.caller(former)
    assert await now.caller(stranger) is None
    own: dict[str, Any] = {"iss": OWN_ISSUER, "aud": OWN_ISSUER, "sub": "key_1"}
    assert await now.caller(token(OWN_SECRET.ljust(32), "HS256", **own)) is None
    assert await Tokens(store, store, [], [FORMER_SECRET]).caller(now.issue(ASKER, 60)[0]) is None


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        ("nonsense", "PEM"),
        (rsa_key(bits=1024).pem, "2048"),
        (ec_key(curve=ec.SECP384R1()).pem, "P-256"),
        (EC.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), "private"),
    ],
)
def test_a_public_key_that_is_not_fit_stops_the_start(pem: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        of_pem(pem)


@pytest.mark.parametrize("secret", ["", "x" * 31, RSA.pem])
def test_a_secret_that_is_not_fit_stops_the_start(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        of_secret(secret)


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"},
        {**RSA.jwk, "use": "enc"},
        {**RSA.jwk, "alg": "RS512"},
        {**RSA.jwk, "alg": "HS256"},
        {**RSA.jwk, "alg": ["RS256"]},
        {**RSA.jwk, "key_ops": ["encrypt"]},
        {**RSA.jwk, "key_ops": 7},
        {**RSA.jwk, "d": "AQAB"},
        {**RSA.jwk, "n": "AQAB"},
        {**RSA.jwk, "n": None},
        {**EC.jwk, "crv": "P-384"},
        {**EC.jwk, "x": "AAAA"},
        {**ED.jwk, "crv": "X25519"},
        {"kty": ["RSA"]},
        {},
    ],
)
def test_a_published_key_that_is_not_for_this_is_left_out(jwk: dict[str, Any]) -> None:
    assert of_jwk(jwk) is None


@pytest.mark.parametrize("key", [RSA, EC, ED], ids=["RSA", "EC", "Ed25519"])
def test_a_published_key_is_bound_to_its_algorithm(key: SigningKey) -> None:
    for extra in ({}, {"use": "sig"}, {"alg": key.algorithm}, {"key_ops": ["verify"]}):
        verifier = of_jwk({**key.jwk, **extra})
        assert verifier
        assert verifier.algorithm == key.algorithm
