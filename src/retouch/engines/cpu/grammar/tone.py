"""More and less: brightness, contrast, colour and their like, by adjective, noun or verb."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.degree import amount
from retouch.engines.cpu.grammar.pattern import Pattern, Refusal, Wish, pattern
from retouch.engines.cpu.grammar.things import Kind, Target, is_person, is_skin, target
from retouch.engines.cpu.grammar.words import COLORS, DEGREE, IMAGE, MAKE, NAMED, TARGET
from retouch.engines.cpu.steps import Blur, Denoise, Grain, Hue, Sharpen, Step, Tone, Vignette

#: Comparatives, which stand without a verb, and their plain forms, which need one (or `more`).
COMPARATIVES = {
    "brighter": ("brightness", 1), "lighter": ("brightness", 1), "darker": ("brightness", -1),
    "dimmer": ("brightness", -1), "warmer": ("warmth", 1), "cooler": ("warmth", -1), "colder": ("warmth", -1),
    "punchier": ("contrast", 1), "flatter": ("contrast", -1), "richer": ("saturation", 1), "duller": ("saturation", -1),
    "paler": ("saturation", -1), "redder": ("red", 1), "greener": ("green", 1), "bluer": ("blue", 1),
    "yellower": ("yellow", 1), "sharper": ("sharpness", 1), "crisper": ("sharpness", 1), "clearer": ("clarity", 1),
    "softer": ("sharpness", -1), "blurrier": ("blur", 1), "grainier": ("grain", 1), "noisier": ("grain", 1),
    "bolder": ("contrast", 1), "smoother": ("noise", -1), "whiter": ("whiteness", 1), "more contrasty": ("contrast", 1),
}  # fmt: skip
PLAIN = {
    "bright": ("brightness", 1), "light": ("brightness", 1), "dark": ("brightness", -1), "dim": ("brightness", -1),
    "warm": ("warmth", 1), "cold": ("warmth", -1), "cool": ("warmth", -1), "contrasty": ("contrast", 1),
    "vivid": ("saturation", 1), "vibrant": ("saturation", 1), "colorful": ("saturation", 1),
    "saturated": ("saturation", 1), "desaturated": ("saturation", -1), "muted": ("saturation", -1),
    "faded": ("saturation", -1), "dull": ("saturation", -1), "washed out": ("contrast", -1), "red": ("red", 1),
    "green": ("green", 1), "blue": ("blue", 1), "yellow": ("yellow", 1), "magenta": ("magenta", 1),
    "cyan": ("cyan", 1), "sharp": ("sharpness", 1), "crisp": ("sharpness", 1), "clear": ("clarity", 1),
    "soft": ("sharpness", -1), "blurry": ("blur", 1), "blurred": ("blur", 1), "grainy": ("grain", 1),
    "noisy": ("grain", 1), "punchy": ("contrast", 1), "exposed": ("exposure", 1), "intense": ("saturation", 1),
    "defined": ("clarity", 1), "detailed": ("clarity", 1), "flat": ("contrast", -1), "pale": ("saturation", -1),
    "smooth": ("noise", -1), "white": ("whiteness", 1), "out of focus": ("blur", 1),
}  # fmt: skip
NOUNS = {
    "brightness": "brightness", "lightness": "brightness", "luminosity": "brightness", "luminance": "brightness",
    "exposure": "exposure", "light": "brightness", "lighting": "brightness", "contrast": "contrast",
    "saturation": "saturation", "color saturation": "saturation", "color intensity": "saturation",
    "colorfulness": "saturation", "color": "saturation", "colors": "saturation", "vibrance": "vibrance",
    "warmth": "warmth", "color temperature": "warmth", "temperature": "warmth", "highlights": "highlights",
    "shadows": "shadows", "sharpness": "sharpness", "clarity": "clarity", "definition": "clarity",
    "detail": "clarity", "details": "clarity", "texture": "clarity", "local contrast": "clarity", "noise": "noise",
    "image noise": "noise", "digital noise": "noise", "color noise": "noise", "grain": "grain", "film grain": "grain",
    "graininess": "grain", "vignette": "vignette", "vignetting": "vignette", "blur": "blur", "blurriness": "blur",
    "red": "red", "reds": "red", "green": "green", "greens": "green", "blue": "blue", "blues": "blue",
    "yellow": "yellow", "magenta": "magenta", "cyan": "cyan", "intensity": "saturation", "tones": "saturation",
}  # fmt: skip
VERBS = {
    "brighten": ("brightness", 1), "lighten": ("brightness", 1), "illuminate": ("brightness", 1),
    "darken": ("brightness", -1), "dim": ("brightness", -1), "warm": ("warmth", 1), "cool": ("warmth", -1),
    "saturate": ("saturation", 1), "oversaturate": ("saturation", 1), "desaturate": ("saturation", -1),
    "mute": ("saturation", -1), "fade": ("contrast", -1), "flatten": ("contrast", -1), "overexpose": ("exposure", 1),
    "underexpose": ("exposure", -1), "soften": ("sharpness", -1), "tone down": ("saturation", -1),
    "whiten": ("whiteness", 1), "smooth": ("noise", -1), "smoothen": ("noise", -1),
}  # fmt: skip
UPS = (
    r"(?:increase|raise|boost|bump up|bump|turn up|crank up|crank|amp up|up|lift|enhance|intensify|strengthen|heighten"
    r"|pump up|push up|push|dial up|bring up|improve|amplify|deepen|open up|bring out|increasing|boosting|raising|add)"
)
DOWNS = (
    r"(?:decrease|reduce|lower|drop|turn down|tone down|dial down|dial back|lessen|cut|diminish|weaken|bring down"
    r"|take down|minimize|tame|recover|decreasing|reducing|lowering|soften|pull down|pull back|bring back)"
)
#: An ordinary change of each quality, where no degree word says otherwise.
ORDINARY = {"warmth": 0.3, "exposure": 0.3, "saturation": 0.3, "vibrance": 0.4, "highlights": 0.4, "shadows": 0.4,
            "clarity": 0.4, "brightness": 0.2, "whiteness": 0.5}  # fmt: skip

_ANY = "|".join(sorted(COMPARATIVES | PLAIN, key=len, reverse=True))
_COMPARED = "|".join(sorted(COMPARATIVES, key=len, reverse=True))
_NOUN = "|".join(sorted(NOUNS, key=len, reverse=True))
_NOUN_LIST = rf"(?:{_NOUN})(?:(?: and| ,| , and) (?:the )?(?:{_NOUN})\b){{0,4}}"
_VERB = "|".join(sorted(VERBS, key=len, reverse=True))
_PRE = rf"(?:(?P<pre>{DEGREE}) )?"
_POST = rf"(?: (?P<post>{DEGREE}))?"
_T = rf"(?P<target>{TARGET})"


def step(quality: str, sign: int, degree: str | None) -> Step:
    """The step for more (sign 1) or less (-1) of a quality. Raises Refusal for what cannot be undone."""
    size = amount(degree, ORDINARY.get(quality, 0.25))
    match quality, sign:
        case "sharpness", 1:
            return Sharpen(strength=min(1.0, amount(degree, 0.5)))
        case "sharpness", _:
            return Blur(strength=min(1.0, amount(degree, 0.25)))
        case "noise", -1:
            return Denoise(strength=min(1.0, amount(degree, 0.5)))
        case "grain", -1:
            return Denoise(strength=min(1.0, amount(degree, 0.5)))
        case (("noise" | "grain"), _):
            return Grain(strength=min(1.0, amount(degree, 0.5)))
        case "blur", 1:
            return Blur(strength=min(1.0, amount(degree, 0.5)))
        case "blur", _:
            raise Refusal("A blurred picture cannot be made sharp again; 'sharpen the image' makes its edges crisper.")
        case "vignette", _:
            return Vignette(strength=sign * min(1.0, amount(degree, 0.5)))
        case "whiteness", -1:
            raise Refusal("Whiteness can be added, not taken away: say which colour is wanted.")
        case _:
            return Tone(quality=quality, amount=size if sign > 0 else -min(1.0, size))


def _degree(match: re.Match[str]) -> str | None:
    found = match.groupdict()
    return found.get("pre") or found.get("post") or found.get("last")


def _acted_on(match: re.Match[str], default: Target | None) -> Target | None:
    return target(match.groupdict().get("target")) or default


_PRONOUN = Target(Kind.PRONOUN)


def _verb(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    quality, sign = VERBS[match["verb"]]
    where = _acted_on(match, _PRONOUN)
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
        if word in {"cool", "clear", "light", "flat", "smooth", "soft", "intense", "exposed"}:
            return None
    _mind_people(where, word, quality)
    return Wish((step(quality, sign, _degree(match)),), where)


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
    if verb == "add" and {NOUNS[name] for name in names} & {"highlights", "shadows", "noise"} - {"noise"}:
        return None  # `add shadows` is a wish for things to be drawn
    bare = match.groupdict().get("pre") is None
    if verb == "add" and bare and set(names) & {"color", "colors", "light", "lighting", "detail", "details", "tones"}:
        return None  # `add color` may be a wish to colourise
    if verb == "improve" and set(names) & {"lighting", "light", "color", "colors", "exposure", "tones"}:
        return None
    degree = _degree(match)
    return Wish(tuple(step(NOUNS[name], sign, degree) for name in names), _acted_on(match, None if bare else _PRONOUN))


def _sign(match: re.Match[str]) -> int:
    said = match.groupdict()
    word = said.get("verb") or said.get("cmp") or said.get("way") or "more"
    return -1 if re.fullmatch(rf"{DOWNS}|less|lower|reduced|decreased|fewer|down|-|weaker", word) else 1


def _stops(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    stops = float(match["stops"]) * (-1 if (match["minus"] or match["way"]) in {"- ", "down", "underexpose"} else 1)
    if not 0 < abs(stops) <= 4:
        raise Refusal("An exposure change is up to 4 stops.")
    return Wish((Tone(quality="exposure", amount=stops / 2 if stops < 0 else stops / 2),), _PRONOUN)


def _hue(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    degrees = float(match["by"]) * (-1 if match["minus"] else 1)
    if degrees % 360 == 0:
        raise Refusal("Turning the hue by 0 or 360 degrees changes nothing.")
    return Wish((Hue(degrees=degrees),), _acted_on(match, _PRONOUN))


PATTERNS: tuple[Pattern, ...] = (
    pattern(rf"{_PRE}(?P<verb>{_VERB})(?: up| down| off)?(?: (?:up )?{_T}(?: up| down| off)?)??{_POST}", _verb),
    pattern(rf"(?P<make>{MAKE}) {_T}(?: to)?(?: be| look| appear)? {_PRE}(?:(?P<more>more|less) )?(?P<adj>{_ANY}){_POST}", _adjective),
    pattern(rf"(?P<make>make|should be|look|appear) {_PRE}(?:(?P<more>more|less) )?(?P<adj>{_ANY}){_POST}", _adjective),
    pattern(rf"(?:{IMAGE} )?{_PRE}(?:(?P<more>more|less) (?P<adj>{_ANY})){_POST}", _adjective),
    pattern(rf"(?:(?P<target>{NAMED}) )?{_PRE}(?P<adj>{_COMPARED}){_POST}", _adjective),
    pattern(
        rf"(?P<verb>{UPS}|{DOWNS}) (?:(?P<pre>{DEGREE})(?: of)? )?(?:more )?(?:the |its |all the |all )?(?:overall |general )?"
        rf"(?P<nouns>{_NOUN_LIST})(?: levels?)?{_POST}(?: (?:of|in|on|for|to|across) {_T})??(?: (?P<last>{DEGREE}))?",
        _nouns,
    ),
    pattern(
        rf"(?:{IMAGE} )?(?:(?:give|add|use|apply|needs|has|have) )?(?:{IMAGE} )?(?:with )?(?:(?P<pre>{DEGREE})(?: of)? )?"
        rf"(?P<cmp>more|less|higher|lower|increased|reduced|decreased|stronger|weaker|fewer) (?P<nouns>{_NOUN_LIST})"
        rf"(?: levels?)?{_POST}(?: (?:of|in|on|for|to|across) {_T})??",
        _nouns,
    ),
    pattern(rf"(?:turn|bring|dial|bump|crank|pull|push|take|make|tone) (?:the |its )?(?P<nouns>{_NOUN_LIST}) (?P<way>up|down){_POST}", _nouns),
    pattern(rf"(?:the )?(?P<nouns>{_NOUN_LIST}) (?P<way>up|down){_POST}", _nouns),
    pattern(rf"(?:the )?(?P<nouns>{_NOUN_LIST}) (?:: )?(?P<way>\+|-) (?P<post>\d+(?:\.\d+)?(?: %))", _nouns),
    pattern(rf"(?:give|add) (?:{IMAGE} )?(?P<pre>{DEGREE}) (?:of )?(?P<nouns>{_NOUN_LIST})(?: (?:to|in) {_T})?", _nouns),
    pattern(rf"(?:make|let) (?P<target>{COLORS}|{IMAGE}) {_PRE}(?:(?P<more>more) )?pop{_POST}", lambda m, s: _pop(m, s)),
    pattern(
        r"(?:(?:increase|raise|boost|decrease|lower|reduce|change|adjust|set|push|bring|pull)? ?(?:the )?exposure )"
        r"(?:(?P<way>up|down) )?(?:by )?(?P<minus>- )?(?:\+ )?(?P<stops>\d+(?:\.\d+)?) (?:stops?|ev)",
        _stops,
    ),
    pattern(
        rf"(?:shift|rotate|change|adjust|turn)? ?(?:the )?hues?(?: (?:of|in) {_T})?(?: shift| rotation)?(?: by)? "
        r"(?P<minus>- )?(?:\+ )?(?P<by>\d+(?:\.\d+)?)(?: degrees)?",
        _hue,
    ),
)  # fmt: skip


def _pop(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    return Wish((step("saturation", 1, _degree(match)),), _acted_on(match, _PRONOUN))
