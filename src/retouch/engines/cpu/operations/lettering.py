"""Lines of text as coverage masks, in the fonts that OpenCV carries (Latin, Greek, Cyrillic, Chinese, Japanese,
Korean)."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from retouch.domain.errors import Code, RetouchError
from retouch.engines.cpu.grammar.examples import can_do
from retouch.engines.cpu.operations.curves import Pixels

_REGULAR, _BOLD = 450, 750
_LEADING = 1.3


@dataclass(frozen=True, slots=True)
class Lettering:
    """A font size in pixels and a weight."""

    size: int
    bold: bool = False

    def width(self, line: str) -> int:
        """How wide a line is, pixels."""
        weight = _BOLD if self.bold else _REGULAR
        box = cv2.getTextSize((0, 0), line or " ", (0, 0), _font(), self.size, weight)
        return int(box[2])

    def wrapped(self, words: str, width: int) -> list[str]:
        """Lines no wider than `width` where words allow it; the caller's own line breaks are kept."""
        lines: list[str] = []
        for paragraph in words.replace("\\n", "\n").splitlines():
            line = ""
            for word in paragraph.split():
                longer = f"{line} {word}".strip()
                if line and self.width(longer) > width:
                    lines.append(line)
                    longer = word
                line = longer
            lines.append(line)
        return lines

    def extent(self, lines: list[str]) -> tuple[int, int]:
        """Width and height of a block of lines, pixels."""
        return max(self.width(line) for line in lines), round(self.size * (1 + _LEADING * (len(lines) - 1)))

    def draw(self, lines: list[str], column: int) -> Pixels:
        """Coverage (h, w) of a block, its lines set left, centred or right (column 0, 1, 2), with room around."""
        width, height = self.extent(lines)
        pad = self.size
        sheet = np.zeros((height + 2 * pad, width + 2 * pad, 3), np.uint8)
        weight = _BOLD if self.bold else _REGULAR
        for number, line in enumerate(lines):
            left = pad + (width - self.width(line)) * column // 2
            # Capitals of these fonts are about 0.72 of the size high; the base line centres them in their line.
            base = pad + round(self.size * (0.86 + _LEADING * number))
            cv2.putText(sheet, line, (left, base), (255, 255, 255), _font(), self.size, weight)
        return np.ascontiguousarray(sheet[..., 0])


@lru_cache(maxsize=1)
def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")


def check_glyphs(words: str) -> None:
    """Raise PROMPT_NOT_SUPPORTED for characters that the fonts would show as a question mark."""
    missing = sorted({c for c in words if ord(c) > 0x17F and not c.isspace() and not _has_glyph(c)})
    if missing:
        raise RetouchError(
            Code.PROMPT_NOT_SUPPORTED,
            f"The built-in font has no glyph for {' '.join(missing[:8])}.",
            param="prompt",
            extras={"not_understood": missing[:8], "can_do": can_do()},
        )


@lru_cache(maxsize=256)
def _has_glyph(character: str) -> bool:
    lettering = Lettering(24)
    return not np.array_equal(lettering.draw([character], 0), lettering.draw(["?"], 0))
