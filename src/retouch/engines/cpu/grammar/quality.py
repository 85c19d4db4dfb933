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
_MEND = r"(?:fix|correct|adjust|balance|improve|repair|auto fix|auto correct|auto adjust|auto balance|normalize|optimize|neutralize|set|enhance)"
_NOISE = r"(?:(?:image |color |digital |iso |film |luminance |chroma |visible )?(?:noise|grain|graininess|noisiness|speckles))"
_POST = rf"(?: (?P<post>{DEGREE}))?"


def _strength(kind: type[Sharpen] | type[Denoise] | type[Grain]) -> Reader:
    def read(match: re.Match[str], _sentence: Sentence) -> Wish | None:
        said = match.groupdict()
        degree = said.get("pre") or said.get("post")
        step: Step = kind(strength=min(1.0, amount(degree, 0.5)))
        return Wish((step,), target(said.get("target")) or _PRONOUN)

    return read


PATTERNS: tuple[Pattern, ...] = (
    pattern(rf"(?:auto )?(?:enhance|improve|beautify|optimize|perfect|auto enhance|autoenhance|auto adjust|auto correct|autocorrect|auto fix|auto tone|auto improve|polish)(?: (?:the )?(?:overall )?(?:quality|look|image quality|photo quality)(?: of)?)?(?: {IMAGE})?(?: quality)?(?: a bit| a little| slightly| automatically)?", _AUTO),
    pattern(rf"(?:apply |do |run |use )?(?:an? )?auto ?(?:enhance(?:ment)?|correction|adjust(?:ment)?s?|levels|contrast|tone|colors?|fix)(?: (?:to|on) {IMAGE})?", _AUTO),
    pattern(r"(?:auto ?levels|autocontrast|autocolor|autotone)", _AUTO),
    pattern(rf"{_MEND} (?:the |its |all the )?(?:overall )?(?:exposure|lighting|light|colors?|tones?|levels|contrast|brightness|tonal range|color and contrast|contrast and color|lighting and colors?|exposure and colors?|brightness and contrast)(?: (?:of|in|on) {IMAGE})?(?: automatically)?", _AUTO),
    pattern(rf"make {IMAGE} (?:look )?(?:a bit |a little |much |way |even )?better", _AUTO),
    pattern(rf"(?:fix|color correct|correct) {IMAGE}|(?:apply |do )?(?:a )?color correction", _AUTO),
    pattern(rf"(?:{_MEND} )?(?:the |its )?(?:auto |automatic )?(?:white|color) ?balance(?: (?:of|in|on) {IMAGE})?(?: correction| fix)?|(?:apply |do )?(?:an? )?(?:auto |automatic )?white ?balance(?: correction)?|auto white balance {IMAGE}|white balance {IMAGE}", _WB),
    pattern(rf"(?:{_MEND}|remove|reduce|eliminate|get rid of|kill|neutralize|cancel) (?:the |any |this |that )?(?:(?:ugly |strong |slight )?(?:yellow|blue|orange|green|red|magenta|cyan|pink|purple|warm|cold)(?:ish)? )?(?:color )?(?:cast|tint|color cast|color tint)(?: (?:of|in|on|from) {IMAGE})?", _WB),
    pattern(r"neutralize (?:the )?(?:colors|whites)|make the whites (?:white|neutral)", _WB),
    pattern(rf"(?:(?P<pre>{DEGREE}) )?(?:sharpen|unsharp mask|crispen|crisp)(?: up)?(?: (?:up )?(?:the )?(?:(?:details|edges|image details|lines)(?: (?:of|in) )?)?(?P<target>{TARGET})??(?: up)?)?{_POST}", _strength(Sharpen)),
    pattern(rf"(?:apply |add |do )?(?:(?P<pre>{DEGREE}) )?(?:a |an |some )?(?:sharpen(?:ing)?|sharpness|unsharp mask)(?: filter| effect)?(?: (?:to|on) (?P<target>{TARGET}))?", _strength(Sharpen)),
    pattern(rf"sharpen (?:the )?(?:details|edges|lines|everything){_POST}", _strength(Sharpen)),
    pattern(rf"(?:(?P<pre>{DEGREE}) )?(?:denoise|de noise|degrain|despeckle)(?: (?P<target>{TARGET}))??{_POST}", _strength(Denoise)),
    pattern(rf"(?:reduce|remove|clean up|clean|get rid of|eliminate|lower|decrease|suppress|minimize|cut|fix|smooth out|take out|lessen|clear) (?:(?P<pre>{DEGREE}) )?(?:of )?(?:the |all the |all |any |some )?{_NOISE}(?: (?:in|from|of|on) (?P<target>{TARGET}))??{_POST}", _strength(Denoise)),
    pattern(rf"(?:apply |do |add )?(?:(?P<pre>{DEGREE}) )?(?:some |a )?(?:noise (?:reduction|removal)|denoising)(?: (?:to|on) (?P<target>{TARGET}))?", _strength(Denoise)),
)  # fmt: skip
