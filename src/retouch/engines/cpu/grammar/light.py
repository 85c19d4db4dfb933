"""Exposure in stops, hue in degrees, shadows and highlights."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.pattern import Pattern, Refusal, Wish, pattern
from retouch.engines.cpu.grammar.qualities import step
from retouch.engines.cpu.grammar.things import Kind, Target, target
from retouch.engines.cpu.grammar.words import DEGREE, IMAGE, TARGET
from retouch.engines.cpu.steps import Hue, Tone

_LESS = {"decrease", "lower", "reduce", "drop"}
_PRONOUN = Target(Kind.PRONOUN)
_T = rf"(?P<target>{TARGET})"
_POST = rf"(?: (?P<post>{DEGREE}))?"


def _stops(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    said = match.groupdict()
    stops = float(said["stops"]) if said["stops"] else 0.5 if "half" in match.group() else 1.0
    if not 0 < stops <= 4:
        raise Refusal("An exposure change is up to 4 stops.")
    less = bool(said["minus"]) or said["way"] == "down" or said["verb"] in _LESS
    return Wish((Tone(quality="exposure", amount=-stops / 2 if less else stops / 2),), _PRONOUN)


def _hue(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    degrees = float(match["by"]) * (-1 if match["minus"] else 1)
    if degrees % 360 == 0:
        raise Refusal("Turning the hue by 0 or 360 degrees changes nothing.")
    return Wish((Hue(degrees=degrees),), target(match.groupdict().get("target")) or _PRONOUN)


def _regional(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    said = match.groupdict()
    steps = tuple(
        step(name, 1 if said.get("up") else -1, said.get("post"))
        for name in ("shadows", "highlights")
        if name in match.group()
    )
    return Wish(steps, target(match.groupdict().get("target")) or _PRONOUN)


PATTERNS: tuple[Pattern, ...] = (
    pattern(
        r"(?:(?P<verb>increase|raise|boost|decrease|lower|reduce|drop|change|adjust|push|bring|pull) )?(?:the )?"
        r"exposure (?:(?P<way>up|down) )?(?:by )?(?P<minus>- )?(?:\+ )?"
        r"(?:(?P<stops>\d+(?:\.\d+)?) (?:stops?|ev)|(?:a )?half (?:a )?stop|a stop)",
        _stops,
    ),
    pattern(
        rf"(?:shift|rotate|change|adjust|turn)? ?(?:the )?hues?(?: (?:of|in) {_T})?(?: shift| rotation)?(?: by)? "
        r"(?P<minus>- )?(?:\+ )?(?P<by>\d+(?:\.\d+)?)(?: degrees)?",
        _hue,
    ),
    # To reduce shadows is to lighten them; to deepen them, to darken: so each has verbs of its own.
    pattern(
        r"(?P<up>lift|raise|brighten|lighten|open up|open|recover|boost|fill|fill in|bring up|pull up"
        rf"|push up|reduce|soften|tone down|lessen)(?: up)? (?:the )?shadows(?: in {IMAGE}| up)?{_POST}",
        _regional,
    ),
    pattern(
        rf"(?P<down>darken|deepen|crush|lower|drop|pull down|bring down) (?:the )?shadows(?: in {IMAGE}"
        rf"| down)?{_POST}",
        _regional,
    ),
    pattern(
        r"(?P<down>recover|reduce|lower|tame|darken|tone down|bring down|pull down|pull back|bring back"
        rf"|soften|decrease|dim|rescue|bring) (?:the )?highlights(?: in {IMAGE}| down| back)?{_POST}",
        _regional,
    ),
    pattern(
        rf"(?P<up>brighten|boost|increase|raise|lift|lighten|push) (?:the )?highlights(?: in {IMAGE}" rf"| up)?{_POST}",
        _regional,
    ),
    pattern(
        rf"(?:the )?(?:shadows|highlights) (?:(?P<up>\+|up)|(?P<down>-|down))(?: (?P<post>{DEGREE}|\d+ %))?", _regional
    ),
)
