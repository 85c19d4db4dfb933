"""The kinds of scalar that a field can hold: each reads a value from text or JSON and says what it allows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from retouch.domain.errors import RetouchError, invalid
from retouch.domain.picture import Size

_WHOLE = re.compile(r"([+-]?[0-9]{1,19})(?:\.0*)?")
_SIZE = re.compile(r"([0-9]{1,5})\s*[xX×*]\s*([0-9]{1,5})")

#: fal's image_size presets (fal.ai model pages, `ImageSize`), accepted wherever a size is.
SIZE_NAMES: dict[str, Size] = {
    "square_hd": Size(1024, 1024),
    "square": Size(512, 512),
    "portrait_4_3": Size(768, 1024),
    "portrait_16_9": Size(576, 1024),
    "landscape_4_3": Size(1024, 768),
    "landscape_16_9": Size(1024, 576),
}


class Kind(Protocol):
    """How the value of a field is read."""

    @property
    def allowed(self) -> str:
        """What is allowed, to complete the sentence "`field` must be ..."."""
        ...

    def read(self, param: str, raw: object) -> object:
        """The value that `raw` (text, or what JSON gave) means. Raises RetouchError(INVALID_REQUEST)."""
        ...


def _refused(kind: Kind, param: str) -> RetouchError:
    return invalid(param, f"`{param}` must be {kind.allowed}.")


@dataclass(frozen=True, slots=True)
class Text:
    """Words, at most `longest` characters, without NUL; `trimmed` takes the blanks off both ends."""

    longest: int
    trimmed: bool = False

    @property
    def allowed(self) -> str:
        return f"text of at most {self.longest} characters"

    def read(self, param: str, raw: object) -> object:
        if not isinstance(raw, str):
            raise _refused(self, param)
        text = raw.strip() if self.trimmed else raw
        if len(text) > self.longest:
            raise _refused(self, param)
        if "\0" in text:
            raise invalid(param, f"`{param}` holds a NUL character.")
        return text


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `low` to `high`, also as text ("3", "3.0") or an integral float (3.0)."""

    low: int
    high: int

    @property
    def allowed(self) -> str:
        return f"a whole number from {self.low} to {self.high}"

    def read(self, param: str, raw: object) -> object:
        number = self._number(raw)
        if number is None or not self.low <= number <= self.high:
            raise _refused(self, param)
        return number

    @staticmethod
    def _number(raw: object) -> int | None:
        if isinstance(raw, bool):
            return None
        if isinstance(raw, int):
            return raw
        if isinstance(raw, float):
            return int(raw) if raw.is_integer() else None
        match = _WHOLE.fullmatch(raw.strip()) if isinstance(raw, str) else None
        return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class Switch:
    """True or false, as JSON or as text: true, false, 1, 0, in any case (Python's SDK sends true, curl anything)."""

    allowed: str = field(default="true or false", init=False)

    def read(self, param: str, raw: object) -> object:
        word = str(raw).strip().lower() if isinstance(raw, str | int) else ""
        if word in ("true", "1"):
            return True
        if word in ("false", "0"):
            return False
        raise _refused(self, param)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words, in any case; each stands for a value."""

    words: Mapping[str, object]

    @property
    def allowed(self) -> str:
        return "one of " + ", ".join(self.words)

    def read(self, param: str, raw: object) -> object:
        word = raw.strip().lower() if isinstance(raw, str) else None
        if word is None or word not in self.words:
            raise _refused(self, param)
        return self.words[word]


@dataclass(frozen=True, slots=True)
class Dimensions:
    """`auto`, WIDTHxHEIGHT in pixels with edges from 1 to `longest`, or a preset's name."""

    longest: int = 8192

    @property
    def allowed(self) -> str:
        return f"auto, WIDTHxHEIGHT with edges from 1 to {self.longest}, or one of " + ", ".join(SIZE_NAMES)

    def read(self, param: str, raw: object) -> object:
        word = raw.strip().lower() if isinstance(raw, str) else ""
        if word == "auto":
            return "auto"
        if word in SIZE_NAMES:
            return SIZE_NAMES[word]
        match = _SIZE.fullmatch(word)
        if match is None:
            raise _refused(self, param)
        size = Size(int(match[1]), int(match[2]))
        if not (1 <= size.width <= self.longest and 1 <= size.height <= self.longest):
            raise _refused(self, param)
        return size
