"""What the grammar answers when it cannot do what was asked."""

import re

from retouch.domain.errors import Code, RetouchError
from retouch.engines.cpu.grammar.examples import can_do
from retouch.engines.cpu.grammar.words import DET


def refusal(message: str, words: list[str]) -> RetouchError:
    """PROMPT_NOT_SUPPORTED naming the words that were not understood."""
    return _answer(Code.PROMPT_NOT_SUPPORTED, message, "prompt", words)


def mask_required(name: str) -> RetouchError:
    """MASK_REQUIRED for an object by name, or for `the area to edit`."""
    what = repr(name) if name else "the area to edit"
    message = f"The built-in editor cannot find {what} by itself: mark it with a mask."
    return _answer(Code.MASK_REQUIRED, message, "mask", re.sub(rf"\b{DET}\b", "", name).split())


def _answer(code: Code, message: str, param: str, words: list[str]) -> RetouchError:
    return RetouchError(code, message, param=param, extras={"not_understood": words, "can_do": can_do()})
