"""Which IP addresses are the public internet's, and which hosts are written in a way that hides one."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

#: Not global whatever the running Python's tables say (IANA special-purpose registries; Python 3.11 and 3.12 differ),
#: and the one public-looking address that is a cloud's own: Azure's platform endpoint.
_CLOSED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
#: Everything but global unicast is closed, so these are the holes in 2000::/3: IETF protocols with Teredo,
#: documentation, 6to4, and the direct delegation of AS112.
_GLOBAL_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
_NAT64 = IPv6Network("64:ff9b::/96")
#: ISATAP (RFC 5214) writes an IPv4 address behind one of these 32 bits.
_ISATAP = (0x00005EFE, 0x02005EFE)
#: As the WHATWG URL standard: a host whose last label is a number is an IPv4 address in some spelling.
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?")


def is_public(text: str) -> bool:
    """Whether an IP address, as a resolver writes it, belongs to the public internet.

    IPv4 inside IPv6 (mapped, NAT64) is judged as itself; tunnels (6to4, Teredo, ISATAP) and scoped addresses are not
    public. What is no address is not public.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        inner = _unmapped(address)
        return _is_public_v6(address) if inner is None else _is_public_v4(inner)
    return _is_public_v4(address)


def is_disguised(host: str) -> bool:
    """Whether a host is a number in a spelling other than four plain decimals: 0x7f.1, 017700000001, 2130706433."""
    if not _NUMBER.fullmatch(host):
        return False
    try:
        IPv4Address(host)
    except ValueError:
        return True
    return False


def is_literal(host: str) -> bool:
    """Whether a host is an IP address, not a name. Brackets of a URL must be gone."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _unmapped(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not any(address in network for network in _CLOSED_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    if address not in _GLOBAL_V6 or any(address in network for network in _CLOSED_V6):
        return False
    return address.is_global and (int(address) >> 32) & 0xFFFFFFFF not in _ISATAP
