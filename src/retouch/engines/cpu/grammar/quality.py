"""Corrections: automatic enhancement, white balance, sharpening, noise."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.degree import amount
from retouch.engines.cpu.grammar.pattern import Pattern, Reader, Wish, always, pattern
from retouch.engines.cpu.grammar.things import Kind, Target, target
from retouch.engines.cpu.grammar.words import DEGREE, IMAGE, TARGET
from retouch.engines.cpu.steps import Denoise, Grain, Quality, Sharpen, Step

_PRONOUN = Target(Kind.PRONOUN)
_AUTO = always(Quality(kind="auto"), target=_PRONOUN)
_WB = always(Quality(kind="wb"), target=_PRONOUN)
_MEND = (
    r"(?:fix|correct|adjust|balance|improve|repair|auto fix|auto correct|auto adjust|auto balance"
    r"|normalize|optimize|neutralize|set|enhance)"
)
_NOISE = (
    r"(?:(?:image |color |digital |iso |film |luminance |chroma |visible )?(?:noise|grain|graininess"
    r"|noisiness|speckles))"
)
_POST = rf"(?: (?P<post>{DEGREE}))?"


def _strength(kind: type[Sharpen] | type[Denoise] | type[Grain]) -> Reader:
    def read(match: re.Match[str], _sentence: Sentence) -> Wish | None:
        said = match.groupdict()
        degree = said.get("pre") or said.get("post")
        step: Step = kind(strength=min(1.0, amount(degree, 0.5)))
        return Wish((step,), target(said.get("target")) or _PRONOUN)

    return read


PATTERNS: tuple[Pattern, ...] = (
    pattern(
        r"(?:auto )?(?:enhance|improve|optimize|auto enhance|autoenhance|auto adjust|auto correct"
        r"|autocorrect|auto fix|auto tone|auto improve)(?: (?:the )?(?:overall )?(?:quality|look"
        rf"|image quality|photo quality)(?: of)?)?(?: {IMAGE})?(?: quality)?(?: a bit| a little| slightly"
        r"| automatically)?",
        _AUTO,
    ),
    pattern(
        r"(?:apply |do |run |use )?(?:an? )?auto ?(?:enhance(?:ment)?|correction|adjust(?:ment)?s?|levels"
        rf"|contrast|tone|colors?|fix)(?: (?:to|on) {IMAGE})?",
        _AUTO,
    ),
    pattern(r"(?:auto ?levels|autocontrast|autocolor|autotone)", _AUTO),
    pattern(
        rf"{_MEND} (?:the |its |all the )?(?:overall )?(?:exposure|lighting|light|colors?|tones?|levels"
        r"|contrast|brightness|tonal range|color and contrast|contrast and color|lighting and colors?"
        rf"|exposure and colors?|brightness and contrast)(?: (?:of|in|on) {IMAGE})?(?: automatically)?",
        _AUTO,
    ),
    pattern(rf"make {IMAGE} (?:look )?(?:a bit |a little |much |way |even )?better", _AUTO),
    pattern(rf"(?:fix|color correct|correct) {IMAGE}|(?:apply |do )?(?:a )?color correction", _AUTO),
    pattern(
        rf"(?:{_MEND} )?(?:the |its )?(?:auto |automatic )?(?:white|color) ?balance(?: (?:of|in"
        rf"|on) {IMAGE})?(?: correction| fix| automatically)?|(?:apply |do )?(?:an? )?(?:auto "
        r"|automatic )?white ?balance"
        rf"(?: correction)?|auto white balance {IMAGE}|white balance {IMAGE}",
        _WB,
    ),
    pattern(
        rf"(?:{_MEND}|remove|reduce|eliminate|get rid of|kill|neutralize|cancel) (?:the |any |this |that )?"
        r"(?:(?:ugly |strong |slight )?(?:yellow|blue|orange|green|red|magenta|cyan|pink|purple|warm|cold)"
        rf"(?:ish)? )?(?:color )?(?:cast|tint|color cast|color tint)(?: (?:of|in|on|from) {IMAGE})?",
        _WB,
    ),
    pattern(r"neutralize (?:the )?(?:colors|whites)|make the whites (?:white|neutral)", _WB),
    pattern(
        rf"(?:(?P<pre>{DEGREE}) )?(?:sharpen|unsharp mask|crispen|crisp)(?: up)?(?: (?:up )?(?:the )?(?:"
        rf"(?:details|edges|image details|lines)(?: (?:of|in) )?)?(?P<target>{TARGET})??(?: up)?)?{_POST}",
        _strength(Sharpen),
    ),
    pattern(
        rf"(?:apply |add |do )?(?:(?P<pre>{DEGREE}) )?(?:a |an |some )?(?:sharpen(?:ing)?|sharpness"
        rf"|unsharp mask)(?: filter| effect)?(?: (?:to|on) (?P<target>{TARGET}))?",
        _strength(Sharpen),
    ),
    pattern(rf"sharpen (?:the )?(?:details|edges|lines|everything){_POST}", _strength(Sharpen)),
    pattern(
        rf"(?:(?P<pre>{DEGREE}) )?(?:denoise|de noise|degrain|despeckle)(?: (?P<target>{TARGET}))??{_POST}",
        _strength(Denoise),
    ),
    pattern(
        r"(?:reduce|remove|clean up|clean|get rid of|eliminate|lower|decrease|suppress|minimize|cut|fix"
        rf"|smooth out|take out|lessen|clear) (?:(?P<pre>{DEGREE}) )?(?:of )?(?:the |all the |all |any "
        rf"|some )?{_NOISE}(?: (?:in|from|of|on) (?P<target>{TARGET}))??{_POST}",
        _strength(Denoise),
    ),
    pattern(
        rf"(?:apply |do |add )?(?:(?P<pre>{DEGREE}) )?(?:some |a )?(?:noise (?:reduction|removal)"
        rf"|denoising)(?: (?:to|on) (?P<target>{TARGET}))?",
        _strength(Denoise),
    ),
)
