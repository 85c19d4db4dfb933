"""Larger, smaller, framed."""

import re

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
    said = match.groupdict()
    paint = colour(said["color"]) if said.get("color") else (255, 255, 255)
    if paint is None:
        return None
    share = _WIDTHS.get(said["width"], 0.05)
    pixels = int(float(said["px"])) if said["px"] else None
    if pixels is not None and not 1 <= pixels <= 1000:
        raise Refusal("A border is 1 to 1000 pixels wide.")
    return Wish((Frame(colour=paint, share=share, pixels=pixels),), THE_IMAGE)


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
        rf"(?:add|put|give|apply|draw|frame)(?: {IMAGE})?(?: with| in| inside)?(?: (?:a|an))?"
        rf"(?: (?P<width>thin|small|narrow|thick|wide|big|simple|solid))?(?: (?P<px>{NUM}) px(?: wide| thick)?)?"
        rf"(?: (?P<color>{COLOR}))? (?:border|frame)s?(?: (?:around|to|on) {IMAGE})?",
        _frame,
    ),
)
