"""Which addresses are the public internet's."""

from retouch.fetch import is_public
from retouch.fetch.addresses import is_disguised

PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = [
    "0.0.0.0",  # noqa: S104 - nothing is bound here
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:10.0.0.1",
    "::ffff:0:8.8.8.8",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:808:808::",
    "2001:db8::1",
    "2002:808:808::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2606:4700::5efe:10.0.0.1",
    "2606:4700::200:5efe:a00:1",
    "2606:4700::1%1",
    "localhost",
    "127.1",
    "1.1.1",
    "0x1.1.1.1",
    "01.1.1.1",
]


def test_which_addresses_are_public() -> None:
    """Only the public internet is public, whatever an address is wrapped in."""
    assert [address for address in PUBLIC if not is_public(address)] == []
    assert [address for address in PRIVATE if is_public(address)] == []


def test_disguises() -> None:
    """A number is an address in some spelling; a name with a number in it is a name."""
    assert all(map(is_disguised, ["1", "127.1", "0x7f.1", "a.0x7f", "1.1.1.1.", "256.1.1.1", "01.1.1.1", "a.b.1"]))
    assert not any(map(is_disguised, ["1.1.1.1", "1password.com", "a1", "3d.test", "1.e100.net", "0xyz", "::1"]))
