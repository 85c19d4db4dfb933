"""A picture as a caller gives it: bytes, base64, a data URL or an address."""

import asyncio
import binascii
import re

import pybase64

from retouch.domain.edit import ImageInput
from retouch.domain.errors import Code, RetouchError, invalid_image
from retouch.domain.picture import Buffer
from retouch.domain.units import MB, in_words

#: pybase64 decodes 40 MB of clean text in 3 ms without the GIL; text with line breaks costs ten times that.
_THREAD_ABOVE = 2 * MB
_BLOCK = 256 * 1024
_LONGEST_URL = 8 * 1024
_LONGEST_DATA_HEAD = 1024
_BLANK = b" \t\r\n\v\f"
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_WEB = re.compile(rb"https?://", re.IGNORECASE)
_OTHER_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{0,31}:")
_PRINTABLE = re.compile(rb"[!-~]+")


def file_picture(label: str, data: Buffer, longest: int) -> ImageInput:
    """A picture sent as a file: its bytes as they are, whatever the part's type and file name claim.

    Raises RetouchError: INVALID_IMAGE when empty, PAYLOAD_TOO_LARGE over `longest` bytes; both name `label`.
    """
    if not len(data):
        raise invalid_image(label, f"`{label}`: the file is empty.")
    if len(data) > longest:
        raise too_large(label, longest)
    return ImageInput(label, data=data)


async def text_picture(label: str, text: Buffer, longest: int, *, binary: bool = True) -> ImageInput:
    """A picture sent as text: an http(s) address, a data URL, or bare base64 in either alphabet.

    With `binary`, raw picture bytes are taken as such: some clients send a file without a file name. `longest`
    bounds the decoded picture, bytes. Raises RetouchError (INVALID_IMAGE, PAYLOAD_TOO_LARGE) naming `label`.
    """
    if len(text) > _THREAD_ABOVE:
        return await asyncio.to_thread(read_text, label, text, longest, binary=binary)
    return read_text(label, text, longest, binary=binary)


def read_text(label: str, text: Buffer, longest: int, *, binary: bool) -> ImageInput:
    """`text_picture`, without regard for the event loop."""
    start = bytes(memoryview(text)[:_LONGEST_DATA_HEAD])
    head = start.lstrip(_BLANK)
    blanks = len(start) - len(head)
    if _WEB.match(head):
        return ImageInput(label, url=_address(label, text))
    if binary and _is_binary(start[:64]):
        return file_picture(label, text, longest)
    if head[:5].lower() == b"data:":
        blanks += _data_head(label, head)
    elif _OTHER_SCHEME.match(head[:64]):
        raise invalid_image(label, f"`{label}`: only http and https addresses, data URLs and base64 are read.")
    if len(text) > longest * 3 // 2 + _LONGEST_DATA_HEAD:
        raise too_large(label, longest)
    return file_picture(label, decode_base64(label, memoryview(text)[blanks:]), longest)


def too_large(label: str, longest: int) -> RetouchError:
    """The error for one picture over the bound of `longest` bytes."""
    return RetouchError(Code.PAYLOAD_TOO_LARGE, f"`{label}` is larger than {in_words(longest)}.", param=label)


def _is_binary(head: bytes) -> bool:
    """Whether text cannot start like this: every picture format has a NUL or a high byte in its first 64."""
    return b"\0" in head or not head.isascii()


def _address(label: str, text: Buffer) -> str:
    raw = bytes(memoryview(text)[: _LONGEST_URL + 1]).strip(_BLANK)
    if len(text) > _LONGEST_URL or not _PRINTABLE.fullmatch(raw):
        raise invalid_image(
            label, f"`{label}`: an address is at most {_LONGEST_URL} characters of ASCII, without blanks."
        )
    return raw.decode("ascii")


def _data_head(label: str, head: bytes) -> int:
    """The length of a data URL's head. Its type is ignored: what counts is what the bytes are."""
    comma = head.find(b",")
    if comma < 0 or not head[:comma].rstrip().lower().endswith(b";base64"):
        raise invalid_image(label, f"`{label}`: a data URL must hold base64 (data:image/png;base64,...).")
    return comma + 1


def decode_base64(label: str, text: memoryview) -> bytes:
    """The bytes that base64 text means, tidy or not. Raises RetouchError(INVALID_IMAGE) naming `label`."""
    try:
        return pybase64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return _untidy_base64(label, text)


def _untidy_base64(label: str, text: memoryview) -> bytes:
    """Base64 with blanks, the URL-safe alphabet or no padding; block by block, so that other threads get a turn."""
    tidy = bytearray()
    for start in range(0, len(text), _BLOCK):
        tidy += bytes(text[start : start + _BLOCK]).translate(_TO_STANDARD, _BLANK)
    padding = len(tidy) - len(tidy.rstrip(b"="))
    del tidy[len(tidy) - min(padding, 2) :]
    tidy += b"=" * (-len(tidy) % 4)
    try:
        return pybase64.b64decode(tidy, validate=True)
    except (binascii.Error, ValueError):
        raise invalid_image(label, f"`{label}` is neither a picture nor base64, a data URL or an address.") from None
