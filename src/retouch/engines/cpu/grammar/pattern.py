"""What a pattern is: a typed piece of a sentence, and the steps it stands for."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.things import Target
from retouch.engines.cpu.grammar.words import END
from retouch.engines.cpu.steps import Step


@dataclass(frozen=True, slots=True)
class Wish:
    """One part of a prompt, understood: its steps and what they act on.

    target None inherits what the part before acted on ("make the sky darker and warmer"). end is where the part
    ends in the sentence's text, where that is not where the pattern's match ends.
    """

    steps: tuple[Step, ...]
    target: Target | None = None
    end: int | None = None


class Refusal(Exception):  # noqa: N818 - a verdict on a pattern, not a failure of the program
    """A pattern saw what was meant, and knows that it cannot be done: the sentence says why."""


#: Makes a wish of a match, or None where the match means something else.
Reader = Callable[[re.Match[str], Sentence], Wish | None]


@dataclass(frozen=True)
class Pattern:
    """A regular expression over a Sentence's text and the reader of its matches."""

    source: str
    read: Reader

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The expression, compiled when it is first asked for: all patterns together take half a second."""
        return re.compile(self.source)


def pattern(expression: str, read: Reader) -> Pattern:
    """A pattern that begins where a wish begins and ends where one can end."""
    return Pattern(rf"(?:{expression}){END}", read)


def opening(expression: str, read: Reader) -> Pattern:
    """A pattern whose reader goes on reading the details behind it, and sees to where the wish ends."""
    return Pattern(expression, read)


def always(*steps: Step, target: Target | None = None) -> Reader:
    """A reader for patterns that mean the same whatever their words."""
    return lambda _match, _sentence: Wish(steps, target)


def refuses(reason: str) -> Reader:
    """A reader for what is asked often and cannot be done."""

    def read(_match: re.Match[str], _sentence: Sentence) -> Wish | None:
        raise Refusal(reason)

    return read
