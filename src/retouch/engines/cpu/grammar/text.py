"""Words on the picture. What to write stands in quotes, or in capitals, or after `saying`."""

import re
from collections.abc import Callable

from retouch.engines.cpu.grammar.clean import QUOTED, Sentence
from retouch.engines.cpu.grammar.colors import COLOR, colour
from retouch.engines.cpu.grammar.pattern import Pattern, Refusal, Wish, pattern
from retouch.engines.cpu.grammar.things import THE_IMAGE
from retouch.engines.cpu.grammar.words import IMAGE, MARKED
from retouch.engines.cpu.steps import Text

_VERB = r"(?:add|put|write|place|insert|overlay|include|print|type|superimpose|stamp|display|draw|render)"
_KIND = r"(?:text overlay|text|words?|captions?|title|label|watermark|heading|headline|message|phrase|line|lettering|subtitle|slogan|letters|logo text|date|name)"
_SAYING = r"(?:saying|that says|which says|that reads|which reads|reading|says|:|with the text|with the words|of)"
_Q = rf"(?P<quoted>{QUOTED}\d+)"
_CORNER = (
    r"(?:(?:top|upper|bottom|lower|center)(?: (?:left|right|center|middle))?|left|right|(?:left|right) (?:top|bottom))"
)
_PLACE = (
    rf"(?P<place>(?:(?:at|in|on|to|near|along|across|into|over) )?(?:the )?(?:very )?{_CORNER}"
    rf"(?: (?:hand )?(?:corner|edge|side|part|third|half|area|section|of))?)(?: of {IMAGE}| {IMAGE})?"
)
_INK = rf"(?P<ink>(?:in |with |colored |using )?(?:a )?{COLOR}(?: (?:text|letters|font|lettering|ink))?)"
_SIZE = (
    r"(?P<size>(?:in )?(?:a )?(?:(?:very )?(?:big|large|huge|small|tiny|bold|massive))"
    rf"(?: (?:and )?(?:bold|{COLOR}))?(?: (?:text|letters|font|lettering|type|print|size|font size|characters))?"
    r"|(?:in |with )?(?:font )?(?:size )?\d{1,3} ?(?:px|pt|point)(?: (?:font|text|size|letters))?|(?:font )?size \d{1,3})"
)
_ON = rf"(?P<on>(?:on|onto|to|over|in|across) (?:{IMAGE}|{MARKED}))"


def _once(piece: str, name: str, number: int) -> str:
    return piece.replace(f"?P<{name}>", f"?P<{name}{number}>")


def _details(count: int = 4) -> str:
    """Up to so many details (where, which colour, how large), in any order."""
    return "".join(
        rf"(?: ,?{'(?: and)?'} ?(?:{_once(_PLACE, 'place', n)}|{_once(_INK, 'ink', n)}|{_once(_SIZE, 'size', n)}|{_once(_ON, 'on', n)}))?"
        for n in range(count)
    ).replace("(?: ,?(?: and)? ?", "(?: (?:, )?")


_SCALES = {"huge": 2.2, "massive": 2.2, "very big": 2.0, "very large": 2.0, "big": 1.6, "large": 1.6, "tiny": 0.45,
           "very small": 0.5, "small": 0.65}  # fmt: skip


def _text(words: str, match: re.Match[str], *, faint: bool) -> Wish | None:
    said = {name: value for name, value in match.groupdict().items() if value}
    if not words.strip():
        raise Refusal("There is no text to write between the quotes.")
    if len(words) > 300:
        raise Refusal("A text is at most 300 characters long.")
    position = (1, 2)
    ink = None
    scale, pixels, bold = 1.0, None, False
    for name, value in said.items():
        if name.startswith("place"):
            position = _position(value)
        if name.startswith(("ink", "size")) and (found := re.search(rf"{COLOR}", value)):
            ink = colour(found.group()) or ink
        if name.startswith("size"):
            bold = bold or "bold" in value
            scale = next((number for word, number in _SCALES.items() if word in value), scale)
            digits = re.search(r"\d+", value)
            pixels = int(digits.group()) if digits else pixels
    if pixels is not None and not 6 <= pixels <= 600:
        raise Refusal("A text is 6 to 600 pixels high.")
    step = Text(
        words=words, position=position, colour=ink, scale=scale, pixels=pixels, bold=bold, opacity=0.6 if faint else 1.0
    )
    return Wish((step,), THE_IMAGE)


def _position(place: str) -> tuple[int, int]:
    """Column and row, 0 to 2, of the place that words name; what they leave open is the centre."""
    words = place.split()
    column = 0 if "left" in words else 2 if "right" in words else 1
    row = 0 if {"top", "upper"} & set(words) else 2 if {"bottom", "lower"} & set(words) else 1
    return column, row


def _quoted(match: re.Match[str], sentence: Sentence) -> Wish | None:
    words = sentence.quotes[int(match["quoted"][1:])]
    return _text(words, match, faint="watermark" in match.group())


def _typed(*, capitals: bool) -> Callable[[re.Match[str], Sentence], Wish | None]:
    def read(match: re.Match[str], sentence: Sentence) -> Wish | None:
        words = sentence.typed(match.start("free"), match.end("free"))
        if capitals and (words != words.upper() or not any(c.isalpha() for c in words)):
            return None
        if capitals and sentence.source == sentence.source.upper():
            return None  # everything is in capitals, so capitals say nothing
        return _text(words, match, faint="watermark" in match.group())

    return read


_FREE = r"(?P<free>(?!and\b|then\b|in\b|at\b|on\b|\x01)[^ ,.:\x01]+(?: (?!and\b|then\b|describing\b|in\b|at\b|on\b|to\b)[^ ,.:\x01]+){0,9}?)"
_LEAD = rf"{_VERB}(?: (?:it|{IMAGE}))?(?: with)?(?: (?:the|a|an|some|my))?(?: (?:{COLOR}|big|large|small|bold))?(?: {_KIND})?(?: {_ON.replace('?P<on>', '')})?(?: {_SAYING}){{0,2}}"
_LEAD_INK = rf"{_VERB}(?: (?:the|a|an|some|my))?(?: (?P<size8>big|large|small|bold|huge|tiny))?(?: (?P<ink9>{COLOR})) {_KIND}(?: {_SAYING}){{0,2}}"
_LEAD_SIZE = (
    rf"{_VERB}(?: (?:the|a|an|some|my))? (?P<size8>big|large|small|bold|huge|tiny) {_KIND}(?: {_SAYING}){{0,2}}"
)
_CAPTION = rf"(?:caption|title|label|watermark|stamp|subtitle)(?: (?:it|{IMAGE}))?(?: (?:with|as|:)){{0,2}}(?: (?:the )?(?:text|words?))?(?: :)?"

PATTERNS: tuple[Pattern, ...] = (
    pattern(rf"{_LEAD} {_Q}{_details()}", _quoted),
    pattern(rf"{_LEAD_INK} {_Q}{_details()}", _quoted),
    pattern(rf"{_LEAD_SIZE} {_Q}{_details()}", _quoted),
    pattern(rf"{_VERB}(?: (?:{IMAGE}))?{_details(2)}(?: (?:the|a))?(?: {_KIND})?(?: {_SAYING}){{0,2}} {_Q}", _quoted),
    pattern(rf"{_CAPTION} {_Q}{_details()}", _quoted),
    pattern(rf"(?:text|caption|title|watermark)(?: :| saying)? {_Q}{_details()}", _quoted),
    pattern(rf"{_Q}{_details()}", lambda m, s: _quoted(m, s) if any(v and k.startswith("place") for k, v in m.groupdict().items()) else None),
    pattern(rf"(?:{_VERB}|caption|title|label|watermark)(?: (?:it|{IMAGE}))?(?: with)?(?: (?:the|a|an))?(?: {_KIND})?(?: {_SAYING})?(?: :)? {_FREE}{_details()}", _typed(capitals=True)),
    pattern(rf"{_VERB}(?: (?:the|a|an|some))? {_KIND}(?: (?:saying|that says|which says|that reads|which reads|reading|:)) {_FREE}{_details()}", _typed(capitals=False)),
)  # fmt: skip
