"""A provider's key, from the engine's settings or the provider's own environment variable."""

from collections.abc import Mapping
from typing import Any


def find_key(settings: Mapping[str, Any], environ: Mapping[str, str], *variables: str) -> str:
    """The first of `settings.api_key` and the environment's `variables` that holds something; else "".

    Surrounding space is cut, because keys are pasted. Raises ValueError, without the key in it, for one that no
    header can hold.
    """
    found = [str(settings.get("api_key") or ""), *(environ.get(variable, "") for variable in variables)]
    key = next((text.strip() for text in found if text.strip()), "")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError(f"api_key or {' or '.join(variables)} holds characters that no key has")
    return key


def bearer(key: str) -> dict[str, str]:
    """The header that carries a key; none for a server that needs none."""
    return {"authorization": f"Bearer {key}"} if key else {}
