"""What each kind of step does to pixels. To add one: its class in `steps.py`, its function in a file here, a line
in OPERATIONS, and a pattern in `grammar/`."""

from retouch.engines.cpu import joins as kinds
from retouch.engines.cpu import shapes, steps
from retouch.engines.cpu.operations import (
    background,
    effects,
    fill,
    geometry,
    joins,
    quality,
    recolor,
    styles,
    text,
    tone,
)
from retouch.engines.cpu.operations.canvas import Canvas, Operation, colours

#: Every kind of step and the function that performs it.
OPERATIONS: dict[type[steps.Step], Operation] = {
    steps.Tone: colours(tone.tone),
    steps.Hue: colours(tone.hue),
    steps.Style: colours(styles.style),
    steps.SlowStyle: colours(styles.style),
    steps.Duotone: colours(styles.duotone),
    steps.Posterize: colours(styles.posterize),
    steps.ColourWash: colours(styles.wash),
    steps.Vignette: styles.vignette,
    steps.Quality: colours(quality.quality),
    steps.Sharpen: colours(quality.sharpen),
    steps.Denoise: colours(quality.denoise),
    steps.Grain: effects.grain,
    steps.Blur: effects.blur,
    steps.Pixelate: effects.pixelate,
    steps.Paint: effects.paint,
    steps.Recolour: recolor.recolour,
    steps.BackgroundRemove: background.remove,
    steps.BackgroundColour: background.colour,
    steps.BackgroundBlur: background.blur,
    steps.Remove: fill.remove,
    steps.Fill: fill.fill,
    steps.FillTransparent: fill.fill,
    steps.Extend: fill.extend,
    steps.Text: text.text,
    shapes.Rotate: geometry.rotate,
    shapes.Flip: geometry.flip,
    shapes.CropRatio: geometry.crop_ratio,
    shapes.CropPixels: geometry.crop_ratio,
    shapes.Trim: geometry.trim,
    shapes.Scale: geometry.scale,
    shapes.Frame: geometry.frame,
    kinds.Arrange: joins.arrange,
    kinds.Overlay: joins.overlay,
}

__all__ = ["OPERATIONS", "Canvas"]
