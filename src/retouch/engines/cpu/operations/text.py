"""Words on the picture, in the scalable font that Pillow carries."""

from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from retouch.engines.cpu.operations.canvas import Canvas, Pixels, blend, box_of
from retouch.engines.cpu.operations.curves import luma
from retouch.engines.cpu.steps import Colour, Text

_ALIGN = ("left", "center", "right")
_SMALLEST = 8


def text(canvas: Canvas, step: Text) -> Canvas:
    """Write within the marked area's box or the whole picture: wrapped and shrunk to fit, outlined to be readable."""
    left, top, right, bottom = box_of(canvas.mask, canvas.size)
    width, height = right - left, bottom - top
    margin = max(2, round(min(width, height) * 0.045))
    block, font, stroke, spacing = _fitted(step, width - 2 * margin, height - 2 * margin, min(canvas.size))
    box = ImageDraw.Draw(Image.new("L", (1, 1))).multiline_textbbox(
        (0, 0), block, font=font, stroke_width=stroke, spacing=spacing, align=_ALIGN[step.position[0]]
    )
    x = left + _placed(step.position[0], width, margin, box[0], box[2])
    y = top + _placed(step.position[1], height, margin, box[1], box[3])
    ink = step.colour or _readable(canvas.rgb, (x + box[0], y + box[1], x + box[2], y + box[3]))
    edge: Colour = (0, 0, 0) if 2 * ink[0] + 5 * ink[1] + ink[2] > 8 * 110 else (255, 255, 255)
    sheet = Image.new("RGBA", canvas.size, (*edge, 0))
    ImageDraw.Draw(sheet).multiline_text(
        (x, y), block, font=font, fill=(*ink, 255), stroke_width=stroke, stroke_fill=(*edge, 255), spacing=spacing,
        align=_ALIGN[step.position[0]],
    )  # fmt: skip
    return _laid(canvas, np.asarray(sheet, np.uint8), step.opacity)


def _placed(third: int, room: int, margin: int, low: float, high: float) -> int:
    """Where to start so that the inked box low..high sits in its third."""
    size = high - low
    start = (margin, (room - size) / 2, room - margin - size)[third]
    return round(start - low)


def _fitted(step: Text, width: int, height: int, short: int) -> tuple[str, ImageFont.FreeTypeFont, int, int]:
    """The wrapped words, font, outline and line spacing at the largest size up to the wanted one that fits."""
    wanted = step.pixels or max(14, round(short * 0.085 * step.scale))
    size = float(min(wanted, max(_SMALLEST, height)))
    draw = ImageDraw.Draw(Image.new("L", (1, 1)))
    while True:
        font = ImageFont.load_default(size)
        assert isinstance(font, ImageFont.FreeTypeFont)  # noqa: S101 - Pillow without FreeType cannot scale
        stroke = max(1, round(size * (0.075 if step.bold else 0.05)))
        spacing = round(size * 0.25)
        block = _wrapped(step.words, font, width - 2 * stroke, draw)
        box = draw.multiline_textbbox((0, 0), block, font=font, stroke_width=stroke, spacing=spacing)
        if (box[2] - box[0] <= width and box[3] - box[1] <= height) or size <= _SMALLEST:
            return block, font, stroke, spacing
        size = max(_SMALLEST, size * 0.88)


def _wrapped(words: str, font: ImageFont.FreeTypeFont, width: int, draw: ImageDraw.ImageDraw) -> str:
    """Lines no longer than width where words allow it; the caller's own line breaks are kept."""
    lines: list[str] = []
    for paragraph in words.replace("\\n", "\n").splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and draw.textlength(longer, font=font) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return "\n".join(lines)


def _readable(image: Pixels, box: tuple[float, float, float, float]) -> Colour:
    """White on dark, near-black on light."""
    left, top, right, bottom = (max(0, round(v)) for v in box)
    under = image[top : bottom + 1, left : right + 1]
    return (20, 20, 20) if under.size and luma(under).mean() > 170 else (255, 255, 255)


def _laid(canvas: Canvas, sheet: Pixels, opacity: float) -> Canvas:
    """The sheet over the picture, within the mask."""
    share = np.asarray(np.rint(sheet[..., 3] * opacity), np.uint8)
    if canvas.mask is not None:
        share = np.minimum(share, canvas.mask)
    if canvas.alpha is None:
        return canvas.painted(blend(canvas.rgb, np.ascontiguousarray(sheet[..., :3]), share))
    over = share.astype(np.float32) / 255
    own = canvas.alpha.astype(np.float32) / 255
    alpha = over + own * (1 - over)
    weight = (over / np.maximum(alpha, 1e-6))[..., None]
    rgb = np.rint(canvas.rgb * (1 - weight) + sheet[..., :3] * weight).astype(np.uint8)
    return replace(canvas, rgb=rgb, alpha=np.rint(alpha * 255).astype(np.uint8))
