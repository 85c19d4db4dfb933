"""The pieces that engines are made of, each by itself."""

import base64
import json
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouch.domain.engine import Usage
from retouch.domain.errors import UpstreamFailure
from retouch.domain.picture import Buffer
from retouch.engines.upstream import (
    Events,
    Lifted,
    Lifting,
    MediaHosts,
    clean,
    find_key,
    images_in,
    open_base64,
    read_problem,
)
from retouch.engines.upstream.base64_text import Base64Text
from upstreams.drawing import draw, draw64

TEXTS = st.text() | st.sampled_from(['"b64_json":"x"', "b64_json", '\\"b64_json\\": \\"', "\\", '"', "a\\/b"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


def string(text: Base64Text) -> Any:
    """What a lifted string says, read as JSON."""
    return json.loads(b'"' + b"".join(text.pieces) + b'"')


def lifted(body: bytes, step: int) -> Lifted:
    """What is lifted from a body that comes in pieces of so many bytes."""
    lifting = Lifting()
    for at in range(0, len(body), step):
        lifting.add(body[at : at + step])
    return lifting.end()


def put_back(value: Any, texts: tuple[Any, ...]) -> Any:
    """A lifted body with its strings in place again."""
    if isinstance(value, dict):
        numbered = {name: item for name, item in value.items() if name == "b64_json" and type(item) is int}
        return {
            name: string(texts[numbered[name]]) if name in numbered else put_back(item, texts)
            for name, item in value.items()
        }
    return [put_back(item, texts) for item in value] if isinstance(value, list) else value


@given(VALUES, st.lists(st.binary()), st.sampled_from([None, 1]), st.sampled_from([1, 2, 3, 17, 1000, 10**6]))
def test_lifting_finds_the_keys_and_nothing_else(
    value: Any, pictures: list[bytes], indent: int | None, step: int
) -> None:
    """Whatever texts stand around, however they are cut, put back together it is what the parser would have read."""
    entries = [{"before": value, "b64_json": base64.b64encode(data).decode(), "after": value} for data in pictures]
    body = {"data": entries, "value": [{"b64_json": None}, {"b64_json": [value]}]}
    found = lifted(json.dumps(body, indent=indent).encode(), step)
    assert len(found.texts) >= len(pictures)
    assert put_back(found.value, found.texts)["data"] == json.loads(json.dumps(entries))
    taken = [found.text(entry["b64_json"]) for entry in found.value["data"]]
    assert [text.decoded() for text in taken if text is not None] == pictures


@pytest.mark.parametrize("step", [1, 2, 3, 20, 1000])
def test_a_key_that_only_ends_like_the_one_is_another(step: int) -> None:
    """Its quote is escaped, also where the backslash came with the piece before, or long before."""
    for length in range(140):
        found = lifted(b'{"a\\"b64_json":"' + b"x" * length + b'","b64_json":"QUJD"}', step)
        assert found.value == {'a"b64_json': "x" * length, "b64_json": 0}


def test_a_picture_that_comes_in_crumbs_is_kept_in_larger_pieces() -> None:
    """What is kept, and sent on, is not a thousand times as much as the picture; what comes large stays as it is."""
    data = os.urandom(30_000)
    text, made, large = base64.b64encode(data), Base64Text(), b"QUJD" * 2000
    for byte in text:
        made.add(bytes([byte]))
    made.add(large)
    assert made
    assert len(made.pieces) <= len(text) // 4096 + 2
    assert made.pieces[-1] is large
    assert made.decoded() == data + b"ABC" * 2000
    assert b"".join(made.pieces) == text + large


@pytest.mark.parametrize("step", [1, 2, 5, 100])
def test_escaped_slashes_in_base64(step: int) -> None:
    """Some servers write \\/ for /."""
    found = lifted(b'{"b64_json" : "ab\\/cQUI=", "b": "\\\\"}', step)
    text = found.text(found.value["b64_json"])
    assert text is not None
    assert (text.decoded(), text.pieces) == (base64.b64decode("ab/cQUI="), (b"ab/cQUI=",))


@pytest.mark.parametrize("step", [1, 3, 4, 5, 7, 100])
@pytest.mark.parametrize("text", ["QUI=QUJD", "QUJDR", "QUJD=", "QUJD====", "QU JD", "QUJDé", "=QUJ"])
def test_broken_base64_is_found_however_it_is_cut(text: str, step: int) -> None:
    """Padding in its midst, a character too few, or one that is none of its alphabet."""
    made = Base64Text()
    raw = text.encode()
    for at in range(0, len(raw), step):
        made.add(raw[at : at + step])
    with pytest.raises(ValueError, match=r"base64|digit|padding"):
        made.decoded()


@pytest.mark.parametrize("body", [b'{"b64_json":"abc', b'{"b64_json":"abc"', b"", b"\xff\xfe", b'{"b64_json"'])
def test_lifting_from_what_is_no_json(body: bytes) -> None:
    """Always ValueError."""
    with pytest.raises(ValueError, match=r"str|JSON|unexpected|empty"):
        lifted(body, 5)


class Told:
    """Keeps an event's data."""

    def __init__(self) -> None:
        self.data = b""

    def add(self, piece: Buffer) -> None:
        """What comes next."""
        self.data += piece


STREAM = b': hi\n\nevent: a\ndata: {"x":1}\n\ndata:\n\nid: 3\n\nretry: 1\n\ndata: 1\ndata: 2\r\n\r\ndata: [DONE]\n\n'


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_events_whatever_the_pieces(step: int) -> None:
    """Comments, ids and empty events are skipped wherever the stream is cut."""
    events = Events(1000, Told)
    fed = [event for at in range(0, len(STREAM), step) for event in events.feed(STREAM[at : at + step])]
    found = [(name, told.data) for name, told in fed]
    assert found == [("a", b'{"x":1}'), ("", b"1\n2")]
    assert list(events.rest()) == []


def test_an_endless_event_is_given_up() -> None:
    """Its size is bounded."""
    with pytest.raises(ValueError, match="too large"):
        list(Events(10, Told).feed(b"data: " + b"x" * 10))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Your request was\r\nrejected.\x00", "Your request was rejected."),
        ("see https://api.example.com/keys now", "see [...] now"),
        ("Bearer abc is wrong", "[...] is wrong"),
        ("key sk-proj-1234567890 is", "key [...] is"),
        ("key sk-st******1234 is", "key [...] is"),
        ("AIzaSy" + "x" * 33, "[...]"),
        ("hash " + "a1" * 32, "hash [...]"),
        ("x " * 500, "x " * 98 + "x..."),
    ],
)
def test_what_is_passed_on_of_a_message(said: str, told: str) -> None:
    """One short line without addresses and secrets."""
    assert clean(said) == told
    assert len(told) <= 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error":{"message":"m","type":"t","param":"image[2]","code":"c"}}', ("m", "c", "image")),
        (b'{"error":{"code":400,"message":"m","type":"t"}}', ("m", "t", None)),
        (b'{"error":"m"}', ("m", "", None)),
        (b'{"error":"server_error","message":"m"}', ("m", "", None)),
        (b'{"detail":"m"}', ("m", "", None)),
        (b'{"detail":[{"loc":["body","mask"],"msg":"m","type":"missing"}]}', ("m", "missing", "mask")),
        (b'{"detail":[]}', ("", "", None)),
        (b'{"message":"m","code":"c"}', ("m", "c", None)),
        (b'{"error":{"message":["m"],"code":{}}}', ("", "", None)),
        (b"[1]", ("", "", None)),
        (b"<html>", ("", "", None)),
    ],
)
def test_shapes_of_errors(body: bytes, said: tuple[str, str, str | None]) -> None:
    """All say the same: a message, a code, a field."""
    problem = read_problem(400, {}, body)
    assert (problem.message, problem.code, problem.param) == said


HOSTS = MediaHosts("https://api.example.com/v1", ("cdn.example.com", "*.media.example", "other.example:8443"))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("/x.png", True),
        ("x.png", True),
        ("https://api.example.com/x", True),
        ("https://api.example.com:443/x", True),
        ("https://cdn.example.com/x", True),
        ("https://a.b.media.example/x", True),
        ("https://other.example:8443/x", True),
        ("https://API.example.com/x", True),
        ("http://api.example.com/x", False),
        ("http://cdn.example.com/x", False),
        ("https://media.example/x", False),
        ("https://evilmedia.example/x", False),
        ("https://cdn.example.com:8443/x", False),
        ("https://api.example.com:8443/x", False),
        ("https://key@cdn.example.com/x", False),
        ("https://cdn.example.com.evil.example/x", False),
        ("//evil.example/x", False),
        ("file:///x", False),
    ],
)
def test_where_results_may_lie(text: str, read: bool) -> None:
    """The provider's own host, and those that are listed, over the scheme that they should have."""
    assert (HOSTS.address(text) is not None) is read


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"input_tokens": 5, "output_tokens": 7}, Usage(input_text=5, output_image=7)),
        ({"input_tokens_details": {"text_tokens": 1, "image_tokens": 2}}, Usage(input_text=1, input_image=2)),
        ({"input_tokens": -5, "output_tokens": "many"}, Usage()),
        (None, None),
        ([], None),
    ],
)
def test_counts_of_tokens(usage: object, counted: Usage | None) -> None:
    """What is not a count counts nothing."""
    body = Lifting()
    body.add(json.dumps({"data": [{"b64_json": "AA=="}], "usage": usage}).encode())
    assert images_in("t", body)[1] == counted


def test_pictures_are_known_by_their_bytes() -> None:
    """A data: address is as good as plain base64; what is no picture is the provider's failure."""
    assert open_base64("t", "data:image/jpeg;base64," + draw64((9, 7), "webp")).format == "webp"
    assert open_base64("t", base64.b64encode(draw((9, 7)))).size.width == 9
    for text in ("", "AAAA", "data:,", "%%%%", "é", os.urandom(30).hex()):
        with pytest.raises(UpstreamFailure, match="cannot be used"):
            open_base64("t", text)


def test_keys_are_found_where_operators_put_them() -> None:
    """The setting first, then the variables in order, without the space around a pasted key."""
    assert find_key({"api_key": " a\n"}, {"B": "b"}, "B") == "a"
    assert find_key({"api_key": ""}, {"A": " ", "B": "b"}, "A", "B") == "b"
    assert find_key({}, {}) == ""
    for key in ("a b", "a\r\nx: y", "schlüssel"):
        with pytest.raises(ValueError, match="OPENAI_API_KEY"):
            find_key({"api_key": key}, {}, "OPENAI_API_KEY")
