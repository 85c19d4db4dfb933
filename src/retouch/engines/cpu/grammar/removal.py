"""Take something away, or fill what is empty: inpainting of the marked area."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.pattern import Pattern, Refusal, Wish, always, pattern
from retouch.engines.cpu.grammar.things import THE_IMAGE, THE_MARKED, Kind, head, target
from retouch.engines.cpu.grammar.words import DET, IMAGE, MARKED, OBJECT, STOP, TARGET
from retouch.engines.cpu.steps import Fill, FillTransparent, Remove

_VERB = (
    r"(?:remove|erase|delete|eliminate|get rid of|take out|take away|wipe out|wipe away|wipe off|edit out|clone out"
    r"|paint out|clean off|clear away|photoshop out|retouch out|rub out|scrub out"
    r"|strip out|clean away|airbrush out|do away with|dispose of)"
)
_HOW = r"(?:completely |entirely |fully |cleanly |seamlessly |totally )?"
#: What can be healed as well as removed.
_MEND = r"(?:heal|inpaint|retouch|patch|patch up|clean up|clean|repair|fix|spot heal)"
_FLAW = (
    r"(?:(?:the |this |these |those |that |all |any |her |his ){0,3}(?:[a-z]+ )??"
    r"(?:scratch(?:es)?|blemish(?:es)?|spots?"
    r"|scars?|pimples?|acne|zits?|cracks?|stains?|dust|specks?|creases?|tears?|smudges?|marks?|clutter|litter|mess))"
)
_BEHIND = (
    r"(?:(?:fill|fill in) (?:it |that )?(?:with )?|replace it with |rebuild |reconstruct )(?:in )?(?:the )?"
    r"(?:gap|hole|space|empty space|area|background|surroundings|surrounding (?:px|area|texture|background))"
    r"(?: behind (?:it|him|her|them)| left behind)?(?: naturally| seamlessly| realistically)?"
)
_AFTER = (
    r"(?: (?:completely|entirely|cleanly|seamlessly|naturally|fully|altogether|for good))?"
    rf"(?:(?: ,)?(?: and)?(?: then)? {_BEHIND})?"
)
#: Not things that stand somewhere, so that filling from the surroundings does not take them away.
_NOT_THINGS = re.compile(
    r"\b(?:wrinkles?|blur|blurriness|haze|fog|mist|rain|snow|darkness|smile|frown|beard|mustache|moustache|hair|makeup"
    r"|make up|clothes|clothing|shirts?|dress|pants|trousers|bikini|bra|underwear|swimsuit|jacket|coat|fat|weight|age"
    r"|years|face|head|eyes?|mouth|nose|skin|body|tan|red eyes?|motion|bald\w*|double chin|braces|tattoos? sleeve"
    r"|night|daylight|sunlight|light|lights? cast|compression|artifacts|jpeg artifacts|rest|other|perspective"
    r"|distortion|watermarks? protection)$"
)
_EMPTY = r"(?:transparent|empty|blank|missing|clear|erased|cut out|deleted|see through|white)"
_PLACES = (
    r"(?:areas?|parts?|regions?|spaces?|px|sections?|corners?|borders?|edges?|pieces?|bits?|spots?"
    r"|margins?|portions?|background|content)"
)


def _remove(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    where = target(match["target"])
    if where is None or where.kind in {Kind.BACKGROUND, Kind.IMAGE}:
        return None
    if where.kind is Kind.OBJECT and any(
        _NOT_THINGS.search(head(part)) for part in re.split(r" ?,? and | , ", where.name)
    ):
        raise Refusal("Only things that stand in front of something can be removed; what this asks for is a retouch.")
    return Wish((Remove(),), THE_MARKED if where.kind in {Kind.PRONOUN, Kind.SUBJECT} else where)


_FILL = always(Fill(), target=THE_MARKED)
_TRANSPARENT = always(FillTransparent(), target=THE_IMAGE)
_NATURALLY = (
    r"(?: (?:naturally|seamlessly|with (?:its |the |matching )?(?:surroundings?|surrounding (?:area|px"
    r"|texture|content)|background)|to match (?:its |the )?(?:surroundings?|background|rest)|in"
    r"|automatically))?"
)

_MANY = r"(?:[a-z]+s|text|logo|watermark|date|shadow|leash|collar|reflection|trash|litter|people)"

PATTERNS: tuple[Pattern, ...] = (
    pattern(rf"{_MEND} (?P<target>{_FLAW}){_AFTER}", _remove),
    pattern(rf"take (?P<target>{TARGET}) (?:out|away)(?: of {IMAGE})?{_AFTER}", _remove),
    pattern(rf"{_HOW}{_VERB} (?P<target>{OBJECT} with {DET} {OBJECT}){_AFTER}", _remove),
    pattern(rf"{_HOW}{_VERB} (?P<target>{OBJECT} and (?!{STOP}\b){_MANY}(?=$| [,.])){_AFTER}", _remove),
    pattern(rf"{_HOW}{_VERB} (?P<target>{TARGET}){_AFTER}", _remove),
    pattern(rf"(?:make|let|have) (?P<target>{TARGET}) (?:disappear|vanish|go away|invisible|gone)", _remove),
    pattern(r"(?:clean up|erase|heal|remove|object removal|clean it up)", always(Remove(), target=THE_MARKED)),
    pattern(r"(?:clean it up|clean this up|touch (?:it|this) up)", always(Remove(), target=THE_MARKED)),
    pattern(
        r"(?:fill|fill in|inpaint|heal|patch|complete|reconstruct|repair|content aware fill|regenerate"
        rf"|restore) (?:in )?(?:{MARKED}|(?:the |this |these |that |all the |all )?(?:holes?|gaps?|missing "
        rf"(?:area|part|region|piece)s?))(?: in)?{_NATURALLY}",
        _FILL,
    ),
    pattern(
        r"(?:fill (?:it|this|that|them|these)(?: in)?|fill in|fill|inpaint|inpainting|content aware fill"
        r"|fill (?:it|this) in)(?: naturally| seamlessly)?",
        _FILL,
    ),
    pattern(
        r"(?:fill|fill in|complete|inpaint|outpaint|paint in|fill up|extend into|replace|reconstruct) "
        rf"(?:in )?(?:the |all the |all |any |these |those )?{_EMPTY} {_PLACES}(?: (?:of|in) {IMAGE})?"
        rf"(?: in)?{_NATURALLY}",
        _TRANSPARENT,
    ),
    pattern(rf"(?:fill|fill in|remove|replace) (?:in )?(?:the )?transparency(?: (?:of|in) {IMAGE})?", _TRANSPARENT),
    pattern(rf"(?:outpaint|uncrop|extend the background) (?:into )?(?:{MARKED}|the {_EMPTY} {_PLACES})", _TRANSPARENT),
)
