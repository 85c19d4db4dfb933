"""Perform an edit: pixels in, pixels out."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from retouch.domain.errors import invalid_image, invalid_mask
from retouch.engines.cpu.grammar import Instruction, parse
from retouch.engines.cpu.joins import Join
from retouch.engines.cpu.operations import OPERATIONS, Canvas
from retouch.engines.cpu.operations.canvas import Pixels, Source
from retouch.engines.cpu.shapes import CropPixels, Frame, Trim
from retouch.engines.cpu.steps import LARGEST, Extend, Span, Step, Text


def perform(
    image: Pixels,
    mask: Pixels | None,
    instruction: str | Instruction,
    *,
    seed: int,
    longest: int | None = None,
    others: Sequence[Source] = (),
) -> Pixels:
    """Edit an image as the instruction (or prompt) says.

    image: (h, w, 3) RGB or (h, w, 4) RGBA with straight alpha, uint8. mask: (h, w) or (h, w, 1) uint8, 255 = edit,
    0 = keep, in between in proportion; None is the whole image, or for removal and filling its own transparent
    pixels. seed: any integer; the same seed and input give the same bytes. longest: make a preview at no more than
    this, pixels, and bring it to the size of the full result. others: further images, for an instruction that takes
    so many; what it says before it puts them together is done to each.

    Returns (h, w, 3) or, where something is transparent or the image had alpha and still needs it, (h, w, 4).
    Raises what parse raises, MASK_REQUIRED where a background cannot be found, INVALID_MASK for a mask of another
    size, INVALID_IMAGE where the result would pass LARGEST pixels.
    """
    canvas = _canvas(image, mask, seed, tuple(others))
    if isinstance(instruction, str):
        clear = canvas.alpha is not None and bool((canvas.alpha == 0).any())
        instruction = parse(instruction, mask=mask is not None, clear=clear)
    steps = instruction.steps
    if instruction.join is not None:
        at = steps.index(instruction.join)
        canvas, steps = _together(canvas, steps[:at], instruction.join), steps[at + 1 :]
    size = _size_after(steps, canvas.size)
    factor = 1.0 if longest is None else longest / max(*canvas.size, *size)
    if factor >= 1:
        return _run(steps, canvas).pixels
    preview = _run([_scaled(step, factor) for step in steps], _shrunk(canvas, factor, longest)).pixels
    return np.asarray(cv2.resize(preview, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _together(canvas: Canvas, before: tuple[Step, ...], join: Join) -> Canvas:
    """All images, each with the steps before done to it, put together."""
    _size_after(before, canvas.size)
    others = tuple(_after(before, source, canvas.seed) for source in canvas.others)
    return OPERATIONS[type(join)](replace(_run(before, canvas), others=others), join)


def _after(steps: tuple[Step, ...], source: Source, seed: int) -> Source:
    """The image that these steps make of another."""
    if not steps:
        return source
    size = _size_after(steps, source.size)
    return Source(size, lambda: _run(steps, _canvas(source.read(), None, seed)).pixels)


def _run(steps: "tuple[Step, ...] | list[Step]", canvas: Canvas) -> Canvas:
    for step in steps:
        canvas = OPERATIONS[type(step)](canvas, step)
    return canvas


def _canvas(image: Pixels, mask: Pixels | None, seed: int, others: tuple[Source, ...] = ()) -> Canvas:
    if mask is not None and mask.shape[:2] != image.shape[:2]:
        raise invalid_mask("The mask must have the size of the first image.")
    rgb = np.ascontiguousarray(image[..., :3])
    alpha = np.ascontiguousarray(image[..., 3]) if image.shape[2] == 4 else None
    area = None if mask is None else np.ascontiguousarray(mask.reshape(mask.shape[:2]))
    # Steps draw from a generator, which takes no negative numbers.
    return Canvas(rgb, alpha, area, seed=seed % 2**32, others=others)


def _size_after(steps: tuple[Step, ...], size: Span) -> Span:
    for step in steps:
        size = step.size_after(size)
        if size[0] * size[1] > LARGEST:
            raise invalid_image(
                "image",
                f"The result would be {size[0]}x{size[1]}: no more than {LARGEST // 1_000_000} megapixels are made.",
            )
    return size


def _shrunk(canvas: Canvas, factor: float, longest: int | None) -> Canvas:
    """The canvas at a preview's size."""
    width, height = canvas.size
    size = max(1, round(width * factor)), max(1, round(height * factor))

    def small(view: Pixels) -> Pixels:
        return np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), np.uint8)

    return replace(
        canvas,
        rgb=small(canvas.rgb),
        alpha=None if canvas.alpha is None else small(canvas.alpha),
        mask=None if canvas.mask is None else small(canvas.mask),
        longest=longest,
    )


def _scaled(step: Step, factor: float) -> Step:
    """A step whose pixel counts are those of a preview."""
    match step:
        case Extend(unit="px") | Trim(unit="px"):
            return replace(
                step,
                left=step.left * factor,
                right=step.right * factor,
                top=step.top * factor,
                bottom=step.bottom * factor,
            )
        case CropPixels():
            width, height = max(1, round(step.width * factor)), max(1, round(step.height * factor))
            return replace(step, width=width, height=height)
        case Frame(pixels=int(pixels)):
            return replace(step, pixels=max(1, round(pixels * factor)))
        case Text(pixels=int(pixels)):
            return replace(step, pixels=max(1, round(pixels * factor)))
    return step
