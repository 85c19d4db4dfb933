"""What is asked often and cannot be done, so that the answer says why."""

from retouch.engines.cpu.grammar.pattern import Pattern, pattern, refuses
from retouch.engines.cpu.grammar.words import IMAGE, NUM

PATTERNS: tuple[Pattern, ...] = (
    pattern(
        r"(?:unblur|deblur|un blur|de blur|refocus|fix the blur|remove (?:the )?(?:motion )?blur)(?: (?:in"
        rf"|of|from))?(?: {IMAGE})?",
        refuses("A blurred picture cannot be made sharp again; 'sharpen the image' makes its edges crisper."),
    ),
    pattern(
        rf"(?:colorize|recolorize|add colors? to) (?:this |the )?(?:old |black and white |bw )?{IMAGE}" r"|colorize",
        refuses("Colours that are not in the picture cannot be invented."),
    ),
    pattern(
        rf"(?:resize|scale|rescale|change the size of)(?: {IMAGE})? (?:to )?{NUM} ?(?:x|by) ?{NUM}(?: px)?",
        refuses("An exact size is asked for with the field `size`, not in the prompt."),
    ),
    pattern(
        rf"(?:upscale|resize|enlarge)(?: {IMAGE})? to (?:{NUM} k|{NUM} ?p|hd|full hd|{NUM} px)" r"(?: resolution)?",
        refuses("A target size is asked for with the field `size` or `resolution`; 'upscale 2x' works."),
    ),
    pattern(
        rf"(?:straighten|level)(?: {IMAGE}| the horizon)?",
        refuses("The horizon is not found by itself: say by how many degrees to rotate."),
    ),
    pattern(
        rf"(?:rotate|crop|resize|scale)(?: {IMAGE})?",
        refuses("By how much? For example 'rotate 90 degrees clockwise' or 'crop to 16:9'."),
    ),
)
