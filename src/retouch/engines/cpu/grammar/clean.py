"""From what a person typed to plain lower-case words, remembering where each came from.

Quoted text is taken out first and stands as one word, so that nothing inside it is read as an instruction.
"""

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass

#: Stands for the quoted text of the same number; no prompt can contain it, because controls are dropped.
QUOTED = "\x01"

#: Longer than any instruction this grammar reads; more is refused unread, which bounds the time to parse.
LONGEST = 600

_QUOTES = re.compile(
    r"\"([^\"]{1,500})\"|“([^”]{1,500})”|«([^»]{1,500})»|„([^“”]{1,500})[“”]"
    r"|‘([^’]{1,500})’(?!\w)|(?<!\w)'((?:[^']|(?<=\w)'(?=\w)){1,500})'(?!\w)|`([^`]{1,500})`"
)
_TOKEN = re.compile(
    r"\x01\d+|#[0-9a-f]{3,8}\b|rgb\(\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\)"
    r"|\d+(?:\.\d+)?|\.\d+|[^\W\d_]+(?:'[^\W\d_]+)*'?|[^\w\s]",
    re.IGNORECASE,
)
_PAUSES = {".": ".", "!": ".", "?": ".", ";": ",", ",": ",", "—": ",", "–": ",", "…": ".", "|": ",", "•": ","}
_SYMBOLS = {"%": "%", "&": "and", ":": ":", "/": "/", "+": "+", "-": "-", "°": "degrees", "×": "x", "−": "-"}
_SPELLINGS = {
    "colour": "color", "colours": "colors", "coloured": "colored", "colouring": "coloring", "colourful": "colorful",
    "recolour": "recolor", "recoloured": "recolored", "discolour": "discolor", "colorise": "colorize",
    "colourise": "colorize", "colourize": "colorize", "grey": "gray", "greyscale": "grayscale", "centre": "center",
    "centred": "center", "centered": "center", "middle": "center", "pixellate": "pixelate", "pixelise": "pixelate",
    "pixelize": "pixelate", "pixellated": "pixelated", "posterise": "posterize", "solarise": "solarize",
    "cartoonise": "cartoonize", "cartoonify": "cartoonize", "anonymise": "anonymize", "neutralise": "neutralize",
    "watercolour": "watercolor", "aquarelle": "watercolor", "sharpened": "sharpen", "backdrop": "background",
    "bg": "background", "backround": "background", "backgroud": "background", "pic": "picture", "pics": "picture",
    "img": "image", "photograph": "photo", "pls": "please", "plz": "please", "percent": "%", "pct": "%",
    "percents": "%", "percentage": "%", "deg": "degrees", "degree": "degrees", "pixels": "px", "pixel": "px",
    "anticlockwise": "counterclockwise", "ccw": "counterclockwise", "cw": "clockwise", "grey-scale": "grayscale",
    "monochromatic": "monochrome", "bnw": "bw", "vibrancy": "vibrance", "blury": "blurry", "blured": "blurred",
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "ten": "10", "fifteen": "15", "twenty": "20",
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
    "it's": "it is", "that's": "that is", "i'd": "i would", "let's": "lets", "w/o": "without",
}  # fmt: skip
#: Latin letters that Unicode does not take apart into a letter and an accent.
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """A prompt ready to be read.

    text: words and pauses (`,` `.` `:`), lower case, one space between. starts: where each word begins in `text`.
    spans: where each word stands in `source`. quotes: the quoted texts in order, as they were typed.
    """

    text: str
    starts: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    source: str
    quotes: tuple[str, ...]

    def typed(self, start: int, end: int) -> str:
        """What was typed for text[start:end], which begins and ends at whole words."""
        first = bisect_left(self.starts, start)
        last = bisect_left(self.starts, end) - 1
        return self.source[self.spans[first][0] : self.spans[last][1]]


def clean(prompt: str) -> Sentence:
    """Read a prompt into a Sentence; its time is linear in the prompt's length."""
    source = unicodedata.normalize("NFC", prompt)
    source = "".join(c if unicodedata.category(c) not in {"Cc", "Cf"} else " " for c in source)
    quotes: list[str] = []

    def keep(match: re.Match[str]) -> str:
        quotes.append(next(group for group in match.groups() if group is not None).strip())
        return f" {QUOTED}{len(quotes) - 1} "

    source = _QUOTES.sub(keep, source)
    source = unicodedata.normalize("NFKC", source).replace("’", "'").replace("‘", "'")
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    for match in _TOKEN.finditer(source):
        for word in _words(match.group().lower(), source, match.start(), match.end()):
            words.append(word)
            spans.append(match.span())
    starts: list[int] = []
    at = 0
    for word in words:
        starts.append(at)
        at += len(word) + 1
    return Sentence(" ".join(words), tuple(starts), tuple(spans), source, tuple(quotes))


def _words(piece: str, source: str, start: int, end: int) -> tuple[str, ...]:
    """The words that a piece stands for: usually one, none for a symbol that says nothing."""
    if piece.startswith("rgb("):
        return (re.sub(r"\s", "", piece),)
    if piece[0].isalnum() or (len(piece) > 1 and piece[0] in f"#.{QUOTED}"):
        piece = unaccented(piece)
        return tuple(_SPELLINGS.get(piece, piece).split(" "))
    if piece in "/-+:":
        return _joint(piece, source[start - 1 : start], source[end : end + 1])
    if piece in _PAUSES:
        return (_PAUSES[piece],)
    return (_SYMBOLS[piece],) if piece in _SYMBOLS else _other(piece)


def unaccented(word: str) -> str:
    """A lower-case word as English writes it: `cafe` for `café`. Letters that are not Latin stay as they are."""
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFD", word.translate(_LETTERS))
    latin = "".join(c for c in parts if not unicodedata.combining(c))
    return latin if latin.isascii() else word


def _joint(piece: str, before: str, after: str) -> tuple[str, ...]:
    """A sign between words is a space, between or before numbers it means something."""
    if piece == "-":
        return ("-",) if after.isdigit() and not before.isalnum() else ((",",) if before == after == " " else ())
    if piece == ":":
        return (":",)
    if piece == "+":
        return ("+",) if after.isdigit() else ("and",)
    return ("/",) if before.isdigit() and after.isdigit() else ()


def _other(piece: str) -> tuple[str, ...]:
    """Emoji and brackets say nothing; any other sign is a word that nobody will understand."""
    category = unicodedata.category(piece)
    return () if category in {"So", "Sk", "Ps", "Pe", "Pi", "Pf", "Mn"} or piece in "*\"'`~^_" else (piece,)
