"""Larger, smaller, framed."""

import re
from dataclasses import replace

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.colors import COLOR, colour
from retouch.engines.cpu.grammar.pattern import Pattern, Reader, Refusal, Wish, always, pattern
from retouch.engines.cpu.grammar.things import THE_IMAGE
from retouch.engines.cpu.grammar.words import IMAGE, NUM
from retouch.engines.cpu.shapes import Frame, Scale

_I = rf"(?: {IMAGE})?"
_MOST = 4.0
_WIDTHS = {"thin": 0.02, "small": 0.02, "narrow": 0.02, "thick": 0.1, "wide": 0.1, "big": 0.1}


def _scale(factor: float) -> Wish:
    if factor == 1 or not 0.1 <= factor <= _MOST:
        raise Refusal(f"An image can be scaled by a factor of 0.1 to {_MOST:.0f}.")
    return Wish((Scale(factor=factor),), THE_IMAGE)


def _times(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    return _scale(float(match["by"]))


def _divided(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    return _scale(1 / max(float(match["by"]), 0.01))


def _to_share(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    return _scale(float(match["share"]) / 100)


def _more(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    return _scale(1 + float(match["share"]) / 100)


def _less(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    return _scale(1 - float(match["share"]) / 100)


def _by(factor: float) -> Reader:
    return always(Scale(factor=factor), target=THE_IMAGE)


def _frame(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    details = list(_BORDER.finditer(f"{match['before']}{match['after']}"))
    widths = [detail for detail in details if not detail["color"] and detail["width"] not in _NO_WIDTHS]
    colours = [detail["color"] for detail in details if detail["color"]]
    if len(widths) > 1 or len(colours) > 1:
        return None
    paint = colour(colours[0]) if colours else (255, 255, 255)
    if paint is None:
        return None
    step = Frame(colour=paint)
    if widths:
        step = _wide(step, widths[0])
    return Wish((step,), THE_IMAGE)


def _wide(step: Frame, said: re.Match[str]) -> Frame:
    """The border as wide as a word, a number of pixels or a percentage says."""
    if said["px"]:
        pixels = round(float(said["px"]))
        if not 1 <= pixels <= 1000:
            raise Refusal("A border is 1 to 1000 pixels wide.")
        return replace(step, pixels=pixels)
    share = float(said["share"]) / 100 if said["share"] else _WIDTHS[said["width"]]
    if not 0 < share <= 0.5:
        raise Refusal("A border is 1 to 50 % of the shorter side wide.")
    return replace(step, share=share)


_NO_WIDTHS = ("simple", "solid", "plain")
_BORDER_WORD = "|".join((*_WIDTHS, *_NO_WIDTHS))
_BORDER = re.compile(
    rf"(?:(?P<px>{NUM}) px|(?P<share>{NUM}) %)(?: (?:wide|thick|in width))?"
    rf"|\b(?P<width>{_BORDER_WORD})\b(?! color)|(?P<color>{COLOR})"
)
#: How a border is, once: a width in words, pixels or percent, or a colour. Which are said twice the reader sees.
_BORDER_DETAIL = rf"(?:{NUM} (?:px|%)(?: (?:wide|thick|in width))?|(?:{_BORDER_WORD})|{COLOR})"
_UP = r"(?:upscale|enlarge|upsize|upsample|super resolution|supersize|scale up|blow up|magnify|upres|up res)"
_DOWN = r"(?:shrink|downscale|scale down|downsize|downsample|reduce)"
_SIZE = rf"(?:the |its )?(?:size|resolution|dimensions|image size)(?: of {IMAGE})?"
_OF_SIZE = r"(?: of (?:its |the )?(?:original )?size)?"
_X = rf"(?P<by>{NUM}) ?(?:x|times)?"
_SHARE = rf"(?P<share>{NUM}) %"
_TIMES_THE_SIZE = r"(?: (?:bigger|larger|the size|its size|the resolution|resolution|the original size|original size))?"

PATTERNS: tuple[Pattern, ...] = (
    pattern(rf"(?:{_UP}|scale|resize){_I}(?: up)? (?:by |to )?(?:(?:a )?factor of )?{_X}{_TIMES_THE_SIZE}", _times),
    pattern(rf"{_UP}{_I}(?: up)?", _by(2)),
    pattern(rf"(?P<by>{NUM}) ?x (?:upscal(?:e|ing)|enlargement|super resolution|bigger|larger)", _times),
    pattern(rf"make {IMAGE} {_X} (?:bigger|larger|times (?:bigger|larger)|the size)", _times),
    pattern(rf"(?:{_UP}|{_DOWN}|scale|resize){_I} to {_SHARE}{_OF_SIZE}", _to_share),
    pattern(rf"(?:{_UP}|scale up){_I} by {_SHARE}", _more),
    pattern(rf"make {IMAGE} {_SHARE} (?:bigger|larger)", _more),
    pattern(rf"{_DOWN}{_I} by {_SHARE}(?: smaller)?", _less),
    pattern(rf"make {IMAGE} {_SHARE} smaller", _less),
    pattern(rf"{_DOWN}{_I}(?: down)? (?:by )?(?:a factor of )?{_X}", _divided),
    pattern(rf"(?:shrink|downscale|scale down|downsize|downsample){_I}", _by(0.5)),
    pattern(rf"halve {_SIZE}|make {IMAGE} half (?:the|its)(?: original)? size|make {IMAGE} smaller", _by(0.5)),
    pattern(rf"(?:reduce|decrease) {_SIZE}(?: by half)?", _by(0.5)),
    pattern(rf"(?:double|increase|raise|improve) {_SIZE}|make {IMAGE} (?:bigger|larger)", _by(2)),
    pattern(rf"make {IMAGE} (?:twice|2 times|double)(?: (?:as|the|its))? ?(?:big|large|size|bigger|larger)", _by(2)),
    pattern(rf"triple {_SIZE}", _by(3)),
    pattern(rf"quadruple {_SIZE}", _by(4)),
    pattern(
        rf"(?:add|put|give|apply|draw|frame|place|create)(?: {IMAGE})?(?: with| in| inside)?(?: (?:a|an))?"
        rf"(?P<before>(?: {_BORDER_DETAIL}){{0,3}}) (?:border|frame)s?"
        rf"(?P<after>(?:(?: ,)?(?: of| in| with| that is)?(?: (?:a )?(?:width|thickness) of)? {_BORDER_DETAIL}){{0,2}})"
        rf"(?: (?:around|to|on) (?:{IMAGE}|all (?:4 )?(?:sides|edges)))?",
        _frame,
    ),
    pattern(rf"(?:border|frame) {IMAGE} (?:in|with)(?P<before> {COLOR})(?P<after>)", _frame),
)
