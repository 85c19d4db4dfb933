"""A multipart/form-data body, parsed as it arrives into bounded memory."""

import logging

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from retouch.domain.errors import invalid
from retouch.wire.form.body import Body
from retouch.wire.form.bounds import FormBounds, Lease
from retouch.wire.form.draft import Draft
from retouch.wire.form.fields import Role
from retouch.wire.form.parts import Part, PartReader, broken
from retouch.wire.form.pictures import decode_base64, file_picture, text_picture

_LONGEST_BOUNDARY = 200
#: python-multipart warns once for every malformed body: a caller's fault, answered and no line in our log.
_QUIET = logging.Logger("python_multipart.quiet", logging.CRITICAL)


async def fill_from_multipart(draft: Draft, body: Body, boundary: str, bounds: FormBounds, lease: Lease) -> None:
    """Read a multipart body to its end into `draft`; fields and files in any order, pictures in body order.

    `boundary` is the content-type's parameter. Raises RetouchError (as `PartReader` and the values do) at the first
    fault, without reading on; and what `Body.piece` raises.
    """
    reader = PartReader(bounds, draft)
    feed = _Feed(boundary, reader)
    while piece := await body.piece():
        feed.write(piece)
        for part in reader.take():
            await _keep(part, draft, bounds, lease)
    if not reader.ended:
        raise broken("it ends before its closing boundary")


async def _keep(part: Part, draft: Draft, bounds: FormBounds, lease: Lease) -> None:
    size = len(part.data)
    is_picture = part.slot.role in (Role.IMAGE, Role.MASK)
    if not size and not (is_picture and part.is_file):
        return  # an empty part is an absent field, also one that nobody knows
    data = _transferred(part)
    if not is_picture:
        draft.set_scalar(part.slot, _text(part.label, data))
    elif part.is_file:
        draft.add_picture(part.slot, file_picture(part.label, data, bounds.image_bytes))
    else:
        picture = await text_picture(part.label, data, bounds.image_bytes)
        if picture.data is not data:
            lease.take(len(picture.data or b""))
            lease.give(size)
        draft.add_picture(part.slot, picture)


def _transferred(part: Part) -> bytes | bytearray:
    """The bytes of a part under its content-transfer-encoding, which RFC 7578 deprecates and old Java clients send."""
    if part.transfer in ("", "binary", "8bit", "7bit"):
        return part.data
    if part.transfer == "base64":
        return decode_base64(part.label, memoryview(part.data))
    raise invalid(part.label, f"`{part.label}`: its content-transfer-encoding is not supported; send it as it is.")


def _text(label: str, data: bytes | bytearray) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid(label, f"`{label}` is not UTF-8.") from None


class _Feed:
    """Hands pieces to python-multipart, from the first boundary on: it knows no preamble (RFC 2046, 5.1.1)."""

    def __init__(self, boundary: str, reader: PartReader) -> None:
        if not 1 <= len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii():
            raise broken("its content-type has no boundary, or one that is too long")
        self._first = b"--" + boundary.encode("ascii")
        self._longest_preamble = reader.bounds.header_bytes
        self._preamble: bytearray | None = bytearray()
        self._parser = MultipartParser(
            boundary.encode("ascii"),
            {
                "on_part_begin": reader.on_part_begin,
                "on_header_field": reader.on_header_field,
                "on_header_value": reader.on_header_value,
                "on_header_end": reader.on_header_end,
                "on_headers_finished": reader.on_headers_finished,
                "on_part_data": reader.on_part_data,
                "on_part_end": reader.on_part_end,
                "on_end": reader.on_end,
            },
            max_header_count=reader.bounds.parts,
            max_header_size=reader.bounds.header_bytes,
        )
        self._parser.logger = _QUIET

    def write(self, piece: bytes) -> None:
        if self._preamble is not None:
            piece = self._past_preamble(piece)
        try:
            self._parser.write(piece)
        except FormParserError:
            raise broken("its boundaries or part headers are malformed") from None

    def _past_preamble(self, piece: bytes) -> bytes:
        seen = bytes(self._preamble or b"") + piece
        start = 0 if seen.startswith(self._first) else seen.find(b"\r\n" + self._first)
        if start >= 0:
            self._preamble = None
            return seen[start:]
        if len(seen) > self._longest_preamble:
            raise broken("its first boundary is missing")
        self._preamble = bytearray(seen)
        return b""
