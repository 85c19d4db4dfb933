"""What proves a token: key material, and the one algorithm that it may be used with.

The algorithm follows from the material's own type, never from what a token says of itself, so a public key cannot be
taken for an HMAC secret, and `none` is no algorithm at all (RFC 8725, 3.1 and 3.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError

#: RFC 7518, 3.2 and 3.3.
SHORTEST_SECRET, SHORTEST_RSA = 32, 2048

#: What JSON Web Keys call the algorithms that we use; EdDSA has a second name (RFC 9864).
_NAMES = {"RS256": {"RS256"}, "ES256": {"ES256"}, "EdDSA": {"EdDSA", "Ed25519"}}
_READERS: dict[str, Any] = {"RSA": RSAAlgorithm, "EC": ECAlgorithm, "OKP": OKPAlgorithm}


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key and its algorithm: HS256, RS256, ES256 or EdDSA (Ed25519)."""

    key: Any
    algorithm: str


def of_secret(secret: str | bytes) -> Verifier:
    """A shared secret of at least 32 bytes: HS256. Raises ValueError, saying what is wrong, without the secret."""
    raw = secret.encode() if isinstance(secret, str) else secret
    if len(raw) < SHORTEST_SECRET:
        raise ValueError(f"a secret must have at least {SHORTEST_SECRET} bytes; this one has {len(raw)}")
    if raw.lstrip().startswith(b"-----BEGIN"):
        raise ValueError("this is a key in PEM, not a secret: set it as public_key")
    return Verifier(raw, "HS256")


def of_pem(pem: str) -> Verifier:
    """A public key in PEM: RSA of at least 2048 bits, EC on P-256, or Ed25519. Raises ValueError."""
    if "PRIVATE KEY" in pem:
        raise ValueError("this is a private key: only the issuer may have it. Set the public key.")
    try:
        return _of_key(load_pem_public_key(pem.encode()))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"not a public key in PEM that is fit for use: {error}") from None


def of_jwk(jwk: Mapping[str, Any]) -> Verifier | None:
    """A public JSON Web Key (RFC 7517); None for one that is not for verifying, or not of a kind that we use.

    Symmetric keys (`oct`) have no place in a set that anybody can read, and private ones neither.
    """
    try:
        if "d" in jwk or jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]):
            return None
        verifier = _of_key(_READERS[jwk["kty"]].from_jwk(dict(jwk)))
        return verifier if jwk.get("alg") in {None, *_NAMES[verifier.algorithm]} else None
    except (InvalidKeyError, LookupError, ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _of_key(key: object) -> Verifier:
    if isinstance(key, RSAPublicKey) and key.key_size >= SHORTEST_RSA:
        return Verifier(key, "RS256")
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return Verifier(key, "ES256")
    if isinstance(key, Ed25519PublicKey):
        return Verifier(key, "EdDSA")
    raise ValueError(f"it must be RSA of at least {SHORTEST_RSA} bits, EC on P-256, or Ed25519")
