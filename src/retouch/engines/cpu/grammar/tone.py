"""More and less: brightness, contrast, colour and their like, by adjective, noun or verb."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.pattern import Pattern, Refusal, Wish, pattern
from retouch.engines.cpu.grammar.qualities import COMPARATIVES, NOUNS, PLAIN, VERBS, step
from retouch.engines.cpu.grammar.things import Kind, Target, head, is_person, is_skin, target
from retouch.engines.cpu.grammar.words import COLORS, DEGREE, IMAGE, MAKE, NAMED, TARGET

UPS = (
    r"(?:increase|raise|boost|bump up|bump|turn up|crank up|crank|amp up|up|lift|enhance|intensify|strengthen|heighten"
    r"|pump up|push up|push|dial up|bring up|improve|amplify|deepen|open up|bring out|increasing|boosting|raising|add)"
)
DOWNS = (
    r"(?:decrease|reduce|lower|drop|turn down|tone down|dial down|dial back|lessen|cut|diminish|weaken|bring down"
    r"|take down|minimize|tame|recover|decreasing|reducing|lowering|soften|pull down|pull back|bring back)"
)

_ANY = "|".join(sorted(COMPARATIVES | PLAIN, key=len, reverse=True))
_COMPARED = "|".join(sorted(COMPARATIVES, key=len, reverse=True))
_NOUN = "|".join(sorted(NOUNS, key=len, reverse=True))
_NOUN_LIST = rf"(?:{_NOUN})(?:(?: and| ,| , and) (?:the )?(?:{_NOUN})\b){{0,4}}"
_VERB = "|".join(sorted(VERBS, key=len, reverse=True))
_PRE = rf"(?:(?P<pre>{DEGREE}) )?"
_POST = rf"(?: (?P<post>{DEGREE}))?"
_T = rf"(?P<target>{TARGET})"


def _degree(match: re.Match[str]) -> str | None:
    found = match.groupdict()
    return found.get("pre") or found.get("post") or found.get("last")


def _acted_on(match: re.Match[str], default: Target | None) -> Target | None:
    return target(match.groupdict().get("target")) or default


_PRONOUN = Target(Kind.PRONOUN)


def _verb(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    quality, sign = VERBS[match["verb"]]
    where = _acted_on(match, _PRONOUN)
    if where is not None and re.fullmatch(r"(?:the )?(?:shadows|highlights)", where.name):
        return None  # they have words of their own, in light.py
    if quality == "noise" and where is not None and where.kind is Kind.OBJECT:
        return None  # water is not smoothed by taking noise away
    _mind_people(where, match["verb"], quality)
    return Wish((step(quality, sign, _degree(match)),), where)


def _adjective(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    word = match["adj"]
    quality, sign = (COMPARATIVES | PLAIN)[word]
    said = match.groupdict()
    if said.get("more") == "less":
        sign = -sign
    verb = said.get("make")
    where = _acted_on(match, _PRONOUN if verb else None)
    if word in PLAIN and not said.get("more"):
        if verb is None or quality in {"red", "green", "blue", "yellow", "magenta", "cyan", "whiteness", "noise"}:
            return None  # `make it red` is a colour, `a dark room` is nothing at all
        if word in {"cool", "clear", "light", "flat", "smooth", "soft", "exposed"}:
            return None
    if where is not None and where.kind is Kind.OBJECT and not _is_light(word, where.name):
        return None
    _mind_people(where, word, quality)
    return Wish((step(quality, sign, _degree(match)),), where)


#: Of a thing these are its own nature, not the picture's: a softer bed, a colder soup, a noisy street.
_NATURES = frozenset({
    "clearer", "clear", "bolder", "richer", "flatter", "flat", "softer", "soft", "smoother", "smooth", "colder",
    "cold", "cool", "cooler", "noisy", "noisier", "exposed", "punchy", "warm", "rich", "dull",
})  # fmt: skip
_LIGHTS = re.compile(r"\b(?:sky|water|sea|light|lighting|room|wall|tones|colors|shadows|highlights|snow|ice|clouds?)$")


def _is_light(word: str, name: str) -> bool:
    """Whether an adjective said of a thing speaks of its light and colour."""
    return word not in _NATURES or (word in {"cooler", "colder"} and _LIGHTS.search(head(name)) is not None)


def _mind_people(where: Target | None, word: str, quality: str) -> None:
    """A person can be lit better, not given another look: `make him cooler` is no colour temperature."""
    if where is None or where.kind is not Kind.OBJECT:
        return
    if quality in {"noise", "whiteness"} and (is_person(where.name) or is_skin(where.name)):
        raise Refusal("Skin and people can be lit better, but not smoothed or given another colour.")
    if is_skin(where.name) and "face" not in where.name and quality in {"brightness", "red", "yellow", "whiteness"}:
        raise Refusal("The colour of a person's skin is not changed.")
    lit = {"brighten", "brighter", "sharper", "blurry", "blurred", "blurrier", "illuminate", "desaturate", "saturate"}
    if (is_person(where.name) or is_skin(where.name)) and word not in lit:
        raise Refusal("A person's looks are not changed; 'brighten the person' works on a marked area.")


def _nouns(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    sign = _sign(match)
    names = [part for part in re.split(r" and (?:the )?| , and (?:the )?| , (?:the )?", match["nouns"]) if part]
    verb = match.groupdict().get("verb")
    bare = match.groupdict().get("pre") is None
    more = match.groupdict().get("cmp") == "more" or verb == "add"
    if more and set(names) & {"detail", "details"}:
        return None  # more detail than there is cannot be drawn
    if verb == "add" and bare and set(names) & {"color", "colors", "light", "lighting", "tones"}:
        return None  # `add color` may be a wish to colourise
    if verb == "improve" and set(names) & {"lighting", "light", "color", "colors", "exposure", "tones"}:
        return None
    degree = _degree(match)
    where = _acted_on(match, None if bare else _PRONOUN)
    if (
        where is not None
        and where.kind is Kind.OBJECT
        and set(names) & {"grain", "noise", "vignette", "color", "light"}
    ):
        return None
    return Wish(tuple(step(NOUNS[name], sign, degree) for name in names), where)


def _sign(match: re.Match[str]) -> int:
    said = match.groupdict()
    word = said.get("verb") or said.get("cmp") or said.get("way") or "more"
    return -1 if re.fullmatch(rf"{DOWNS}|less|lower|low|reduced|decreased|fewer|down|-|weaker", word) else 1


def _pop(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    return Wish((step("saturation", 1, _degree(match)),), _acted_on(match, _PRONOUN))


def _colors(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    sign = (1 if match["cmp"] == "more" else -1) * (-1 if match["word"] == "muted" else 1)
    return Wish((step("saturation", sign, _degree(match)),), None)


def _mood(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    quality, sign = (COMPARATIVES | PLAIN)[match["mood"]]
    return Wish((step(quality, sign, _degree(match)),), _PRONOUN if match.group().startswith(("give", "add")) else None)


_MOOD = r"(?:warm|warmer|cool|cooler|cold|bright|brighter|dark|darker|vivid|vibrant|muted|soft)"

PATTERNS: tuple[Pattern, ...] = (
    pattern(
        rf"(?:give|add|apply|use) (?:{IMAGE} )?(?:a |an )?{_PRE}(?:a |an )?(?P<mood>{_MOOD}) "
        r"(?:color )?(?:tones?|look|feel|feeling|colors|color|light|lighting)",
        _mood,
    ),
    pattern(rf"{_PRE}(?P<mood>warmer|cooler|brighter|darker) (?:tones?|look|colors)", _mood),
    pattern(rf"{_PRE}(?P<verb>{_VERB})(?: up| down| off)?(?: (?:up )?{_T}(?: up| down| off)?)??{_POST}", _verb),
    pattern(
        rf"(?P<make>{MAKE}) {_T}(?: to)?(?: be| look| appear)? {_PRE}(?:(?P<more>more|less) )?"
        rf"(?P<adj>{_ANY}){_POST}",
        _adjective,
    ),
    pattern(rf"(?P<make>make|should be|look|appear) {_PRE}(?:(?P<more>more|less) )?(?P<adj>{_ANY}){_POST}", _adjective),
    pattern(rf"(?:{IMAGE} )?{_PRE}(?:(?P<more>more|less) (?P<adj>{_ANY})){_POST}", _adjective),
    pattern(rf"(?:(?P<target>{NAMED}) )?{_PRE}(?P<adj>{_COMPARED}){_POST}", _adjective),
    pattern(
        rf"(?P<verb>{UPS}|{DOWNS}) (?:(?P<pre>{DEGREE})(?: of)? )?(?:more )?(?:the |its |all the |all )?"
        r"(?:overall |general )?"
        rf"(?P<nouns>{_NOUN_LIST})(?: levels?)?{_POST}(?: (?:of|in|on|for|to|across) {_T})??(?: (?P<last>{DEGREE}))?",
        _nouns,
    ),
    pattern(
        rf"(?:{IMAGE} )?(?:(?:give|add|use|apply|needs|has|have) )?(?:{IMAGE} )?(?:with )?(?:"
        rf"(?P<pre>{DEGREE})(?: of)? )?"
        rf"(?P<cmp>more|less|higher|lower|increased|reduced|decreased|stronger|weaker|fewer) (?P<nouns>{_NOUN_LIST})"
        rf"(?: levels?)?{_POST}(?: (?:of|in|on|for|to|across) {_T})??",
        _nouns,
    ),
    pattern(
        rf"(?:turn|bring|dial|bump|crank|pull|push|take|make|tone) (?:the |its )?(?P<nouns>{_NOUN_LIST}) "
        rf"(?P<way>up|down){_POST}",
        _nouns,
    ),
    pattern(rf"(?:the )?(?P<nouns>{_NOUN_LIST}) (?P<way>up|down){_POST}", _nouns),
    pattern(rf"(?:the )?(?P<nouns>{_NOUN_LIST}) (?:: )?(?P<way>\+|-) (?P<post>\d+(?:\.\d+)?(?: %))", _nouns),
    pattern(
        rf"(?:give|add) (?:{IMAGE} )?(?P<pre>{DEGREE}) (?:of )?(?P<nouns>{_NOUN_LIST})(?: (?:to|in) {_T})?", _nouns
    ),
    pattern(rf"(?:make|let) (?P<target>{COLORS}|{IMAGE}) {_PRE}(?:(?P<more>more) )?pop{_POST}", _pop),
    pattern(
        r"(?:make )?(?P<cmp>more|less) (?P<word>vivid|vibrant|saturated|muted|intense" rf"|bright) colors{_POST}",
        _colors,
    ),
    pattern(
        rf"(?:with )?(?:(?P<pre>{DEGREE}) )?(?P<cmp>high|low) (?P<nouns>contrast|saturation|exposure" r"|brightness)",
        _nouns,
    ),
)
