"""Colours over everything: duotones and tints."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.colors import COLOR, colour
from retouch.engines.cpu.grammar.degree import amount
from retouch.engines.cpu.grammar.pattern import Pattern, Wish, pattern
from retouch.engines.cpu.grammar.things import Kind, Target, target
from retouch.engines.cpu.grammar.words import DEGREE, IMAGE, MAKE, TARGET
from retouch.engines.cpu.steps import Colour, ColourWash, Duotone


def _where(match: re.Match[str]) -> Target:
    return target(match.groupdict().get("target")) or Target(Kind.PRONOUN)


def _duotone(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    inks = [colour(text) for name, text in match.groupdict().items() if name.startswith("ink") and text]
    known = sorted((ink for ink in inks if ink is not None), key=_lightness)
    return Wish((Duotone(dark=known[0], light=known[1]),), _where(match)) if len(known) == 2 else None


def _lightness(ink: Colour) -> int:
    return 2 * ink[0] + 5 * ink[1] + ink[2]


def _wash(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    tint = colour(match["color"])
    if tint is None:
        return None
    return Wish((ColourWash(colour=tint, strength=min(1.0, amount(match["pre"], 0.5))),), _where(match))


_LEAD = rf"(?:{MAKE} (?P<target>{IMAGE}) )?(?:(?:add|apply|give it) )?(?:(?:to|into|in) )?(?:a |an )?"

PATTERNS: tuple[Pattern, ...] = (
    pattern(rf"{_LEAD}(?P<ink1>{COLOR}) and (?P<ink2>{COLOR}) duotone(?: effect)?", _duotone),
    pattern(rf"{_LEAD}duotone (?:in|of|with|from) (?P<ink1>{COLOR}) and (?P<ink2>{COLOR})", _duotone),
    pattern(
        rf"(?:add|apply|give)(?: (?P<target>{IMAGE}))? (?:(?P<pre>{DEGREE}) )?(?:a |an )?(?:(?:slight|subtle) )?"
        rf"(?P<color>{COLOR}) (?:tint|wash|color wash|overlay|filter|tone|hue|cast)(?: (?:to|on|over) {IMAGE})?",
        _wash,
    ),
    pattern(rf"tint (?P<target>{TARGET}) (?:(?P<pre>{DEGREE}) )?(?:with |in )?(?:a )?(?P<color>{COLOR})", _wash),
)
