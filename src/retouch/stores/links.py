"""Signed links: who has one may read one file until it expires. Pure functions."""

import base64
import hmac
from collections.abc import Sequence
from urllib.parse import quote, urlencode

#: What a signature is for; a signature for one purpose is worth nothing for another.
READ = "read"
_VERSION = "retouch-link-1"


def sign(path: str, expires_at: int, secret: bytes, *, purpose: str = READ) -> str:
    """The signature of `path` until `expires_at` (seconds since 1970): 43 characters fit for a URL."""
    message = "\n".join((_VERSION, purpose, str(expires_at), path)).encode()
    return base64.urlsafe_b64encode(hmac.digest(secret, message, "sha256")).rstrip(b"=").decode()


def verify(
    path: str, expires_at: int, signature: str, secrets: Sequence[bytes], *, now: float, purpose: str = READ
) -> bool:
    """Whether one of the `secrets` signed this and it has not expired at `now` (seconds since 1970).

    Give the new secret and the old one while secrets are rotated. Compares in constant time.
    """
    given = signature.encode()
    # No early exit: how long it takes says nothing about which secret it was.
    matches = [
        hmac.compare_digest(sign(path, expires_at, secret, purpose=purpose).encode(), given) for secret in secrets
    ]
    return any(matches) and now < expires_at


def signed(path: str, expires_at: int, secret: bytes) -> str:
    """The path with its signature, to be put after the server's public URL. The path is quoted here."""
    query = urlencode({"expires": expires_at, "signature": sign(path, expires_at, secret)})
    return f"{quote(path)}?{query}"
