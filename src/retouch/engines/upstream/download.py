"""Results that a provider answers as addresses: read from its own hosts only."""

from collections.abc import Mapping
from dataclasses import dataclass

from yarl import URL

from retouch.domain.errors import UpstreamFailure
from retouch.domain.picture import Picture
from retouch.engines.upstream.client import Client
from retouch.engines.upstream.failures import cut_off, unusable
from retouch.engines.upstream.pictures import BOUNDS, open_base64, open_picture


@dataclass(frozen=True, slots=True)
class MediaHosts:
    """Where a provider's results may lie: its base address's host and port, and the `others`.

    Each of `others` is a host, `host:port`, or `*.domain` (any host below it), read over https unless the base
    address itself is http. These are the operator's and the provider's word, never a caller's (design.md, Safety).
    """

    base: str
    others: tuple[str, ...] = ()

    def address(self, text: str) -> URL | None:
        """The absolute address, or None where it is not to be read."""
        try:
            base = URL(self.base)
            url = base.join(URL(text, encoded=True))
        except ValueError:
            return None
        if url.raw_user is not None or url.raw_password is not None or not url.raw_host:
            return None
        if self.is_base(url):
            return url
        plain = base.scheme == "http" and url.scheme == "http"
        return url if (plain or url.scheme == "https") and self._is_listed(url) else None

    def is_base(self, url: URL) -> bool:
        """True where the provider itself answers, so that its key may be sent along."""
        base = URL(self.base)
        return (url.scheme, _host(url), url.port) == (base.scheme, _host(base), base.port)

    def _is_listed(self, url: URL) -> bool:
        host = _host(url)
        for other in self.others:
            if other.startswith("*.") and host.endswith(other[1:]) and url.is_default_port():
                return True
            if other == f"{host}:{url.port}" or (other == host and url.is_default_port()):
                return True
        return False


def _host(url: URL) -> str:
    return (url.raw_host or "").lower()


async def download(
    client: Client, provider: str, text: str, hosts: MediaHosts, *, deadline: float, headers: Mapping[str, str]
) -> Picture:
    """The picture behind an address that a provider gave: absolute, relative to its base, or a `data:` address.

    `headers` (the key) go to the provider's own host alone. Raises UpstreamFailure; since the provider has done its
    work by then, never one that says it has not.
    """
    if text.startswith("data:"):
        return open_base64(provider, text)
    url = hosts.address(text)
    if url is None:
        raise unusable(provider, "its result lies on a host that is not listed")
    own = headers if hosts.is_base(url) else {}
    try:
        async with client.send(provider, "GET", str(url), deadline=deadline, headers=own) as answer:
            if answer.status != 200:
                raise unusable(provider, f"its result cannot be read (status {answer.status})")
            return open_picture(provider, await answer.read(BOUNDS.bytes))
    except UpstreamFailure as failure:
        if failure.accepted == "no":
            raise cut_off(provider, "its result could not be read") from None
        raise
