"""Looks: black and white, sepia, sketch, cartoon, paintings, vintage, vignette, grain and their like."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.colors import COLOR, colour
from retouch.engines.cpu.grammar.degree import amount
from retouch.engines.cpu.grammar.pattern import Pattern, Refusal, Wish, pattern
from retouch.engines.cpu.grammar.things import Kind, Target, target
from retouch.engines.cpu.grammar.words import DEGREE, IMAGE, MAKE, TARGET
from retouch.engines.cpu.steps import ColourWash, Duotone, Grain, Posterize, SlowStyle, Step, Style, Vignette

_BW = (
    r"(?:(?:a )?(?:classic |high quality |pure |plain )?(?:black and white|black white|white and black|b and w|b w|bw"
    r"|grayscale|gray scale|gray|monochrome|mono|shades of gray|gray tones))"
)
#: What each look is called. The longest reading of a sentence wins, so `color pencil` beats `pencil`.
_LOOKS: tuple[tuple[str, Step], ...] = (
    (_BW, Style(style="bw")),
    (r"sepia(?: toned?)?", Style(style="sepia")),
    (
        r"colored pencil(?: drawing| sketch)?|color pencil(?: drawing| sketch)?|color sketch",
        Style(style="color_sketch"),
    ),
    (
        r"(?:hand drawn |hand made )?(?:pencil|graphite|pen|line|black and white pencil)? ?(?:sketch|drawing|line art)"
        r"|sketchy|sketched|pencil|pencil art|hand drawn|charcoal(?: drawing| sketch)",
        Style(style="sketch"),
    ),
    (r"cartoon(?:y|ish|ized|ed)?|comic(?: book)?|comics", SlowStyle(style="cartoon")),
    (r"oil(?: paint(?:ing|ed)?)?|oil on canvas|painting|painted|painterly", SlowStyle(style="oil")),
    (r"watercolor(?:s|ed)?(?: paint(?:ing|ed)?)?", SlowStyle(style="watercolor")),
    (
        r"(?:vintage|retro|old fashioned|nostalgic|faded film|old film|antique|old time)(?: photo| film| picture)?"
        r"|(?:an )?old photo(?:graph)?|aged(?: photo)?",
        Style(style="vintage"),
    ),
    (r"negative|(?:color )?inver(?:ted|sion)|inverted colors|film negative", Style(style="invert")),
    (r"posteri[sz](?:ed?|ation)|poster", Posterize()),
    (r"solari[sz](?:ed?|ation)", Style(style="solarize")),
    (r"emboss(?:ed|ing)?|relief", Style(style="emboss")),
    (r"edge detection|edges|outlines?|outlined", Style(style="edges")),
    (r"halftone|half tone", Style(style="halftone")),
    (r"film grain|grain|noise", Grain()),
    (r"vignette|vignetting|dark(?:er)? (?:corners|edges|vignette)|black vignette", Vignette()),
    (r"(?:white|light) vignette", Vignette(strength=-0.5)),
)
_VERBS: tuple[tuple[str, Step], ...] = (
    (r"invert|inverse|reverse the colors of", Style(style="invert")),
    (r"posterize", Posterize()),
    (r"solarize", Style(style="solarize")),
    (r"emboss", Style(style="emboss")),
    (r"cartoonize|cartoon", SlowStyle(style="cartoon")),
    (r"sketch", Style(style="sketch")),
    (r"(?:completely |fully |totally )desaturate|grayscale", Style(style="bw")),
    (r"vignette", Vignette()),
    (r"sepia tone", Style(style="sepia")),
    (r"halftone", Style(style="halftone")),
)
_AS = r"(?: (?:to|into|in|as|like|look like|look|appear|be|to be|to look like|look as|seem|resemble))?"
_ARTICLE = r"(?: (?:a|an|the|its|some))?"
_KIND = r"(?: (?:effect|style|filter|look|tones?|version|mode|treatment|feel|vibe|palette|colors|photo|picture|image|format))?"
_PRE = rf"(?: (?P<pre>{DEGREE})(?: of)?)?"


def _strong(step: Step, degree: str | None) -> Step:
    """The step at the strength that degree words ask for."""
    if degree is None:
        return step
    match step:
        case Vignette():
            share = min(1.0, amount(degree, 0.5))
            return Vignette(strength=share if step.strength > 0 else -share)
        case Grain():
            return Grain(strength=min(1.0, amount(degree, 0.5)))
        case Style():
            return type(step)(style=step.style, strength=min(1.0, amount(degree, 1.0)))
    return step


def _where(match: re.Match[str], default: Kind | None) -> Target | None:
    return target(match.groupdict().get("target")) or (Target(default) if default else None)


def _look(step: Step, default: Kind | None) -> "_Reader":
    return _Reader(step, default)


class _Reader:
    """Reads any of the ways to name one look."""

    def __init__(self, step: Step, default: Kind | None) -> None:
        self.step = step
        self.default = default

    def __call__(self, match: re.Match[str], _sentence: Sentence) -> Wish:
        return Wish((_strong(self.step, match.groupdict().get("pre")),), _where(match, self.default))


def _named(look: str, step: Step) -> tuple[Pattern, ...]:
    name = rf"(?:(?:{look}))"
    grain_or_corner = isinstance(step, Grain | Vignette)
    bare = name if not isinstance(step, Grain) else r"(?:film grain|grain)"
    giving = r"(?:give|add|apply|use|do|put|create|insert|overlay)"
    end = rf"(?: (?:to|on|over|in|around) (?P<target>{TARGET}))??"
    patterns = [
        pattern(rf"{giving}(?: (?P<given>{IMAGE}))?(?: with)?{_PRE}{_ARTICLE}{_PRE.replace('pre', 'mid')} {name}{_KIND}{end}", _look(step, Kind.PRONOUN)),
        pattern(rf"(?:in |as |like )?(?:(?:a|an|the) )?{bare}{_KIND}(?: (?:of|for) {IMAGE})?", _look(step, None)),
    ]  # fmt: skip
    if not grain_or_corner:
        patterns += [
            pattern(rf"{MAKE} (?P<target>{TARGET}){_AS}{_PRE}{_ARTICLE} {name}{_KIND}(?: of (?:it|itself|that))?", _look(step, Kind.PRONOUN)),
            pattern(rf"(?:convert|turn|change|transform|go|make|switch|render)(?: (?:to|into|in))?{_ARTICLE} {name}{_KIND}", _look(step, Kind.PRONOUN)),
            pattern(rf"(?:make|create|give me|produce|get){_ARTICLE} {name}(?: version)? (?:of|from|out of) {IMAGE}", _look(step, Kind.PRONOUN)),
            pattern(rf"(?:{IMAGE} )(?:in|as)(?: (?:a|an))? {name}{_KIND}", _look(step, Kind.PRONOUN)),
        ]  # fmt: skip
    return tuple(patterns)


def _verbal(verb: str, step: Step) -> Pattern:
    return pattern(rf"(?:{verb})(?: (?P<target>{TARGET}))??(?: (?P<pre>{DEGREE}))?", _look(step, Kind.PRONOUN))


def _duotone(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    first, second = colour(match["one"]), colour(match["two"])
    if first is None or second is None:
        return None
    dark, light = sorted((first, second), key=lambda c: 2 * c[0] + 5 * c[1] + c[2])
    return Wish((Duotone(dark=dark, light=light),), _where(match, Kind.PRONOUN))


def _wash(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    tint = colour(match["color"])
    if tint is None:
        return None
    return Wish((ColourWash(colour=tint, strength=min(1.0, amount(match["pre"], 0.35))),), _where(match, Kind.PRONOUN))


def _levels(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    levels = int(match["levels"])
    if not 2 <= levels <= 64:
        raise Refusal("Posterizing takes 2 to 64 levels.")
    return Wish((Posterize(levels=levels),), _where(match, Kind.PRONOUN))


_TWO = rf"(?P<one>{COLOR}) and (?P<two>{COLOR})"

PATTERNS: tuple[Pattern, ...] = (
    *(entry for look, step in _LOOKS for entry in _named(look, step)),
    *(_verbal(verb, step) for verb, step in _VERBS),
    pattern(rf"(?:remove|drop|strip|take out|take away|drain|get rid of) (?:all )?(?:of )?(?:the |its )?colors?(?: from (?P<target>{TARGET}))?", _look(Style(style="bw"), Kind.PRONOUN)),
    pattern(rf"invert (?:the )?colors(?: of (?P<target>{TARGET}))?", _look(Style(style="invert"), Kind.PRONOUN)),
    pattern(rf"posterize(?: (?P<target>{IMAGE}))? (?:to|with|into) (?P<levels>\d{{1,3}}) (?:levels|colors|steps|tones)", _levels),
    pattern(rf"(?:{MAKE} (?P<target>{IMAGE}) )?(?:(?:add|apply|give it) )?(?:(?:to|into|in) )?(?:a |an )?(?:{_TWO} duotone|duotone (?:in|of|with|from) {_TWO.replace('one>', 'one_>').replace('two>', 'two_>')})(?: effect)?", lambda m, s: _either_duotone(m, s)),
    pattern(rf"(?:add|apply|give)(?: (?P<target>{IMAGE}))? (?:(?P<pre>{DEGREE}) )?(?:a |an )?(?:(?:slight|subtle) )?(?P<color>{COLOR}) (?:tint|wash|color wash|overlay|filter|tone|hue|cast)(?: (?:to|on|over) {IMAGE})?", _wash),
    pattern(rf"tint (?P<target>{IMAGE}|{TARGET}) (?:(?P<pre>{DEGREE}) )?(?:with |in )?(?:a )?(?P<color>{COLOR})", _wash),
)  # fmt: skip


def _either_duotone(match: re.Match[str], sentence: Sentence) -> Wish | None:
    if match["one"] is not None:
        return _duotone(match, sentence)
    dark, light = colour(match["one_"]), colour(match["two_"])
    if dark is None or light is None:
        return None
    dark, light = sorted((dark, light), key=lambda c: 2 * c[0] + 5 * c[1] + c[2])
    return Wish((Duotone(dark=dark, light=light),), _where(match, Kind.PRONOUN))
