"""How much: words and numbers to amounts."""

import re

from retouch.engines.cpu.grammar.pattern import Refusal
from retouch.engines.cpu.grammar.words import BIG, NUM, SMALL

_NUMBER = re.compile(rf"([+-] )?({NUM})")
_SHARES = {"half": 0.5, "third": 1 / 3, "quarter": 0.25}
#: The largest change that is a change of degree rather than a mistake.
LARGEST = 3.0


def amount(text: str | None, ordinary: float) -> float:
    """The change that degree words mean, `ordinary` where there are none.

    `a bit` is half the ordinary change and `a lot` twice it; `20 %` and `by 20` are 0.2. Raises Refusal for no
    change at all and for more than LARGEST.
    """
    if not text:
        return ordinary
    number = _NUMBER.search(text)
    if number is None or re.fullmatch(r"by (?:a )?1 (?:half|third|quarter)", text):
        return _in_words(text, ordinary)
    share = float(number[2]) / 100
    if number[1] == "- ":
        raise Refusal("A negative percentage is ambiguous here: say more or less of it.")
    if not 0 < share <= LARGEST:
        raise Refusal(f"A change is between 1 and {LARGEST * 100:.0f} %.")
    return share


def _in_words(text: str, ordinary: float) -> float:
    for word, share in _SHARES.items():
        if text.endswith(word):
            return share
    if re.fullmatch(SMALL, text):
        return ordinary / 2
    return min(1.0, ordinary * 2) if re.fullmatch(BIG, text) else ordinary
