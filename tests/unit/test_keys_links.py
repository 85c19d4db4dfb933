"""A signed link opens one file, until it expires, and nothing else."""

from urllib.parse import parse_qs, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from retouch.stores.links import sign, signed, verify

OLD, NEW = b"o" * 32, b"n" * 32
PATH = "/v1/files/outputs/2026-11-21/edit_1/0.png"
END = 2_000_000_000


def test_a_signature_holds_until_it_expires() -> None:
    """At the second itself it no longer does."""
    signature = sign(PATH, END, NEW)
    assert verify(PATH, END, signature, [NEW], now=END - 1)
    assert not verify(PATH, END, signature, [NEW], now=END)


def test_nothing_about_it_can_be_changed() -> None:
    """Neither path, nor end, nor purpose, nor signature, nor secret."""
    signature = sign(PATH, END, NEW)
    assert not verify(PATH.replace("0.png", "1.png"), END, signature, [NEW], now=0)
    assert not verify(PATH, END + 1, signature, [NEW], now=0)
    assert not verify(PATH, END, signature, [NEW], now=0, purpose="write")
    assert not verify(PATH, END, signature, [OLD], now=0)
    assert not verify(PATH, END, signature, [], now=0)
    for place in range(len(signature)):
        other = "A" if signature[place] != "A" else "B"
        changed = signature[:place] + other + signature[place + 1 :]
        assert not verify(PATH, END, changed, [NEW], now=0)


@given(st.text())
def test_no_invented_signature_holds_or_raises(signature: str) -> None:
    """Whatever stands in the query."""
    assert not verify(PATH, END, signature, [NEW, OLD], now=0)


@given(st.text(), st.text(), st.integers(0, END), st.integers(0, END))
def test_what_was_signed_cannot_be_read_as_something_else(one: str, other: str, end: int, later: int) -> None:
    """No path and end run together into another pair with the same signature."""
    same = (one, end) == (other, later)
    assert verify(other, later, sign(one, end, NEW), [NEW], now=-1) == same


def test_two_secrets_hold_while_they_are_rotated() -> None:
    """Links signed with the old one live on."""
    assert verify(PATH, END, sign(PATH, END, OLD), [NEW, OLD], now=0)
    assert verify(PATH, END, sign(PATH, END, NEW), [NEW, OLD], now=0)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_signed_path_survives_being_part_of_a_url(name: str) -> None:
    """Quoted, and read back as every server does."""
    url = urlsplit("http://127.0.0.1:8080" + signed("/v1/files/" + name, END, NEW))
    query = parse_qs(url.query)
    assert verify(unquote(url.path), int(query["expires"][0]), query["signature"][0], [NEW], now=0)
