"""Local effects: blur, pixelate, cover."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.colors import COLOR, colour
from retouch.engines.cpu.grammar.degree import amount
from retouch.engines.cpu.grammar.pattern import Pattern, Reader, Wish, pattern
from retouch.engines.cpu.grammar.things import THE_MARKED, Kind, Target, target
from retouch.engines.cpu.grammar.words import DEGREE, TARGET
from retouch.engines.cpu.steps import Blur, Paint, Pixelate

_T = rf"(?P<target>{TARGET})"
_PRE = rf"(?:(?P<pre>{DEGREE}) )?"
_POST = rf"(?: (?P<post>{DEGREE}))?"
_PRONOUN = Target(Kind.PRONOUN)


def _strength(kind: type[Blur] | type[Pixelate]) -> Reader:
    def read(match: re.Match[str], _sentence: Sentence) -> Wish | None:
        said = match.groupdict()
        where = target(said.get("target")) or _PRONOUN
        share = min(1.0, amount(said.get("pre") or said.get("post"), 0.5))
        if kind is Blur:
            return Wish((Blur(strength=share, hiding=where.kind is Kind.OBJECT),), where)
        return Wish((Pixelate(strength=share),), where)

    return read


def _cover(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    said = match.groupdict()
    paint = colour(said["color"]) if said.get("color") else (0, 0, 0)
    where = target(said.get("target"))
    if paint is None or (where is not None and where.kind not in {Kind.OBJECT, Kind.MARKED, Kind.PRONOUN}):
        return None
    return Wish((Paint(colour=paint),), THE_MARKED if where is None or where.kind is Kind.PRONOUN else where)


_BOX = r"(?:box|rectangle|block|bar|bars|patch|square|solid color)"

PATTERNS: tuple[Pattern, ...] = (
    pattern(
        rf"{_PRE}(?:(?:gaussian|box|smooth) )?(?:blur|defocus)(?: out| away)?(?: {_T}(?: out)?)??{_POST}",
        _strength(Blur),
    ),
    pattern(
        rf"(?:apply|add|use|put|do|give) (?:it )?{_PRE}(?:(?:a|an|some|the) )?{_PRE.replace('pre', 'mid')}"
        rf"(?:(?:gaussian|soft|box) )?blur(?:ring)?(?: effect| filter)?(?: (?:to|on|over) {_T})??",
        _strength(Blur),
    ),
    pattern(r"(?:gaussian|soft) blur", _strength(Blur)),
    pattern(rf"{_PRE}(?:pixelate|pixelize|censor|anonymize)(?: out)?(?: {_T})??{_POST}", _strength(Pixelate)),
    pattern(rf"(?:make|render|turn) {_T} {_PRE}(?:look )?(?:pixelated|into px|unrecognizable)", _strength(Pixelate)),
    pattern(
        rf"(?:apply|add|use|put) (?:a |an |some )?{_PRE}(?:pixelation|(?:pixelated?|mosaic|px) (?:effect"
        rf"|filter))(?: (?:to|on|over) {_T})??",
        _strength(Pixelate),
    ),
    pattern(
        rf"(?:redact|black out|blackout|blank out)(?: {_T})??(?: out)?(?: (?:with|in|using) (?:a )?"
        rf"(?P<color>{COLOR})(?: {_BOX})?)?",
        _cover,
    ),
    pattern(
        rf"(?:cover|fill|paint over|hide)(?: (?:up|in))?(?: {_T})?? (?:with|in|using|by) (?:a )?(?:solid )?"
        rf"(?P<color>{COLOR})(?: {_BOX})?",
        _cover,
    ),
    pattern(rf"(?:put|place|add|draw) (?:a )?(?P<color>{COLOR}) {_BOX} (?:over|on|on top of) {_T}", _cover),
)
