"""Looks: black and white, sepia, sketch, cartoon, paintings, vintage, vignette, grain and their like."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.degree import amount
from retouch.engines.cpu.grammar.pattern import Pattern, Reader, Refusal, Wish, pattern
from retouch.engines.cpu.grammar.things import Kind, Target, target
from retouch.engines.cpu.grammar.words import DEGREE, IMAGE, MAKE, MARKED, TARGET
from retouch.engines.cpu.steps import Grain, Posterize, SlowStyle, Step, Style, Vignette

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
        r"|sketched|pencil art|hand drawn|charcoal (?:drawing|sketch)",
        Style(style="sketch"),
    ),
    (r"cartoon(?:y|ish|ized|ed)?(?: drawing| illustration| image)?|comic(?: book)?|comics", SlowStyle(style="cartoon")),
    (
        r"oil paint(?:ing|ed)?|oil(?= style| effect| look| filter)|oil on canvas|painting|painterly",
        SlowStyle(style="oil"),
    ),
    (r"watercolor(?:s|ed)?(?: paint(?:ing|ed)?)?", SlowStyle(style="watercolor")),
    (
        r"(?:vintage|retro|old fashioned|nostalgic|faded film|old film|antique|old time)(?: photo| film| picture)?"
        r"|(?:an )?old photo(?:graph)?|aged(?: photo)?",
        Style(style="vintage"),
    ),
    (r"negative|(?:color )?inver(?:ted|sion)|inverted colors|film negative", Style(style="invert")),
    (r"posteri[sz](?:ed?|ation)", Posterize()),
    (r"solari[sz](?:ed?|ation)", Style(style="solarize")),
    (r"emboss(?:ed|ing)?", Style(style="emboss")),
    (r"edge detection|edges only", Style(style="edges")),
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
_KIND = (
    r"(?: (?:effect|style|filter|look|tones?|version|mode|treatment|feel|vibe|palette|colors|photo"
    r"|picture|image|format))?"
)
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


#: On a thing these words are not looks but other things: a vintage car, a painted wall, a grey shirt.
_NOT_ON_THINGS = re.compile(
    r"\b(?:vintage|retro|old\w*|nostalgic|aged|antique|faded|gray|mono|painting|painterly|drawing|hand drawn|comics?"
    r"|negative|line art|sketched|grain|noise|vignette|vignetting|corners|edges)\b"
)
_SAYS_LOOK = re.compile(r" (?:effect|style|filter|look)$")


def _look(step: Step, default: Kind | None) -> Reader:
    """Reads any of the ways to name one look."""

    def read(match: re.Match[str], _sentence: Sentence) -> Wish | None:
        said = match.groupdict()
        where = _where(match, default)
        if where is not None and where.kind is Kind.OBJECT:
            rest = match.group().replace(where.name, "", 1)
            if _NOT_ON_THINGS.search(rest) and not _SAYS_LOOK.search(rest):
                return None
        return Wish((_strong(step, said.get("pre") or said.get("mid")),), where)

    return read


#: Looks that no thing is called by, so that `add sepia` needs no `effect`.
_PLAINLY = (Style(style="bw"), Style(style="sepia"))


def _named(look: str, step: Step) -> tuple[Pattern, ...]:
    name = rf"(?:{look})"
    bare = r"(?:film grain|grain)" if isinstance(step, Grain) else name
    added = isinstance(step, Grain | Vignette)
    # `add a painting on the wall` wants a thing; `add an oil painting effect` a look.
    kind = _KIND if added or step in _PLAINLY else rf"(?:{_KIND[:-1]})"
    on = rf"(?: (?:to|on|over|in|around) (?P<target>{IMAGE}|{MARKED}))?"
    giving = (
        rf"(?:give|add|apply|use|do|put|create|insert|overlay)(?: (?P<given>{IMAGE}))?(?: with)?{_PRE}{_ARTICLE}"
        rf"{_PRE.replace('pre', 'mid')} {name}{kind}{on}"
    )
    alone = rf"(?:in |as |like )?(?:(?:a|an|the) )?{bare}{_KIND}(?: (?:of|for) {IMAGE})?"
    patterns = [pattern(giving, _look(step, Kind.PRONOUN)), pattern(alone, _look(step, None))]
    if not added:
        patterns += [pattern(words, _look(step, Kind.PRONOUN)) for words in _turned_into(name)]
    return tuple(patterns)


def _turned_into(name: str) -> tuple[str, ...]:
    """The ways to say that something becomes a look."""
    return (
        rf"{MAKE} (?P<target>{TARGET}){_AS}{_PRE}{_ARTICLE} {name}{_KIND}(?: of (?:it|itself|that))?",
        rf"(?:convert|turn|change|transform|go|make|switch|render)(?: (?:to|into|in))?{_ARTICLE} {name}{_KIND}",
        rf"(?:make|create|give me|produce|get){_ARTICLE} {name}(?: version)? (?:of|from|out of) {IMAGE}",
        rf"{IMAGE} (?:in|as)(?: (?:a|an))? {name}{_KIND}",
    )


def _verbal(verb: str, step: Step) -> Pattern:
    return pattern(rf"(?:{verb})(?: (?P<target>{TARGET}))??(?: (?P<pre>{DEGREE}))?", _look(step, Kind.PRONOUN))


def _levels(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    levels = int(match["levels"])
    if not 2 <= levels <= 64:
        raise Refusal("Posterizing takes 2 to 64 levels.")
    return Wish((Posterize(levels=levels),), _where(match, Kind.PRONOUN))


PATTERNS: tuple[Pattern, ...] = (
    *(entry for look, step in _LOOKS for entry in _named(look, step)),
    *(_verbal(verb, step) for verb, step in _VERBS),
    pattern(
        r"(?:remove|drop|strip|take out|take away|drain|get rid of) (?:all )?(?:of )?(?:the |its )?colors?"
        rf"(?: from (?P<target>{TARGET}))?",
        _look(Style(style="bw"), Kind.PRONOUN),
    ),
    pattern(rf"invert (?:the )?colors(?: of (?P<target>{TARGET}))?", _look(Style(style="invert"), Kind.PRONOUN)),
    pattern(
        rf"posterize(?: (?P<target>{IMAGE}))? (?:to|with|into) (?P<levels>\d{{1,3}}) (?:levels|colors|steps" r"|tones)",
        _levels,
    ),
)
