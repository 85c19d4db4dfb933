"""Colours by name, hex or rgb(), as people write them."""

import re

from PIL.ImageColor import colormap

from retouch.engines.cpu.steps import Colour

_EXTRA: dict[str, str] = {
    "blonde": "#d9b96e", "blond": "#d9b96e", "brunette": "#4a2f1f", "auburn": "#7b3323", "ginger": "#b55a25",
    "chestnut": "#6b3a26", "platinum": "#e3dccb", "burgundy": "#800020", "emerald": "#2e9e5b",
    "mint": "#98e0b8", "mustard": "#d6a419", "peach": "#ffc9a3", "cream": "#fff4d6", "charcoal": "#36454f",
    "scarlet": "#e0261c",
    "mauve": "#b784a7", "lilac": "#c3a2cf",
    "cobalt": "#0047ab",
    "taupe": "#8b7d6b", "ochre": "#c77d20", "fuchsia": "#ff00ff", "off white": "#f7f3e8", "black": "#000000",
    "hot pink": "#ff69b4", "sky blue": "#87ceeb", "navy blue": "#000080", "royal blue": "#4169e1",
    "baby blue": "#9fd0f0", "forest green": "#228b22", "lime green": "#32cd32", "olive green": "#708238",
    "blood red": "#8a0707", "neon green": "#39ff14", "neon pink": "#ff2fa0", "electric blue": "#1f6bff",
}  # fmt: skip
#: CSS names that mean a thing (`make it snow`) long before a colour.
_THINGS = {"snow", "wheat", "linen", "seashell", "moccasin", "bisque", "peru", "tomato", "honeydew", "thistle", "tan"}
#: Names that mean a thing after `into` or `replace with` (`turn the apple into orange`), and a colour elsewhere.
_AMBIGUOUS = re.compile(
    r"\b(?:gold|silver|orange|salmon|coral|plum|orchid|olive|lime|lavender|chocolate|peach|mint|mustard|cream|copper"
    r"|emerald|charcoal|violet|ginger|chestnut|aqua)$"
)
_NAMES = {name.replace("grey", "gray") for name in colormap} - _THINGS | set(_EXTRA)
_WORDS = sorted(_NAMES, key=lambda name: -len(name))
_SHADES = {
    "dark": -0.35, "darker": -0.25, "deep": -0.25, "light": 0.4, "lighter": 0.25, "pale": 0.5, "bright": 0.1,
    "soft": 0.3, "pastel": 0.5, "pure": 0.0, "solid": 0.0, "plain": 0.0, "clean": 0.0, "vivid": 0.0, "rich": -0.1,
    "simple": 0.0, "flat": 0.0, "medium": 0.0, "neutral": 0.0, "studio": 0.0, "uniform": 0.0,
}  # fmt: skip

_NAME = "|".join(re.escape(name) for name in _WORDS)
COLOR = (
    r"(?:(?:(?:a|an|the) (?=(?:shade|tone) of |(?:[a-z]+ ){1,3}color))?(?:(?:shade|tone) of )?"
    rf"(?:(?:{'|'.join(_SHADES)}) ){{0,2}}"
    rf"(?:#(?:[0-9a-f]{{6}}|[0-9a-f]{{3}})|rgb\(\d+,\d+,\d+\)|(?:{_NAME})\b)(?: color(?:ed)?\b| background color\b)?)"
)


def colour(text: str) -> Colour | None:
    """The colour that text matched by COLOR means; None where a number is out of range."""
    words = re.sub(r"^(?:a|an|the) |(?:shade|tone) of | background color$| color(?:ed)?$", "", text)
    shift = 0.0
    while (head := words.split(" ", 1))[0] in _SHADES and len(head) == 2 and words not in _EXTRA:
        joined = words.replace(" ", "")
        if joined in colormap:
            return _hex(colormap[joined])
        shift += _SHADES[head[0]]
        words = head[1]
    found = _named(words)
    return None if found is None else _shade(found, shift)


def is_thing(text: str) -> bool:
    """Whether a colour's name would rather be read as a thing."""
    return _AMBIGUOUS.search(text) is not None


def _named(words: str) -> Colour | None:
    if words.startswith("rgb("):
        red, green, blue = (int(part) for part in words[4:-1].split(","))
        return (red, green, blue) if max(red, green, blue) <= 255 else None
    if words.startswith("#"):
        return _hex(words)
    known = _EXTRA.get(words) or colormap.get(words) or colormap.get(words.replace("gray", "grey"))
    return None if known is None else _hex(known)


def _hex(code: str | tuple[int, int, int] | tuple[int, int, int, int]) -> Colour:
    if not isinstance(code, str):
        return code[:3]
    digits = code[1:] if len(code) == 7 else "".join(2 * digit for digit in code[1:])
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _shade(colour: Colour, shift: float) -> Colour:
    """Towards white for shift above 0, towards black below."""
    goal = 255 if shift > 0 else 0
    share = min(0.8, abs(shift))
    red, green, blue = (round(c + (goal - c) * share) for c in colour)
    return red, green, blue
