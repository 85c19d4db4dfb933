"""The background: cut it out, colour it, blur it."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.colors import COLOR, colour, is_thing
from retouch.engines.cpu.grammar.degree import amount
from retouch.engines.cpu.grammar.pattern import Pattern, Wish, always, pattern
from retouch.engines.cpu.grammar.things import THE_BACKGROUND
from retouch.engines.cpu.grammar.words import BACKGROUND, DEGREE, IMAGE, MAKE, SUBJECT
from retouch.engines.cpu.steps import BackgroundBlur, BackgroundColour, BackgroundRemove

_BG = rf"(?:{BACKGROUND})"
_GONE = (
    r"(?:remove|erase|delete|eliminate|get rid of|take out|take away|cut out|cut|clear|clear out|drop"
    r"|strip|knock out|wipe out|wipe|lose)"
)
_CUT_OUT = always(BackgroundRemove(), target=THE_BACKGROUND)
_PRE = rf"(?:(?P<pre>{DEGREE}) )?"
_POST = rf"(?: (?P<post>{DEGREE}))?"
_C = rf"(?P<color>{COLOR})"
_FROM = rf"(?: (?:from|of|in) {IMAGE})?"
_CLEAR = r"(?:transparent|see through|invisible|alpha)"


def _colour(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    paint = colour(match["color"])
    placed = match.group()[: match.start("color") - match.start()]
    if paint is None or (is_thing(match["color"]) and re.search(r" (?:with|by|into|for) (?:a |an )?$", placed)):
        return None  # `replace the background with mint` may mean the herb
    return Wish((BackgroundColour(colour=paint),), THE_BACKGROUND)


def _blur(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    said = match.groupdict()
    share = min(1.0, amount(said.get("pre") or said.get("post"), 0.5))
    return Wish((BackgroundBlur(strength=share),), THE_BACKGROUND)


PATTERNS: tuple[Pattern, ...] = (
    pattern(
        rf"(?:completely |fully )?{_GONE} (?:{_BG}|(?:the |this )?{COLOR} background){_FROM}(?: completely"
        r"| entirely| so it is transparent| "
        rf"(?:and|to) (?:make it|make {IMAGE}) transparent)?",
        _CUT_OUT,
    ),
    pattern(rf"{MAKE} {_BG}(?: to| into| be)? (?:a )?{_CLEAR}(?: background)?", _CUT_OUT),
    pattern(
        rf"(?:{MAKE}|replace|swap) {_BG}(?: with| by| for| to) (?:a )?(?:transparent(?: background| 1)?"
        r"|transparency|nothing)",
        _CUT_OUT,
    ),
    pattern(
        rf"(?:(?:{MAKE}|put|place|give|isolate|set|save|export) {IMAGE} )?(?:(?:on|with|have|add|use|a"
        rf"|against|get|make|onto|as) ){{0,2}}(?:png )?(?:with )?(?:a )?{_CLEAR} background",
        _CUT_OUT,
    ),
    pattern(rf"(?:cut ?out|isolate|extract|mask out|separate) {SUBJECT}(?: (?:from|of) (?:{_BG}|{IMAGE}))?", _CUT_OUT),
    pattern(
        r"(?:background (?:removal|remover|removed|cut ?out)|no background|make (?:a )?cut ?out"
        r"|with no background|without (?:a |the |any )?background)",
        _CUT_OUT,
    ),
    pattern(
        rf"(?:{MAKE}|paint|color|recolor|fill|replace|swap|set|switch|substitute)(?: out)? {_BG}(?: color)?"
        rf"(?: (?:to|into|with|by|for|in|as|be))?(?: (?:a|an))? {_C}(?: background| 1| backdrop)?",
        _colour,
    ),
    pattern(
        rf"(?:(?:{MAKE}|put|place|give|isolate|set|show) (?:{IMAGE}|{SUBJECT}) )?(?:(?:on|with|against|add"
        rf"|use|have|onto|in front of|make|over) ){{0,2}}(?:a )?(?:(?:plain|solid|clean|pure"
        rf"|simple) ){{0,2}}{_C} background",
        _colour,
    ),
    pattern(
        rf"{_GONE} {_BG} (?:and )?(?:, )?(?:then )?(?:(?:replace|fill|swap|substitute) (?:it )?(?:with|by)"
        r"|make (?:it|the background)|put(?: in)?|add|set it to|turn it|color it) (?:a )?(?:plain "
        rf"|solid )?{_C}(?: 1| background)?",
        _colour,
    ),
    pattern(
        rf"{_GONE} {_BG} (?:and )?(?:, )?(?:then )?(?:replace (?:it )?with|make (?:it|the background)"
        r"|leave it) (?:a )?(?:transparent(?: background| 1)?|transparency)",
        _CUT_OUT,
    ),
    pattern(rf"{_PRE}(?:blur|defocus|soften|unfocus)(?: out)? {_BG}{_POST}", _blur),
    pattern(
        rf"{MAKE} {_BG}(?: to| be| look| go)? {_PRE}(?:more )?(?:blurry|blurred|out of focus|soft|softer"
        rf"|blurrier|defocused|bokeh)(?: looking)?{_POST}",
        _blur,
    ),
    pattern(rf"(?:put|throw) {_BG} (?:out of focus|into blur)", _blur),
    pattern(
        rf"(?:(?:give|apply|add|use|create|make|put) )?(?:{IMAGE} )?(?:with )?{_PRE}(?:(?:a|an|some"
        rf"|the) )?{_PRE.replace('pre', 'mid')}(?:(?:background|bokeh|portrait|lens) blur|bokeh|blurr(?:y"
        r"|ed) background|portrait mode|shallow depth of field|depth of field)(?: effect| look)?(?: (?:to"
        rf"|on) (?:{BACKGROUND}|{IMAGE}))?",
        _blur,
    ),
    pattern(rf"(?:increase|boost|strengthen) (?:the )?background blur{_POST}", _blur),
    pattern(rf"(?:add|apply) {_PRE}(?:some |a )?blur (?:to|on) {_BG}", _blur),
)
