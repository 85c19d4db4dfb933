"""Another colour for a marked thing. People are not things."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.colors import COLOR, colour, is_thing
from retouch.engines.cpu.grammar.pattern import Pattern, Refusal, Wish, pattern
from retouch.engines.cpu.grammar.things import THE_MARKED, Kind, is_person, is_skin, target
from retouch.engines.cpu.grammar.words import TARGET
from retouch.engines.cpu.steps import Recolour

_T = rf"(?P<target>{TARGET})"
_C = rf"(?P<color>{COLOR})"
#: Reading `her hair light brown` needs the shortest name before a colour, which TARGET's lazy words give.
_TO = r"(?: (?:to|into|in|as|be|with|look|to be|a|from|for)){0,2}"


#: A thing to recolour is named with an article, unless it is one that often goes without: `turn Anna green` is not.
_KNOWN = re.compile(
    r"(?:the|a|an|this|that|these|those|his|her|their|its|my|our|all|every|both)\b|(?:.* )?(?:hair|shirts?|dress(?:es)?"
    r"|jacket|coat|pants|jeans|shoes|hat|cap|cars?|walls?|door|sofa|couch|eyes|lips|nails|flowers?|roses?|text|logo|sky"
    r"|grass|water|t shirt|skirt|tie|bag|chair|curtains?|suit|sweater|hoodie|petals|leaves)$"
)


def _recolour(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    paint = colour(match["color"])
    where = target(match["target"])
    if paint is None or where is None or where.kind is Kind.BACKGROUND:
        return None
    if where.kind is Kind.OBJECT and (is_person(where.name) or is_skin(where.name)):
        raise Refusal("People are not recoloured; their clothing or hair can be, with a mask.")
    if where.kind is Kind.OBJECT and not _KNOWN.match(where.name):
        return None
    if is_thing(match["color"]) and re.search(
        r" into (?:a |an )?$", match.group()[: match.start("color") - match.start()]
    ):
        return None
    if where.kind is Kind.IMAGE:
        raise Refusal("The whole image is not one thing to recolour; 'add a blue tint' colours all of it.")
    return Wish((Recolour(colour=paint),), THE_MARKED if where.kind is Kind.PRONOUN else where)


PATTERNS: tuple[Pattern, ...] = (
    pattern(
        rf"(?:make|turn|paint|color|recolor|dye|change|switch|render|set) {_T}(?: color" rf"| colored)?{_TO} {_C}",
        _recolour,
    ),
    pattern(rf"(?:change|turn|set|make|switch) (?:the |its )?colors? of {_T}{_TO} {_C}", _recolour),
    pattern(rf"(?:change|set|make|turn|switch) (?P<target>{TARGET}) color{_TO} {_C}", _recolour),
    pattern(rf"recolor {_T} (?:in|to|as|with|into) {_C}", _recolour),
)
