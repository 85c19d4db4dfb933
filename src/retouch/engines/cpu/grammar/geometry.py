"""Turn, mirror, crop, scale, frame."""

import re

from retouch.engines.cpu.grammar.clean import Sentence
from retouch.engines.cpu.grammar.colors import COLOR, colour
from retouch.engines.cpu.grammar.pattern import Pattern, Reader, Refusal, Wish, always, pattern
from retouch.engines.cpu.grammar.things import THE_IMAGE
from retouch.engines.cpu.grammar.words import IMAGE, NUM
from retouch.engines.cpu.shapes import CropPixels, CropRatio, Flip, Frame, Rotate, Scale, Trim
from retouch.engines.cpu.steps import Step

_I = rf"(?: {IMAGE})?"
_WAY = r"(?:(?:to the |towards the )?(?P<way>clockwise|counterclockwise|counter clockwise|left|right))"
_MOST = 4.0
SIDES = ("left", "right", "top", "bottom")


def _shape(*steps: Step) -> Reader:
    return always(*steps, target=THE_IMAGE)


def _rotate(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    degrees = float(match["by"]) * (-1 if match["minus"] else 1)
    if (match["way"] or match.groupdict().get("before")) in {"counterclockwise", "counter clockwise", "left"}:
        degrees = -degrees
    if degrees % 360 == 0:
        raise Refusal("A rotation by 0 or 360 degrees changes nothing.")
    if abs(degrees) > 360:
        raise Refusal("A rotation is between 1 and 359 degrees.")
    return Wish((Rotate(degrees=degrees),), THE_IMAGE)


def _quarter(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    return Wish((Rotate(degrees=90 if match["way"] in {"clockwise", "right", None} else -90),), THE_IMAGE)


def _ratio(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    across, down = float(match["across"]), float(match["down"])
    if not (across and down) or not 0.1 <= across / down <= 10:
        raise Refusal("An aspect ratio is between 1:10 and 10:1.")
    if max(across, down) > 40:
        if not (across.is_integer() and down.is_integer()) or min(across, down) < 16:
            return None
        return Wish((CropPixels(width=int(across), height=int(down)),), THE_IMAGE)
    return Wish((CropRatio(across=across, down=down),), THE_IMAGE)


def _factor(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    said = match.groupdict()
    if said.get("share"):
        share = float(said["share"]) / 100
        factor = 1 - share if said.get("less") else share if said.get("to") else 1 + share
    elif said.get("shrink"):
        factor = 1 / max(float(said["by"] or 2), 0.01)
    else:
        factor = float(said.get("by") or 2)
    if factor == 1 or not 0.1 <= factor <= _MOST:
        raise Refusal(f"An image can be scaled by a factor of 0.1 to {_MOST:.0f}.")
    return Wish((Scale(factor=factor),), THE_IMAGE)


def _trim(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    pixels = match["unit"] == "px"
    much = float(match["much"]) / (1 if pixels else 100)
    sides = sides_in(match["sides"])
    if not pixels and not 0 < much <= 0.45:
        raise Refusal("A crop takes 1 to 45 % of a side.")
    left, right, top, bottom = (much if side in sides else 0.0 for side in SIDES)
    step = Trim(unit="px" if pixels else "share", left=left, right=right, top=top, bottom=bottom)
    return Wish((step,), THE_IMAGE)


def sides_in(text: str) -> tuple[str, ...]:
    """The sides that words name, in the order of SIDES."""
    if re.search(r"all|each|every|edges|sides|around", text):
        return SIDES
    return tuple(side for side in SIDES if side in text)


def _frame(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    said = match.groupdict()
    paint = colour(said["color"]) if said.get("color") else (255, 255, 255)
    if paint is None:
        return None
    share = {"thin": 0.02, "small": 0.02, "narrow": 0.02, "thick": 0.1, "wide": 0.1, "big": 0.1}.get(
        said["width"], 0.05
    )
    pixels = int(float(said["px"])) if said["px"] else None
    if pixels is not None and not 1 <= pixels <= 1000:
        raise Refusal("A border is 1 to 1000 pixels wide.")
    return Wish((Frame(colour=paint, share=share, pixels=pixels),), THE_IMAGE)


def _zoom(match: re.Match[str], _sentence: Sentence) -> Wish | None:
    share = float(match["share"] or 20) / 100
    if not 0 < share <= 0.6:
        raise Refusal("Zooming in crops 1 to 60 %.")
    cut = share / 2
    return Wish((Trim(left=cut, right=cut, top=cut, bottom=cut),), THE_IMAGE)


_SQUARE = r"(?:(?:a |an )?(?:perfect )?square(?: (?:format|aspect ratio|shape|crop|ratio|image|photo))?|(?:a )?1 : 1(?: (?:aspect )?ratio)?)"
_RATIO = rf"(?P<across>{NUM}) ?(?::|x|by|/) ?(?P<down>{NUM})"
_ASPECT = r"(?: (?:aspect ratio|ratio|aspect|format|px))?"
_FOUR = r"(?:(?:the )?(?:left|right|top|bottom)(?: (?:side|edge))?(?:(?: and| ,) (?:the )?(?:left|right|top|bottom)(?: (?:side|edge))?){0,3}|(?:all|each|every|the)(?: (?:of the|the|4))?(?: (?:side|edge|border)s?)?)"

PATTERNS: tuple[Pattern, ...] = (
    pattern(rf"(?:rotate|turn|spin|tilt){_I} (?:{_WAY.replace('way', 'before')} )?(?:by )?(?P<minus>- )?(?P<by>{NUM})(?: degrees)?(?: {_WAY})?", _rotate),
    pattern(rf"(?:a )?(?P<minus>- )?(?P<by>{NUM}) degrees (?P<before>)?(?:rotation )?{_WAY}(?: rotation)?", _rotate),
    pattern(rf"(?:rotate|turn|spin){_I} {_WAY}", _quarter),
    pattern(rf"(?:rotate|turn|spin){_I} (?:by )?(?:a |1 )?quarter(?: turn)?(?: {_WAY})?", _quarter),
    pattern(rf"(?:rotate|turn|flip|spin){_I} (?:upside down|(?:by )?(?:a )?half(?: a)? turn|on its head|around)", _shape(Rotate(degrees=180))),
    pattern(rf"(?:flip|mirror|reverse)(?: (?!.*\bvertical)){_I}(?: (?:horizontally|horizontal|left to right|right to left|sideways|left and right|from left to right|along the vertical axis))?".replace("(?: (?!.*\\bvertical))", ""), _shape(Flip(axis="horizontal"))),
    pattern(rf"(?:flip|mirror){_I} (?:vertically|vertical|top to bottom|from top to bottom|along the horizontal axis|up and down|over the horizontal axis)", _shape(Flip(axis="vertical"))),
    pattern(r"(?:do |apply )?(?:a )?(?:horizontal|left right) (?:flip|mirror)|mirrored|(?:make )?(?:a )?mirror image|horizontally flip(?: it| the image)?", _shape(Flip(axis="horizontal"))),
    pattern(r"(?:do |apply )?(?:a )?vertical (?:flip|mirror)|vertically flip(?: it| the image)?", _shape(Flip(axis="vertical"))),
    pattern(rf"(?:crop|cut|trim|make|turn|change|convert|set|resize|reframe){_I}(?: (?:to|into|as|in|at|be|down to)){{0,2}} {_SQUARE}|square crop|crop (?:it )?square|square (?:it|the image|the photo|the picture)(?: off)?", _shape(CropRatio(across=1, down=1))),
    pattern(rf"(?:center )?(?:crop|cut|trim|reframe|make|set|change){_I}(?: (?:to|into|at|down to|with|using|in|be))?(?: (?:a|an|the|have a))?(?: aspect ratio(?: (?:of|to))?)? {_RATIO}{_ASPECT}(?: (?:from|at|in) the center)?", _ratio),
    pattern(rf"(?:change|set|make|crop) (?:the |its )?(?:aspect )?ratio(?: of {IMAGE})? (?:to |is )?{_RATIO}|{_RATIO.replace('across', 'a1').replace('down', 'd1')} crop", lambda m, s: _ratio(m, s) if m["across"] else None),
    pattern(rf"(?:crop|make){_I} (?:to |into )?(?:a )?(?:widescreen|wide screen|cinema(?:scope)? wide)", _shape(CropRatio(across=16, down=9))),
    pattern(rf"(?:crop|trim|cut|shave|chop|slice){_I} (?:off )?(?:by )?(?P<much>{NUM}) (?P<unit>%|px) (?:of(?:f)?|from|on|at) (?:of )?(?P<sides>{_FOUR})(?: of {IMAGE})?", _trim),
    pattern(rf"(?:crop|trim|cut) (?P<sides>{_FOUR}) (?:off )?by (?P<much>{NUM}) (?P<unit>%|px)", _trim),
    pattern(rf"(?:zoom|crop) in(?: (?:on|to) (?:the center|{IMAGE}))?(?: (?:by )?(?P<share>{NUM}) %| a (?:bit|little)| slightly)?|crop {IMAGE} tighter", _zoom),
    pattern(rf"(?:upscale|enlarge|upsize|upsample|super resolution|supersize|scale up|scale|blow up|magnify|upres|up res|resize){_I}(?: up)? (?:by |to )?(?:(?:a )?factor of )?(?P<by>{NUM}) ?(?:x|times)?(?: (?:bigger|larger|the size|its size|the resolution|resolution|the original size|original size))?(?! %| px)", _factor),
    pattern(rf"(?:upscale|enlarge|upsize|upsample|super resolution|magnify|blow up|upres|up res|scale up){_I}(?: up)?(?P<by>)", _factor),
    pattern(rf"(?P<by>{NUM}) ?x (?:upscal(?:e|ing)|enlargement|super resolution|bigger|larger)|(?P<shrink>)?(?!)", _factor),
    pattern(rf"(?:upscale|enlarge|scale up|scale|resize|make){_I} (?:(?P<to>to) |by )?(?P<share>{NUM}) %(?: (?:of (?:its |the )?(?:original )?size|bigger|larger))?", _factor),
    pattern(rf"(?:shrink|downscale|scale down|reduce|downsize|downsample|make){_I} (?P<less>(?:down )?(?:by )?)(?P<share>{NUM}) %(?: smaller)", _factor),
    pattern(rf"(?:shrink|downscale|scale down|downsize|downsample){_I} (?P<less>by )(?P<share>{NUM}) %", _factor),
    pattern(rf"(?:shrink|downscale|scale down|downsize|downsample|reduce|resize){_I} (?P<to>to )(?P<share>{NUM}) %(?: (?:of (?:its |the )?(?:original )?size))?", _factor),
    pattern(rf"(?P<shrink>shrink|downscale|scale down|downsize|downsample){_I}(?: down)?(?: (?:by )?(?:a factor of )?(?P<by>{NUM}) ?(?:x|times)?)?", _factor),
    pattern(rf"(?P<shrink>halve) (?:the )?(?:size|resolution|dimensions)(?: of {IMAGE})?(?P<by>)|make {IMAGE} half (?:the|its)(?: original)? size", _half := lambda m, s: Wish((Scale(factor=0.5),), THE_IMAGE)),
    pattern(rf"double (?:the |its )?(?:size|resolution|dimensions|image size)(?: of {IMAGE})?|make {IMAGE} (?:twice|2 times|double)(?: (?:as|the|its))? ?(?:big|large|size|bigger|larger)|(?:make {IMAGE} )(?:bigger|larger)|(?:increase|raise|improve) (?:the |its )?(?:size|resolution|image size)(?: of {IMAGE})?", _shape(Scale(factor=2))),
    pattern(rf"make {IMAGE} (?P<by>{NUM}) ?(?:x|times)? (?:bigger|larger|times (?:bigger|larger)|the size)", _factor),
    pattern(rf"(?:triple|quadruple) (?:the |its )?(?:size|resolution)(?: of {IMAGE})?", lambda m, s: Wish((Scale(factor=3 if m.group().startswith("triple") else 4),), THE_IMAGE)),
    pattern(rf"(?:make {IMAGE} smaller|(?:reduce|decrease) (?:the |its )?(?:size|resolution|dimensions|image size)(?: of {IMAGE})?)(?: by half)?", _shape(Scale(factor=0.5))),
    pattern(rf"(?:add|put|give|apply|draw|frame)(?: {IMAGE})?(?: with| in| inside)?(?: (?:a|an))?(?: (?P<width>thin|small|narrow|thick|wide|big|simple|solid))?(?: (?P<color>{COLOR}))?(?: (?P<px>{NUM}) px(?: wide| thick)?)? (?:border|frame|outline border)s?(?: (?:around|to|on) {IMAGE})?", _frame),
)  # fmt: skip
