"""What a wish acts on: the picture, its background, its subject, the marked area, or an object by name."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from retouch.engines.cpu.grammar.colors import COLOR
from retouch.engines.cpu.grammar.words import BACKGROUND, COLORS, IMAGE, MARKED, SUBJECT


class Kind(Enum):
    """What a target is; PRONOUN is `it`, which may be the picture or what was named before."""

    IMAGE = auto()
    PRONOUN = auto()
    BACKGROUND = auto()
    SUBJECT = auto()
    MARKED = auto()
    OBJECT = auto()


@dataclass(frozen=True, slots=True)
class Target:
    """A target and, for an object, its name."""

    kind: Kind
    name: str = ""


THE_IMAGE = Target(Kind.IMAGE)
THE_BACKGROUND = Target(Kind.BACKGROUND)
THE_MARKED = Target(Kind.MARKED)

_KINDS = (
    (Kind.PRONOUN, r"(?:all of )?(?:it|this|that)|(?:this|that) 1|them|these"),
    (Kind.MARKED, MARKED),
    (Kind.SUBJECT, SUBJECT),
    (Kind.BACKGROUND, BACKGROUND),
    (Kind.IMAGE, rf"{IMAGE}|{COLORS}"),
)
_COMPILED = tuple((kind, re.compile(expression)) for kind, expression in _KINDS)

PEOPLE = (
    r"(?:him|her|me|us|them|myself|himself|herself|man|men|woman|women|person|people|boys?|girls?|guys?|lad(?:y|ies)"
    r"|kids?|child|children|bab(?:y|ies)|toddlers?|bride|groom|husband|wife|mother|father|mom|dad|mum|son|daughter"
    r"|sister|brother|friends?|grandm\w+|grandf\w+|players?|models?|dancers?|actors?|actress(?:es)?|couple|family"
    r"|crowd|humans?|teenagers?|gu?y|gentlem[ae]n|astronauts?|he|she|teacher|soldiers?|workers?|someone|everyone|presidents?|doctors?|nurses?|pilots?|chefs?|kings?|queens?|prince(?:ss)?|students?"
    r"|drivers?|cops?|police\w*|officers?|singers?|celebrit\w+|politicians?|priests?|monks?|cyclists?|runners?|tourists?"
    r"|pedestrians?|passengers?|clowns?|artists?|waiters?|waitress|farmers?|skiers?|surfers?|athletes?|bloke|dudes?"
    r"|girlfriend|boyfriend|uncle|aunt|cousins?|twins|folks|neighbou?rs?|colleagues?|self|figure|adults?|elderly)"
)
_BODY = r"(?:skin|face|faces|body|bodies|complexion|hands?|arms?|legs?|nose|cheeks?|forehead|chest|belly|race)"
#: Joins a thing to what it belongs to; what follows is not what is acted on.
_OF = re.compile(r" (?:of|on|in|at|from|behind|beside|near|under|above|next|to|with|wearing|holding|around|over)\b")
_PEOPLE = re.compile(rf"\b{PEOPLE}$")
_SKIN = re.compile(rf"\b{_BODY}$")


def target(text: str | None) -> Target | None:
    """What these words name; None for no words. Any other words are an object."""
    if not text:
        return None
    for kind, expression in _COMPILED:
        if expression.fullmatch(text):
            return Target(kind)
    return Target(Kind.OBJECT, text)


_QUALITIES = re.compile(rf"(?:{COLOR}|\w+er|more \w+|less \w+|blurry|blurred|bright|dark|vivid)$")


def is_mixture(name: str) -> bool:
    """Whether a name swallowed another wish: `the grass greener and the sky`."""
    parts = re.split(r" ?,? and | , ", name)
    return any(_QUALITIES.search(part) is not None and " " in part for part in parts[:-1])


def head(name: str) -> str:
    """The part of a name that says what the thing is: `the man's shirt` of `the man's shirt on the left`."""
    return _OF.split(name, maxsplit=1)[0]


def is_person(name: str) -> bool:
    """Whether a name's head is a person: `the old man in a hat`, but not `the man's hat`."""
    return any(_PEOPLE.search(part) is not None for part in _parts(name))


def is_skin(name: str) -> bool:
    """Whether a name's head is a part of a body whose colour is a person's own."""
    return any(_SKIN.search(part) is not None for part in _parts(name))


def _parts(name: str) -> list[str]:
    """The heads of `the man and the dog`; a clause such as `who is standing` says nothing about the head."""
    parts = re.split(r" ?,? and | , ", name)
    return [re.sub(r" (?:who|that|which|standing|sitting|walking|running)\b.*", "", head(part)) for part in parts]
