"""Connections that end at public addresses only: a resolver that refuses, and a last gate at the socket."""

import socket
from collections.abc import Callable

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

#: Says whether an IP address may be connected to.
Gate = Callable[[str], bool]


class ClosedAddressError(OSError):
    """The host has an address that is not the public internet's."""


class PublicResolver(AbstractResolver):
    """Asks another resolver and refuses a host with any closed address.

    aiohttp connects to exactly what this returns, so a name cannot change its mind between check and connection.
    """

    def __init__(self, inner: AbstractResolver, gate: Gate) -> None:
        self._inner = inner
        self._gate = gate

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if not found or not all(self._gate(result["host"]) for result in found):
            raise ClosedAddressError("closed address")
        return found

    async def close(self) -> None:
        await self._inner.close()


def open_session(resolver: AbstractResolver, gate: Gate | None) -> aiohttp.ClientSession:
    """A client without cookies, proxies, decompression or connections kept for later.

    With a gate, each socket is checked against it just before it connects: aiohttp does not ask the resolver about
    literal addresses (integration.md, section 4).
    """

    def gated_socket(info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        family, kind, protocol, _, address = info
        if gate is not None and not gate(str(address[0])):
            raise ClosedAddressError("closed address")
        return socket.socket(family=family, type=kind, proto=protocol)

    connector = aiohttp.TCPConnector(
        resolver=resolver if gate is None else PublicResolver(resolver, gate),
        socket_factory=gated_socket,
        use_dns_cache=False,
        force_close=True,
        limit=0,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        headers={"accept": "image/*", "accept-encoding": "identity", "user-agent": "Retouch"},
    )
