"""Words on the picture. What to write stands in quotes, or in capitals, or after `saying`."""

import re
from collections.abc import Iterator
from dataclasses import replace

from retouch.engines.cpu.grammar.clean import QUOTED, Sentence
from retouch.engines.cpu.grammar.colors import COLOR, colour
from retouch.engines.cpu.grammar.pattern import Pattern, Reader, Refusal, Wish, opening
from retouch.engines.cpu.grammar.things import THE_IMAGE
from retouch.engines.cpu.grammar.words import CORNER, END, IMAGE, MARKED
from retouch.engines.cpu.steps import Text

_LONGEST = 300
_SCALES = {"huge": 2.2, "massive": 2.2, "very big": 2.0, "very large": 2.0, "big": 1.6, "large": 1.6, "tiny": 0.45,
           "very small": 0.5, "small": 0.65}  # fmt: skip

_SIZE_WORD = r"(?:very )?(?:big|large|huge|small|tiny|massive)"
_LETTERS = r"(?:text|letters|font|lettering|type|print|characters|ink|size)"
_DETAIL = re.compile(
    r" (?:, |and )?(?:"
    rf"(?P<place>(?:(?:at|in|on|to|near|along|across|into|over) )?(?:the )?(?:very )?{CORNER}"
    rf"(?: (?:hand )?(?:corner|edge|side|part|third|half|area|section))?)(?: of {IMAGE}| {IMAGE})?"
    rf"|(?P<look>(?:in |with |using )?(?:a )?(?:(?:{_SIZE_WORD}|bold|{COLOR})(?: and)? ?){{1,3}}"
    rf"(?:color )?(?:{_LETTERS})?)"
    rf"|(?:in |with )?(?:a )?(?:font )?(?:size )?(?P<px>\d{{1,3}}) ?(?:px|pt|point)(?: (?:font|text|size|letters))?"
    rf"|(?:on|onto|to|over|in|across) (?:{IMAGE}|{MARKED})"
    r")(?= |$)"
)
_END = re.compile(END)


def _details(text: str, at: int) -> Iterator[re.Match[str]]:
    """Where, in which colour and how large, in any order."""
    while (match := _DETAIL.match(text, at)) is not None:
        yield match
        at = match.end()


def _text(words: str, match: re.Match[str], sentence: Sentence) -> Wish | None:
    """The step for these words, with what is said before (`look`, `place`) and after them."""
    at = match.end()
    step = _looking(_placed(Text(words=words), match.groupdict().get("place")), match.groupdict().get("look"))
    for detail in _details(sentence.text, at):
        step = _looking(_placed(step, detail["place"]), detail["look"])
        if detail["px"]:
            step = replace(step, pixels=int(detail["px"]))
        at = detail.end()
    if _END.match(sentence.text, at) is None:
        return None
    _check(step)
    if "watermark" in match.group():
        step = replace(step, opacity=0.6)
    return Wish((step,), THE_IMAGE, end=at)


def _placed(step: Text, place: str | None) -> Text:
    """The step at the place that words name; what they leave open is the centre."""
    if not place:
        return step
    return replace(step, position=third(place))


def third(place: str) -> tuple[int, int]:
    """Column and row of a 3 x 3 grid that a place in words means; what it leaves open is the centre."""
    words = set(place.split())
    column = 0 if "left" in words else 2 if "right" in words else 1
    row = 0 if words & {"top", "upper"} else 2 if words & {"bottom", "lower"} else 1
    return column, row


def _looking(step: Text, look: str | None) -> Text:
    """The step with the colour, size and weight that words name."""
    if not look:
        return step
    scale = next((number for word, number in _SCALES.items() if word in look), step.scale)
    named = re.search(rf"{COLOR}", re.sub(rf"\b(?:{_SIZE_WORD}|bold|{_LETTERS})\b", "", look))
    ink = colour(named.group().strip()) if named else step.colour
    return replace(step, scale=scale, bold=step.bold or "bold" in look, colour=ink)


def _check(step: Text) -> None:
    if not step.words.strip():
        raise Refusal("There is no text to write between the quotes.")
    if len(step.words) > _LONGEST:
        raise Refusal(f"A text is at most {_LONGEST} characters long.")
    if step.pixels is not None and not 6 <= step.pixels <= 600:
        raise Refusal("A text is 6 to 600 pixels high.")
    # Hebrew and Arabic need shaping, and emoji a colour font, that the editor does not have.
    if any(0x590 <= ord(c) <= 0x8FF or ord(c) > 0xFFFF for c in step.words):
        raise Refusal("The built-in font has no right-to-left scripts and no emoji.")


def _quoted(match: re.Match[str], sentence: Sentence) -> Wish | None:
    return _text(sentence.quotes[int(match["quoted"][1:])], match, sentence)


def _quoted_with_place(match: re.Match[str], sentence: Sentence) -> Wish | None:
    """A quote by itself is text only where a place says so."""
    places = [detail for detail in _details(sentence.text, match.end()) if detail["place"]]
    return _quoted(match, sentence) if places else None


def _free(*, capitals: bool) -> Reader:
    def read(match: re.Match[str], sentence: Sentence) -> Wish | None:
        words = sentence.typed(match.start("free"), match.end("free"))
        if capitals and (words != words.upper() or not any(c.isalpha() for c in words)):
            return None
        if capitals and sentence.source == sentence.source.upper():
            return None  # everything is in capitals, so capitals say nothing
        return _text(words, match, sentence)

    return read


_VERB = r"(?:add|put|write|place|insert|overlay|include|print|type|superimpose|stamp|display)"
_KIND = (
    r"(?:text overlay|text|words?|captions?|title|label|watermark|heading|headline|message|phrase|lettering|subtitle"
    r"|slogan|letters|name)"
)
_SAYING = r"(?:saying|that says|which says|that reads|which reads|reading|says|:|with the text|with the words|of)"
_Q = rf"(?P<quoted>{QUOTED}\d+)"
_ON = rf"(?:on|onto|to|over|in|across) (?:{IMAGE}|{MARKED})"
_LOOK = rf"(?P<look>(?:(?:{_SIZE_WORD}|bold|{COLOR}) ?){{1,3}})"
_PLACE = rf"(?P<place>(?:at|in|on|to) the {CORNER}(?: (?:corner|edge|side))?)(?: of {IMAGE})?"
#: Neither these nor what follows them belongs to text without quotes.
_FREE_WORD = r"(?!(?:and|then|in|at|on|to|with|near|describing|over|across|into)\b)[^ ,.:\x01]+"
_FREE = rf"(?P<free>{_FREE_WORD}(?: {_FREE_WORD}){{0,9}})"
_LABEL = rf"(?:caption|title|label|watermark|stamp|subtitle)(?: (?:it|{IMAGE}))?"


PATTERNS: tuple[Pattern, ...] = (
    opening(
        rf"{_VERB}(?: (?:it|{IMAGE}))?(?: with)?(?: (?:the|a|an|some|my))?(?: {_LOOK})?(?: ?{_KIND})?(?: {_ON})?"
        rf"(?: {_SAYING}){{0,2}} {_Q}",
        _quoted,
    ),
    opening(rf"{_VERB}(?: {_PLACE})(?: (?:the|a))?(?: {_KIND})?(?: {_SAYING}){{0,2}} {_Q}", _quoted),
    opening(rf"{_LABEL}(?: (?:with|as|:)){{0,2}}(?: (?:the )?(?:text|words?))?(?: :)? {_Q}", _quoted),
    opening(rf"(?:text|caption|title|watermark)(?: :| saying)? {_Q}", _quoted),
    opening(_Q, _quoted_with_place),
    opening(
        rf"(?:{_VERB}(?: (?:the|a|an))?(?: {_KIND})?|{_LABEL})(?: with)?(?: {_SAYING})?(?: :)? {_FREE}",
        _free(capitals=True),
    ),
    opening(
        rf"{_VERB}(?: (?:the|a|an|some))? {_KIND} (?:saying|that says|which says|that reads|which reads"
        rf"|reading|:) {_FREE}",
        _free(capitals=False),
    ),
)
