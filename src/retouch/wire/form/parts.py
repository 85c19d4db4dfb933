"""The parts of a multipart body: python-multipart's callbacks turned into bounded `Part`s."""

from dataclasses import dataclass, field

from retouch.domain.errors import Code, RetouchError
from retouch.wire.form import header
from retouch.wire.form.bounds import FormBounds
from retouch.wire.form.draft import Draft
from retouch.wire.form.fields import Role, Slot, slot_of, unknown
from retouch.wire.form.pictures import too_large

#: Bytes from which on a piece is kept as it came. A buffer that grows with each piece is moved about, megabytes at a
#: time; but a thousand tiny pieces would take more memory than their bytes.
_LARGE = 16 * 1024


@dataclass(slots=True)
class Part:
    """One part: what it is for, what to call it in a message, and its bytes, at most `limit`, once it is complete."""

    slot: Slot
    label: str
    limit: int
    is_file: bool
    transfer: str
    data: bytes | bytearray = b""
    size: int = 0
    _pieces: list[memoryview | bytearray] = field(default_factory=list)

    def add(self, piece: memoryview) -> None:
        """The next bytes."""
        self.size += len(piece)
        if len(piece) >= _LARGE:
            self._pieces.append(piece)
        elif self._pieces and isinstance(last := self._pieces[-1], bytearray):
            last += piece
        else:
            self._pieces.append(bytearray(piece))

    def complete(self) -> None:
        """No more will come: copied once, into one buffer."""
        self.data = b"".join(self._pieces)
        self._pieces = []


def broken(reason: str) -> RetouchError:
    """The error for a body that is no well-formed multipart/form-data."""
    return RetouchError(Code.INVALID_REQUEST, f"The multipart body cannot be read: {reason}.", param="body")


class PartReader:
    """python-multipart's callbacks: headers into a `Part`, bytes into its data, each within bounds.

    They raise RetouchError: INVALID_REQUEST for a body that breaks the form's rules, PAYLOAD_TOO_LARGE for a part
    over its bound, UNSUPPORTED_PARAMETER for a field that nobody knows.
    """

    def __init__(self, bounds: FormBounds, draft: Draft) -> None:
        self.bounds = bounds
        self.ended = False
        self._draft = draft
        self._count = 0
        self._header_bytes = 0
        self._name = bytearray()
        self._value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._part: Part | None = None
        self._complete: list[Part] = []

    def take(self) -> list[Part]:
        """The parts completed since the last call."""
        complete, self._complete = self._complete, []
        return complete

    def on_part_begin(self) -> None:
        self._count += 1
        if self._count > self.bounds.parts:
            raise broken(f"it has more than {self.bounds.parts} parts")
        self._header_bytes = 0
        self._headers = {}

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self._headers.setdefault(bytes(self._name).lower(), bytes(self._value))
        self._name.clear()
        self._value.clear()

    def on_headers_finished(self) -> None:
        try:
            disposition = self._headers.get(b"content-disposition", b"").decode("utf-8")
        except UnicodeDecodeError:
            raise broken("the name of a part is not UTF-8") from None
        kind, parameters = header.parse(disposition)
        if kind != "form-data" or not parameters.get("name"):
            raise broken("a part has no content-disposition: form-data with a name")
        slot = slot_of(parameters["name"])
        transfer = self._headers.get(b"content-transfer-encoding", b"").decode("latin-1").strip().lower()
        self._part = self._open(slot, bool(parameters.get("filename")), transfer)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part is None:
            raise broken("a part has no headers")
        if part.size + end - start > part.limit:
            raise self._over(part)
        part.add(memoryview(data)[start:end])

    def on_part_end(self) -> None:
        if self._part is not None:
            self._part.complete()
            self._complete.append(self._part)
        self._part = None

    def on_end(self) -> None:
        self.ended = True

    def _count_header(self, amount: int) -> None:
        self._header_bytes += amount
        if self._header_bytes > self.bounds.header_bytes:
            raise broken(f"the headers of a part exceed {self.bounds.header_bytes} bytes")

    def _open(self, slot: Slot, is_file: bool, transfer: str) -> Part:
        label = slot.name
        limit = 0
        if slot.role in (Role.IMAGE, Role.MASK):
            label = self._draft.label(slot)
            limit = self.bounds.image_bytes if is_file and transfer != "base64" else self.bounds.image_text_bytes
        elif slot.role is Role.SCALAR:
            limit = self.bounds.text_bytes
        return Part(slot, label, limit, is_file, transfer)

    def _over(self, part: Part) -> RetouchError:
        if part.slot.role is Role.UNKNOWN:
            return unknown(part.slot.name)
        if part.slot.role is Role.SCALAR:
            return RetouchError(
                Code.PAYLOAD_TOO_LARGE, f"`{part.label}` is longer than {part.limit} bytes.", param=part.label
            )
        return too_large(part.label, self.bounds.image_bytes)
