"""Several images put together: beside each other, in a grid, as a collage, or one on the other."""

import re
from collections.abc import Iterator
from dataclasses import replace

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.colors import COLOR, colour
from retouch.engines.cpu.grammar.pattern import Pattern, Reader, Refusal, Wish, opening, pattern, refuses
from retouch.engines.cpu.grammar.text import third
from retouch.engines.cpu.grammar.things import THE_IMAGE, Kind, target
from retouch.engines.cpu.grammar.words import CORNER, END, IMAGE, IMAGE_NOUN, NUM, TARGET
from retouch.engines.cpu.joins import MOST, Arrange, Layout, Overlay

#: The pictures that were sent, all of them.
_THEM = (
    rf"(?:(?:all|both|each)(?: of)?(?: (?:the|these|those|my|them))?(?: {NUM})?(?: {IMAGE_NOUN})?"
    rf"|(?:the|these|those|my|this)(?: {NUM})? {IMAGE_NOUN}|(?:{NUM} )?{IMAGE_NOUN}|them(?: all| both)?"
    rf"|these(?: {NUM})?|it|everything|the (?:1 st|first) and (?:the )?(?:2 nd|second)(?: {IMAGE_NOUN})?)"
)
_PUT = (
    r"(?:put|place|arrange|lay out|lay|show|combine|merge|join|stitch|concatenate|assemble|compose|set|align|line up"
    r"|paste|tile|turn|make|display|stack|organize|position|montage)"
)
#: With these, `vertically` cannot mean a turn or a mirror image.
_PUT_ALONG = (
    r"(?:put|place|arrange|lay out|combine|merge|join|stitch|concatenate|assemble|align|line up|tile|stack|montage)"
)
_CREATE = r"(?:make|create|build|generate|produce|give me|do|assemble|compose)"
_EACH_OTHER = r"(?:each other|1 another)"
_ROW = (
    rf"(?:side by side|(?:next to|beside) {_EACH_OTHER}|1 (?:next to|beside) the other"
    r"|in (?:a|1) (?:single |horizontal )?(?:row|line))"
)
_COLUMN = (
    rf"(?:(?:on top of|above|below|under|underneath|beneath) {_EACH_OTHER}"
    r"|1 (?:above|below|on top of|under|underneath|over) the other"
    r"|in (?:a|1) (?:single |vertical )?(?:column|stack))"
)
_SHAPE = rf"(?:(?P<across>{NUM}) (?:x|by) (?P<down>{NUM}) )"
_GRID = (
    rf"{_SHAPE}?(?:(?:image|photo|picture) )?grid(?: (?:of|with|in) (?P<lines>{NUM}) "
    r"(?P<kind>columns?|rows?))?"
)
_COLLAGE = r"(?:(?:image|photo|picture) )?collage"

#: How wide a gap is: in words, pixels or percent; and its colour.
_GAP_WORDS = {"tiny": 0.005, "small": 0.015, "thin": 0.01, "narrow": 0.01, "little": 0.015, "slight": 0.015,
              "medium": 0.03, "wide": 0.06, "big": 0.06, "large": 0.06, "thick": 0.06}  # fmt: skip
_ORDINARY_GAP = 0.025
_GAP_DETAIL = re.compile(
    rf"(?:(?P<px>{NUM}) px|(?P<share>{NUM}) %)(?: (?:wide|thick))?|\b(?P<word>{'|'.join(_GAP_WORDS)})\b(?! color)"
    rf"|(?P<clear>transparent)|(?P<color>{COLOR})"
)
_DETAIL = rf"(?:{NUM} (?:px|%)(?: (?:wide|thick))?|{'|'.join(_GAP_WORDS)}|transparent|{COLOR})"
_BETWEEN = rf"(?: (?:between|in between)(?: (?:them|(?:the |each )?(?:2 )?{IMAGE_NOUN}))?)?"
_GAP = (
    r"(?:(?: ,)? (?:(?P<none>(?:without(?: any| a)?|with no) (?:gaps?|spac(?:e|ing)|borders?|margins?))"
    rf"|(?:with|and|leave|leaving|and leave) (?:(?:a|an|some|1) )?(?P<gap>(?:{_DETAIL} ){{0,3}})"
    rf"(?:gaps?|spac(?:e|ing)|margins?|gutters?|dividers?|lines?|borders?|separators?)(?: of (?P<much>{NUM} (?:px|%)))?"
    rf"{_BETWEEN}|(?P<apart>{NUM} px) apart))?"
)
_INTO_ONE = r"(?: (?:in|into|as|on|to) (?:a|an|the|1)(?: (?:single|same|new|1))? (?:image|picture|photo|canvas))?"


def _arrange(layout: Layout) -> Reader:
    def read(match: re.Match[str], _sentence: Sentence) -> Wish | None:
        step = _spaced(Arrange(layout=layout, gap=0.015 if layout is Layout.COLLAGE else 0.0), match)
        if step is None:
            return None
        return Wish((_shaped(step, match) if layout is Layout.GRID else step,), THE_IMAGE)

    return read


def _spaced(step: Arrange, match: re.Match[str]) -> Arrange | None:
    """The step with the gap that is said; None where width or colour is said twice."""
    said = match.groupdict()
    if said.get("none"):
        return replace(step, gap=0.0)
    text = " ".join(filter(None, (said.get("gap"), said.get("much"), said.get("apart"))))
    if said.get("gap") is None and not text:
        return step
    step = replace(step, gap=_ORDINARY_GAP)
    details = list(_GAP_DETAIL.finditer(text))
    colours = [detail for detail in details if detail["color"] or detail["clear"]]
    widths = [detail for detail in details if detail not in colours]
    if len(colours) > 1 or len(widths) > 1:
        return None
    for detail in colours:
        paint = None if detail["clear"] else colour(detail["color"])
        if paint is None and not detail["clear"]:
            return None
        step = replace(step, colour=paint)
    for detail in widths:
        step = _wide(step, detail)
    return step


def _wide(step: Arrange, detail: re.Match[str]) -> Arrange:
    if detail["px"]:
        pixels = round(float(detail["px"]))
        if not 0 <= pixels <= 500:
            raise Refusal("A gap is 0 to 500 pixels wide.")
        return replace(step, gap_pixels=pixels)
    share = float(detail["share"]) / 100 if detail["share"] else _GAP_WORDS[detail["word"]]
    if share > 0.5:
        raise Refusal("A gap is up to 50 % of an image wide.")
    return replace(step, gap=share)


def _shaped(step: Arrange, match: re.Match[str]) -> Arrange:
    """The grid with the columns and rows that are said."""
    if match["across"]:
        across, down = float(match["across"]), float(match["down"])
        if not (across.is_integer() and down.is_integer() and 1 <= across <= MOST and 1 <= down <= MOST):
            raise Refusal(f"A grid has 1 to {MOST} columns and rows.")
        return replace(step, columns=int(across), rows=int(down))
    if match["lines"]:
        lines = float(match["lines"])
        if not (lines.is_integer() and 1 <= lines <= MOST):
            raise Refusal(f"A grid has 1 to {MOST} columns and rows.")
        columns = match["kind"].startswith("column")
        return replace(step, columns=int(lines)) if columns else replace(step, rows=int(lines))
    return step


def _layouts(layout: Layout, adverb: str, noun: str) -> Iterator[Pattern]:
    """The ways to ask for a layout that goes by an adverb (`side by side`) and a noun (`a row`)."""
    read = _arrange(layout)
    yield pattern(rf"{_PUT}(?: {_THEM})?(?: together)?{_INTO_ONE}(?: ,)? {adverb}{_INTO_ONE}{_GAP}", read)
    yield pattern(rf"{_CREATE} (?:a |an |1 )?{noun}(?: (?:of|from|with|out of|using) {_THEM})?{_GAP}", read)
    yield pattern(rf"(?:a |an )?{noun}(?: (?:of|from|with) {_THEM})?{_GAP}", read)


_SECOND_NAME = rf"(?:(?:the )?(?:(?:2 nd|second|other) (?:{IMAGE_NOUN}|1)|{IMAGE_NOUN} (?:2|b))|image 2)"
_FIRST_NAME = rf"(?:(?:the )?(?:(?:1 st|first|other) (?:{IMAGE_NOUN}|1)|{IMAGE_NOUN} (?:1|a))|the (?:1 st|first))"
_LOGO = r"(?:(?:the|my|this|our) (?:logo|watermark|signature|sticker|stamp|badge|emblem))"
_BESIDE = {
    "left": (Layout.ROW, False), "right": (Layout.ROW, True), "next to": (Layout.ROW, True),
    "beside": (Layout.ROW, True), "alongside": (Layout.ROW, True), "below": (Layout.COLUMN, True),
    "under": (Layout.COLUMN, True), "underneath": (Layout.COLUMN, True), "beneath": (Layout.COLUMN, True),
    "above": (Layout.COLUMN, False),
}  # fmt: skip


def _beside(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    """`put the second image to the left of the first`, and the first beside the second."""
    moved, fixed = (1, 0) if match["second"] else (0, 1)
    if (match["second"] is None) == (match["to_second"] is None):
        return None
    layout, after = _BESIDE[match["side"] or match["way"]]
    step = _spaced(Arrange(layout=layout, order=(fixed, moved) if after else (moved, fixed)), match)
    return None if step is None else Wish((step,), THE_IMAGE)


_OVER = (
    r"(?:put|place|paste|overlay|add|insert|superimpose|layer|lay|position|set|composite|stick|stamp|apply|show|drop"
    r"|embed|blend)"
)
_ON = r"(?:on top of|on to|on|onto|over|in|into|inside|to|above)"
_END = re.compile(END)
_HOW = re.compile(
    r"(?: ,| and)? (?:"
    rf"(?P<place>(?:(?:at|in|on|to|near|into) )?(?:the )?(?:very )?{CORNER}"
    rf"(?: (?:hand )?(?:corner|edge|side|part|third))?)(?: of (?:{IMAGE}|{_FIRST_NAME}))?"
    rf"|(?:at|with|using) (?P<opacity>{NUM}) % opacity|(?P<half>semi transparent(?:ly)?|half transparent)"
    rf"|(?:at |with |scaled to |resized to |using )?(?P<share>{NUM}) % (?:of )?(?:the |its )?(?:image |photo )?width"
    rf"|(?:at |scaled to |resized to |with )(?P<scale>{NUM}) %(?: (?:of )?(?:its |the )?(?:original )?(?:size|scale))?"
    r"|(?:at |in )?half (?:of )?(?:its |the )?(?:original )?size"
    r")(?= |$)"
)


def _overlay(match: re.Match[str], sentence: Sentence) -> Wish | None:
    """The second picture on the first: where, how large and how opaque, in any order."""
    where = target(match["target"]) if match["target"] else THE_IMAGE
    step, at, told = Overlay(), match.end(), set[str]()
    while (how := _HOW.match(sentence.text, at)) is not None:
        kind, step = _laid(step, how)
        if kind in told:
            return None
        told.add(kind)
        at = how.end()
    if _END.match(sentence.text, at) is None:
        return None
    if where is None or where.kind is Kind.PRONOUN:
        where = THE_IMAGE
    if where.kind in {Kind.BACKGROUND, Kind.SUBJECT}:
        return None
    return Wish((step,), where, end=at)


def _laid(step: Overlay, how: re.Match[str]) -> tuple[str, Overlay]:
    """What kind of detail this is, and the step with it."""
    if how["place"]:
        return "place", replace(step, position=third(how["place"]))
    if how["opacity"] or how["half"]:
        opacity = float(how["opacity"]) / 100 if how["opacity"] else 0.5
        if not 0 < opacity <= 1:
            raise Refusal("An opacity is 1 to 100 %.")
        return "opacity", replace(step, opacity=opacity)
    if how["share"]:
        share = float(how["share"]) / 100
        if not 0 < share <= 1:
            raise Refusal("The second image takes 1 to 100 % of the first one's width.")
        return "size", replace(step, share=share)
    scale = float(how["scale"]) / 100 if how["scale"] else 0.5
    if not 0 < scale <= 4:
        raise Refusal("The second image can be scaled to 1 to 400 % of its size.")
    return "size", replace(step, scale=scale)


PATTERNS: tuple[Pattern, ...] = (
    *_layouts(
        Layout.ROW,
        _ROW,
        r"(?:side by side|next to each other|before and after|horizontal (?:stack|strip)|photo strip"
        r"|row)(?: (?:view|comparison|image|picture|layout|version))?",
    ),
    *_layouts(Layout.COLUMN, _COLUMN, r"(?:vertical (?:stack|strip)|column|1 above the other)(?: (?:image|layout))?"),
    *_layouts(Layout.GRID, rf"(?:in|into|as|to) (?:a |an )?{_GRID}", _GRID),
    *_layouts(Layout.COLLAGE, rf"(?:in|into|as|to) (?:a |an )?{_COLLAGE}", _COLLAGE),
    pattern(rf"stack(?: {_THEM})?{_GAP}", _arrange(Layout.COLUMN)),
    pattern(rf"{_ROW}{_GAP}", _arrange(Layout.ROW)),
    pattern(
        rf"{_PUT_ALONG}(?: {_THEM})?(?: together)? (?:horizontally|(?:from )?left to right){_INTO_ONE}{_GAP}",
        _arrange(Layout.ROW),
    ),
    pattern(
        rf"{_PUT_ALONG}(?: {_THEM})?(?: together)? (?:vertically|(?:from )?top to bottom){_INTO_ONE}{_GAP}",
        _arrange(Layout.COLUMN),
    ),
    pattern(
        rf"(?:put|place|add|attach|append|show|position) (?:(?P<second>{_SECOND_NAME})|(?P<first>{_FIRST_NAME}))"
        r" (?:(?:to|on|at) the (?P<side>left|right)(?: (?:hand )?side)? of"
        r"|(?P<way>next to|beside|alongside|below|under|underneath|beneath|above))"
        rf" (?:(?P<to_second>{_SECOND_NAME}|the (?:2 nd|second))|{_FIRST_NAME}){_GAP}",
        _beside,
    ),
    opening(
        rf"{_OVER} (?:{_SECOND_NAME}|{_LOGO}) {_ON} (?:{_FIRST_NAME}|(?P<target>{TARGET}))"
        r"(?=$| [,.:]| (?:and|then|at|in|on|to|near|with|using|scaled|resized|half|semi|please)\b)",
        _overlay,
    ),
    pattern(
        rf"(?:combine|merge|blend|mix|fuse|join|put|montage)(?: {_THEM})? together{_INTO_ONE}"
        rf"|(?:combine|merge|blend|mix|fuse|join|montage) {_THEM}{_INTO_ONE}",
        refuses(
            "How? 'put them side by side', 'stack them vertically', 'make a 2x2 grid', 'make a collage' or 'put the "
            "second image on the first'."
        ),
    ),
)
