"""The settings: what was misspelt, what the models lack, and whether links lead back here."""

import asyncio
import difflib
import ipaddress
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from urllib.parse import urlsplit

from retouch.cli.doctor.findings import Finding, State
from retouch.domain.errors import RetouchError
from retouch.routing.choose import Chooser
from retouch.settings import Settings

#: Variables of ours that are no settings.
_OTHERS = ("RETOUCH_CONFIG",)


def check_settings(settings: Settings) -> Iterator[Finding]:
    """The file that was read, and variables of the environment that mean nothing."""
    known = {f"RETOUCH_{name.upper()}" for name in Settings.model_fields} | set(_OTHERS)
    unknown = [name for name in sorted(os.environ) if name.startswith("RETOUCH_") and not _means(name, known)]
    for name in unknown:
        near = difflib.get_close_matches(name, known, 1)
        advice = f"did you mean {near[0]}?" if near else "docs/reference/settings.md lists every setting"
        yield Finding("settings", State.WARNING, f"{name} is no setting, and has no effect", advice)
    if not unknown:
        yield Finding("settings", State.OK, f"from {settings.config or 'the environment'}")


def _means(name: str, known: set[str]) -> bool:
    return name.partition("__")[0] in known


def check_models(chooser: Chooser) -> Iterator[Finding]:
    """How many of the catalogue work, and whether `default` does."""
    models = list(chooser.catalog)
    working = [model for model in models if chooser.missing(model) is None]
    advice = "" if len(working) == len(models) else "retouch models says what each of the others lacks"
    yield Finding("models", State.OK, f"{len(working)} of {len(models)} are available", advice)
    try:
        yield Finding("default model", State.OK, chooser.default().id)
    except RetouchError as error:
        advice = "mend one of them, or name another in default_order"
        yield Finding("default model", State.PROBLEM, error.message, advice)


def check_secret(settings: Settings) -> Finding:
    """What signs links."""
    found = "links are signed by RETOUCH_SECRET" if settings.secret else "links are signed by the database's own secret"
    return Finding("secret", State.OK, found)


async def check_public_url(settings: Settings, seconds: float) -> Finding:
    """Whether the address that links begin with is one that callers reach."""
    name, url = "public address", settings.public_url
    if url is None:
        if is_local(settings.host):
            return Finding(name, State.OK, "links begin with the address that a request came to")
        found = f"not set, and {settings.host} is reached from outside: behind a proxy, links would lead nowhere"
        return Finding(name, State.WARNING, found, "set RETOUCH_PUBLIC_URL to what callers use, such as https://...")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        return Finding(name, State.PROBLEM, f"{url} is no address", "set RETOUCH_PUBLIC_URL to one like https://host")
    if why := await asyncio.to_thread(_unreachable, f"{url}/healthz", seconds):
        advice = "start the server, or mend the proxy in front of it; or the address is reached from elsewhere only"
        return Finding(name, State.WARNING, f"{url} does not answer: {why}", advice)
    if parts.scheme == "http" and not is_local(parts.hostname):
        return Finding(name, State.WARNING, f"{url} answers, unencrypted", "put a proxy with TLS in front of it")
    return Finding(name, State.OK, f"{url} answers")


def is_local(host: str) -> bool:
    """Whether only this machine reaches a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _unreachable(url: str, seconds: float) -> str | None:
    """Why GET does not succeed. No proxy variable is heeded: the address is the operator's own."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=seconds):
            return None
    except urllib.error.HTTPError as error:
        error.close()
        return f"status {error.code}"
    except (OSError, HTTPException, ValueError) as error:
        return str(getattr(error, "reason", error)) or type(error).__name__
