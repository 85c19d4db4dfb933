"""Which addresses are used at all, looked at before anything is sent."""

import re

from yarl import URL

from retouch.fetch.addresses import is_disguised, is_literal
from retouch.fetch.connections import ClosedAddressError, Gate
from retouch.fetch.settings import FetchSettings

_HOST = re.compile(r"[A-Za-z0-9._:-]+")


class UnfitError(ValueError):
    """The address is of no kind that is used; the message says which are."""


def is_named(target: URL, settings: FetchSettings, gate: Gate) -> bool:
    """Whether the operator named the host; else it is one that may be public, which its connection has to show.

    Raises UnfitError, and ClosedAddressError for one that is not public on its face.
    """
    host, port = target.raw_host or "", target.port
    if target.scheme not in ("http", "https") or port is None or not _HOST.fullmatch(host):
        raise UnfitError("only http and https addresses are used.")
    if target.raw_user is not None or target.raw_password is not None:
        raise UnfitError("an address must not hold a user name or a password.")
    if settings.opens(host, port):
        return True
    if port not in settings.ports:
        ports = " and ".join(str(allowed) for allowed in sorted(settings.ports))
        raise UnfitError(f"addresses are used on port {ports} only.")
    if is_disguised(host) or (is_literal(host) and not gate(host)):
        raise ClosedAddressError("closed address")
    return False
