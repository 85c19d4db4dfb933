"""A larger canvas: outpainting."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.geometry import SIDES, sides_in
from retouch.engines.cpu.grammar.pattern import Pattern, Refusal, Wish, pattern
from retouch.engines.cpu.grammar.things import THE_IMAGE
from retouch.engines.cpu.grammar.words import IMAGE, NUM
from retouch.engines.cpu.steps import EXTEND_LIMIT, Extend

_DEFAULT = 0.15
_VERB = r"(?:extend|expand|outpaint|uncrop|widen|enlarge|grow|stretch out)"
_CANVAS = (
    rf"(?:{IMAGE}|(?:the |its |this )?(?:canvas|background|borders?|edges?|scene|view|frame"
    rf"|field of view)(?: of {IMAGE})?)"
)
_SIDE = (
    r"(?:left|right|top|bottom|upwards?|downwards?|up|down|leftwards?|rightwards?|sideways"
    r"|horizontally|vertically|above|below)"
)
_ONE = rf"(?:(?:the )?{_SIDE}(?: (?:hand )?(?:side|edge|border)s?)?)"
_SIDES = (
    rf"(?:{_ONE}(?:(?: and| ,| , and) (?:to |on |at |towards )?{_ONE}){{0,3}}"
    r"|both sides|(?:all|each|every)(?: (?:of )?(?:the )?(?:4 )?)?(?:sides?|directions?|edges?"
    r"|around)?|all around|outwards?)"
)
_MUCH = rf"(?:by )?(?:about )?(?P<much>{NUM}) (?P<unit>%|px)"
_PLAIN = re.compile(r"outpaint|uncrop")
_SAID = {"up": "top", "above": "top", "down": "bottom", "below": "bottom"}


def _named(text: str | None) -> tuple[str, ...]:
    """The sides that words name; none named is all four."""
    if not text or "outward" in text:
        return SIDES
    if "both sides" in text or "sideways" in text or "horizontally" in text:
        return ("left", "right")
    if "vertically" in text:
        return ("top", "bottom")
    words = re.sub(r"\b(up|down)wards?\b", r"\1", text).split()
    return sides_in(
        " ".join(_SAID.get(word, "side" if word == "sides" else word) for word in words).replace("side", "")
    )


def _extend(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    said = {name.rstrip("2"): value for name, value in match.groupdict().items() if value}
    where = _named(said.get("sides"))
    if not where:
        return None
    if said.get("much") is None:
        plain = not said.get("sides") and _PLAIN.match(match[0]) is not None
        return _grown(where, _DEFAULT, pixels=False, plain=plain)
    pixels = said["unit"] == "px"
    much = float(said["much"]) / (1 if pixels else 100)
    if not pixels and not 0 < much <= EXTEND_LIMIT:
        raise Refusal(f"An image can be extended by at most {EXTEND_LIMIT:.0%} of its length on a side.")
    if pixels and much < 1:
        raise Refusal("An extension is at least one pixel.")
    return _grown(where, much, pixels=pixels)


def _grown(where: tuple[str, ...], much: float, *, pixels: bool, plain: bool = False) -> Wish:
    left, right, top, bottom = (much if side in where else 0.0 for side in SIDES)
    step = Extend(unit="px" if pixels else "share", left=left, right=right, top=top, bottom=bottom, plain=plain)
    return Wish((step,), THE_IMAGE)


def _wider(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    return _grown(("left", "right") if match["way"] == "wider" else ("top", "bottom"), _DEFAULT, pixels=False)


PATTERNS: tuple[Pattern, ...] = (
    pattern(
        rf"(?:extend|expand|outpaint|uncrop|widen)(?: {_CANVAS})?(?: {_MUCH})?(?: (?:to|on|at|towards|in"
        rf"|toward) ?(?:the )?)?(?: ?(?P<sides>{_SIDES}))?(?: of {IMAGE})?",
        _extend,
    ),
    pattern(
        rf"(?:extend|expand|outpaint|uncrop|widen)(?: {_CANVAS})? (?:(?:to|on|at|towards|in|toward) )?"
        rf"(?:the )?(?P<sides>{_SIDES})(?: of {IMAGE})? {_MUCH}(?: (?:each|on each side|on all sides"
        r"|on both sides))?",
        _extend,
    ),
    pattern(
        rf"(?:enlarge|grow|increase|make) (?:the |its )?canvas(?: size)?(?: bigger| larger)?(?: {_MUCH})?"
        rf"(?: (?:to|on|at|in) (?P<sides>{_SIDES}))?",
        _extend,
    ),
    pattern(
        rf"(?:add|create|give)(?: {IMAGE})? (?:(?:some |a bit of |a little |{_MUCH} (?:of )?)?(?:more|extra"
        rf"|additional|of)|some|{_MUCH.replace('much>', 'much2>').replace('unit>', 'unit2>')}) (?:space"
        rf"|room|margin|canvas|background)(?: (?:to|on|at|in|around|along) ?(?P<sides>{_SIDES})?(?: of)?"
        rf"(?: ?{IMAGE})?)?",
        _extend,
    ),
    pattern(
        rf"(?:add|create) (?:space|room|margin) (?:to|on|at|in|around|along) (?P<sides>{_SIDES})" rf"(?: of {IMAGE})?",
        _extend,
    ),
    pattern(
        r"zoom out(?: a (?:bit|little)| slightly)?|uncrop|outpainting|outpaint|zoom out by (?P<much>\d+) "
        r"(?P<unit>%)",
        _extend,
    ),
    pattern(rf"make (?!it\b|this\b|that\b){IMAGE} (?:a bit |a little |slightly )?(?P<way>wider|taller)", _wider),
)
