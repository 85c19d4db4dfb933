"""From a prompt to the steps of an edit: all of it or none of it.

The sentence is read from left to right. At each place every pattern is tried and the longest reading wins; words
that begin no pattern are named in the refusal. Half of a prompt is never performed.
"""

import re

from retouch.domain.errors import RetouchError
from retouch.engines.cpu.grammar import (
    background,
    effects,
    extend,
    geometry,
    joins,
    light,
    quality,
    recolor,
    refusals,
    removal,
    scaling,
    styles,
    text,
    tints,
    tone,
)
from retouch.engines.cpu.grammar.answers import refusal
from retouch.engines.cpu.grammar.clean import LONGEST, Sentence, clean
from retouch.engines.cpu.grammar.instruction import Instruction
from retouch.engines.cpu.grammar.language import is_foreign
from retouch.engines.cpu.grammar.pattern import Pattern, Refusal, Wish
from retouch.engines.cpu.grammar.scope import settle
from retouch.engines.cpu.grammar.things import is_mixture
from retouch.engines.cpu.grammar.words import SKIP

#: The families; of two equally long readings the earlier one wins.
PATTERNS: tuple[Pattern, ...] = (
    *geometry.PATTERNS,
    *scaling.PATTERNS,
    *joins.PATTERNS,
    *background.PATTERNS,
    *text.PATTERNS,
    *styles.PATTERNS,
    *tints.PATTERNS,
    *quality.PATTERNS,
    *effects.PATTERNS,
    *light.PATTERNS,
    *tone.PATTERNS,
    *extend.PATTERNS,
    *removal.PATTERNS,
    *recolor.PATTERNS,
    *refusals.PATTERNS,
)

#: More steps than anyone means, each of which costs time.
MOST_STEPS = 8

_SKIP = re.compile(rf"(?:{SKIP})(?= |$) ?")
_PAUSE = re.compile(r" (?=[,.]|and\b|then\b)")
_CONDITIONS = frozenset({
    "but", "except", "excluding", "not", "don't", "dont", "doesn't", "without", "unless", "if", "only", "other",
    "than", "keep", "keeping", "leave", "preserve", "retain", "instead", "rather", "while", "until", "no", "never",
    "avoid", "nothing",
})  # fmt: skip
_GLUE = re.compile(
    r"(?:the|a|an|it|its|this|that|of|in|on|to|at|is|be|so|make|image|photo|picture|and|my|with|please|for|\d+|[,.:%])$"
)


def parse(prompt: str, *, mask: bool, clear: bool = False) -> Instruction:
    """Read a prompt. Pure; quick for a prompt of any length.

    mask: the caller marked an area. clear: the image has transparent pixels of its own, which serve as the area
    for removal, filling and a plain `outpaint` when nothing is marked.

    Raises PROMPT_NOT_SUPPORTED where any word is not understood, and MASK_REQUIRED where an object must be marked;
    both with the extras `not_understood` (words) and `can_do` (example prompts).
    """
    if len(prompt) > 8 * LONGEST:
        raise _too_long()
    sentence = clean(prompt)
    if len(sentence.text) > LONGEST:
        raise _too_long()
    if not sentence.text.strip(" ,.:"):
        raise refusal("The prompt says nothing to do.", [])
    wishes = _read(sentence)
    steps = settle(wishes, mask=mask, clear=clear)
    if len(steps) > MOST_STEPS:
        raise refusal(f"At most {MOST_STEPS} changes at once, please.", [])
    return Instruction(steps)


def warm() -> None:
    """Compile every pattern now: it takes half a second of CPU time, which the first prompt pays otherwise."""
    for pattern in PATTERNS:
        _ = pattern.expression


def _read(sentence: Sentence) -> list[Wish]:
    """Every wish of the sentence. Raises PROMPT_NOT_SUPPORTED naming what was not understood."""
    wishes: list[Wish] = []
    unknown: list[str] = []
    reasons: list[str] = []
    at = _skip(sentence.text, 0)
    while at < len(sentence.text):
        try:
            found = _longest(sentence, at)
        except Refusal as reason:
            found = None
            reasons.append(str(reason))
        if found is None:
            end = _clause_end(sentence.text, at)
            unknown += sentence.text[at:end].split()
        else:
            wish, end = found
            wishes.append(wish)
        at = _skip(sentence.text, end)
    if unknown:
        raise _not_understood(sentence, unknown, reasons)
    if not wishes:
        raise refusal("The prompt says nothing to do.", sentence.text.split()[:12])
    return wishes


def _longest(sentence: Sentence, at: int) -> tuple[Wish, int] | None:
    """The longest reading that begins here, and where it ends."""
    matches = [
        (match, pattern) for pattern in PATTERNS if (match := pattern.expression.match(sentence.text, at)) is not None
    ]
    matches.sort(key=lambda found: -found[0].end())
    for match, pattern in matches:
        if is_mixture(match.groupdict().get("target") or ""):
            continue
        if match.end() > at and (wish := pattern.read(match, sentence)) is not None:
            return wish, match.end() if wish.end is None else wish.end
    return None


def _skip(text: str, at: int) -> int:
    """Past the words that say nothing."""
    while at < len(text) and (text[at] == " " or _SKIP.match(text, at)):
        match = _SKIP.match(text, at)
        at = match.end() if match else at + 1
    return at


def _clause_end(text: str, at: int) -> int:
    pause = _PAUSE.search(text, at + 1)
    return pause.start() if pause else len(text)


def _not_understood(sentence: Sentence, unknown: list[str], reasons: list[str]) -> RetouchError:
    if is_foreign(sentence.text):
        return refusal(
            "The built-in editor reads English only: please say it in English, such as 'make it a bit warmer'.",
            sentence.source.split()[:12],
        )
    words = [word for word in dict.fromkeys(unknown) if not _GLUE.match(word)][:12] or unknown[:12]
    words = [sentence.quotes[int(word[1:])] if word[0] == "\x01" else word for word in words]
    if reasons:
        return refusal(reasons[0], words)
    if _CONDITIONS & set(sentence.text.split()):
        return refusal("The built-in editor takes no conditions or exceptions: say only what to do.", words)
    named = ", ".join(repr(word) for word in words)
    return refusal(
        f"The built-in editor cannot do this: it did not understand {named}. It reads short English instructions "
        "and draws nothing new; a generative model can.",
        words,
    )


def _too_long() -> RetouchError:
    return refusal("The prompt is too long for the built-in editor, which reads short instructions.", [])
