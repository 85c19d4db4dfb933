"""Pictures inside JSON, encoded as they are sent."""

import base64
import tracemalloc

import orjson
import pytest

from retouch.engines.upstream import Base64, base64_json
from retouch.engines.upstream.body import SLICE


@pytest.mark.parametrize("size", [0, 1, 2, 3, SLICE // 4 * 3, SLICE // 4 * 3 + 1, 200_001])
def test_json_with_pictures(size: int) -> None:
    """What is sent parses to the value with base64 in place, and is as long as announced."""
    data = bytes(range(256)) * (size // 256 + 1)
    data = data[:size]
    value = {"a": Base64(data), "b": ["“x”", Base64.data_uri(memoryview(data), "image/png")], "c": 1}
    body = base64_json(value)
    sent = b"".join(bytes(piece) for piece in body.pieces())
    text = base64.b64encode(data).decode()
    assert orjson.loads(sent) == {"a": text, "b": ["“x”", f"data:image/png;base64,{text}"], "c": 1}
    assert (len(sent), body.content_type) == (body.length, "application/json")
    assert sent == b"".join(bytes(piece) for piece in body.pieces())


def test_memory_does_not_grow_with_pictures() -> None:
    """Slices are encoded one at a time."""
    data = bytes(20_000_000)
    tracemalloc.start()
    try:
        body = base64_json({"images": [Base64(data), Base64(data)]})
        assert sum(len(piece) for piece in body.pieces()) == body.length
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_only_what_json_knows() -> None:
    """Anything else is a bug of ours."""
    with pytest.raises(TypeError):
        base64_json({"a": object()})
