"""Turn, mirror, crop, scale, frame."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.pattern import Pattern, Reader, Refusal, Wish, always, pattern
from retouch.engines.cpu.grammar.things import THE_IMAGE
from retouch.engines.cpu.grammar.words import IMAGE, NUM
from retouch.engines.cpu.shapes import CropPixels, CropRatio, Flip, Rotate, Trim
from retouch.engines.cpu.steps import Step

_I = rf"(?: {IMAGE})?"
_WAY = r"(?:(?:to the |towards the )?(?P<way>clockwise|counterclockwise|counter clockwise|left|right))"
_MOST = 4.0
SIDES = ("left", "right", "top", "bottom")


def _shape(*steps: Step) -> Reader:
    return always(*steps, target=THE_IMAGE)


def _rotate(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    degrees = float(match["by"]) * (-1 if match["minus"] else 1)
    if (match["way"] or match.groupdict().get("before")) in {"counterclockwise", "counter clockwise", "left"}:
        degrees = -degrees
    if degrees % 360 == 0:
        raise Refusal("A rotation by 0 or 360 degrees changes nothing.")
    if abs(degrees) > 360:
        raise Refusal("A rotation is between 1 and 359 degrees.")
    return Wish((Rotate(degrees=degrees),), THE_IMAGE)


def _quarter(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    return Wish((Rotate(degrees=90 if match["way"] in {"clockwise", "right", None} else -90),), THE_IMAGE)


def _ratio(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    across, down = float(match["across"]), float(match["down"])
    if not (across and down) or not 0.1 <= across / down <= 10:
        raise Refusal("An aspect ratio is between 1:10 and 10:1.")
    if max(across, down) > 40:
        if not (across.is_integer() and down.is_integer()) or min(across, down) < 16:
            return None
        return Wish((CropPixels(width=int(across), height=int(down)),), THE_IMAGE)
    return Wish((CropRatio(across=across, down=down),), THE_IMAGE)


def _trim(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    pixels = match["unit"] == "px"
    much = float(match["much"]) / (1 if pixels else 100)
    sides = sides_in(match["sides"])
    if not pixels and not 0 < much <= 0.45:
        raise Refusal("A crop takes 1 to 45 % of a side.")
    left, right, top, bottom = (much if side in sides else 0.0 for side in SIDES)
    step = Trim(unit="px" if pixels else "share", left=left, right=right, top=top, bottom=bottom)
    return Wish((step,), THE_IMAGE)


def sides_in(text: str) -> tuple[str, ...]:
    """The sides that words name, in the order of SIDES."""
    if re.search(r"all|each|every|edges|sides|around", text):
        return SIDES
    return tuple(side for side in SIDES if side in text)


def _zoom(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    share = float(match["share"] or 20) / 100
    if not 0 < share <= 0.6:
        raise Refusal("Zooming in crops 1 to 60 %.")
    cut = share / 2
    return Wish((Trim(left=cut, right=cut, top=cut, bottom=cut),), THE_IMAGE)


_SQUARE = (
    r"(?:(?:a |an )?(?:perfect )?square(?: (?:format|aspect ratio|shape|crop|ratio|image|photo))?|"
    r"(?:a )?1 : 1(?: (?:aspect )?ratio| square)?)"
)
_RATIO = rf"(?P<across>{NUM}) ?(?::|x|by|/) ?(?P<down>{NUM})"
_ASPECT = r"(?: (?:aspect ratio|ratio|aspect|format|px))?"
_FOUR = (
    r"(?:(?:the )?(?:left|right|top|bottom)(?: (?:side|edge))?(?:(?: and| ,) (?:the )?(?:left|right"
    r"|top|bottom)(?: (?:side|edge))?){0,3}|(?:all|each|every|the)(?: (?:of the|the|4))?(?: (?:side"
    r"|edge|border)s?)?)"
)

PATTERNS: tuple[Pattern, ...] = (
    pattern(
        rf"(?:rotate|turn|spin|tilt){_I} (?:{_WAY.replace('way', 'before')} )?(?:by )?(?P<minus>- )?"
        rf"(?P<by>{NUM})(?: degrees)?(?: {_WAY})?",
        _rotate,
    ),
    pattern(rf"(?:a )?(?P<minus>- )?(?P<by>{NUM}) degrees (?P<before>)?(?:rotation )?{_WAY}(?: rotation)?", _rotate),
    pattern(rf"(?:rotate|turn|spin){_I} {_WAY}", _quarter),
    pattern(rf"(?:rotate|turn|spin){_I} (?:by )?(?:a |1 )?quarter(?: turn)?(?: {_WAY})?", _quarter),
    pattern(
        rf"(?:rotate|turn|flip|spin){_I} (?:upside down|(?:by )?(?:a )?half(?: a)? turn|on its head)",
        _shape(Rotate(degrees=180)),
    ),
    pattern(
        rf"(?:flip|mirror|reverse){_I}(?: (?:horizontally|horizontal|left to right"
        r"|right to left|sideways|left and right|from left to right|along the vertical axis))?",
        _shape(Flip(axis="horizontal")),
    ),
    pattern(
        rf"(?:flip|mirror){_I} (?:vertically|vertical|top to bottom|from top to bottom"
        r"|along the horizontal axis|up and down|over the horizontal axis)",
        _shape(Flip(axis="vertical")),
    ),
    pattern(
        r"(?:do |apply )?(?:a )?(?:horizontal|left right) (?:flip|mirror)|mirrored|(?:make )?"
        r"(?:a )?mirror image|horizontally flip(?: it| the image)?",
        _shape(Flip(axis="horizontal")),
    ),
    pattern(
        r"(?:do |apply )?(?:a )?vertical (?:flip|mirror)|vertically flip(?: it| the image)?",
        _shape(Flip(axis="vertical")),
    ),
    pattern(
        rf"(?:crop|cut|trim|make|turn|change|convert|set|resize|reframe){_I}(?: (?:to|into|as|in|at|be"
        rf"|down to)){{0,2}} {_SQUARE}|square crop|crop (?:it )?square|square (?:it|the image|the photo"
        r"|the picture)(?: off)?",
        _shape(CropRatio(across=1, down=1)),
    ),
    pattern(
        rf"(?:center )?(?:crop|cut|trim|reframe|make|set|change){_I}(?: (?:to|into|at|down to|with|using|in"
        r"|be))?(?: (?:a|an|the|have a))?(?: portrait| landscape)?(?: aspect ratio(?: (?:of"
        rf"|to))?)? {_RATIO}{_ASPECT}(?: (?:from|at"
        r"|in) the center)?",
        _ratio,
    ),
    pattern(
        rf"(?:change|set|make|crop) (?:the |its )?(?:aspect )?ratio(?: of {IMAGE})? (?:to |is )?{_RATIO}",
        _ratio,
    ),
    pattern(rf"{_RATIO} crop", _ratio),
    pattern(
        rf"(?:crop|make){_I} (?:to |into )?(?:a )?(?:widescreen|wide screen|cinema(?:scope)? wide)",
        _shape(CropRatio(across=16, down=9)),
    ),
    pattern(
        rf"(?:crop|trim|cut|shave|chop|slice){_I} (?:off )?(?:by )?(?P<much>{NUM}) (?P<unit>%|px) (?:of"
        rf"(?:f)?|from|on|at) (?:of )?(?P<sides>{_FOUR})(?: of {IMAGE})?",
        _trim,
    ),
    pattern(rf"(?:crop|trim|cut) (?P<sides>{_FOUR}) (?:off )?by (?P<much>{NUM}) (?P<unit>%|px)", _trim),
    pattern(
        rf"(?:zoom|crop) in(?: (?:on|to) (?:the center|{IMAGE}))?(?: (?:by )?(?P<share>{NUM}) %| a (?:bit"
        rf"|little)| slightly)?|crop {IMAGE} tighter",
        _zoom,
    ),
)
