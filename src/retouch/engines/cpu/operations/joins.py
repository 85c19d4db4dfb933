"""Several pictures put together: each scaled once, by Lanczos weighted by alpha, and laid down whole."""

from dataclasses import replace

import numpy as np

from retouch.domain.picture import Size
from retouch.engines.cpu.joins import Arrange, Box, Overlay
from retouch.engines.cpu.operations.canvas import Canvas, Pixels, Source, box_of
from retouch.pixels import scale


def arrange(canvas: Canvas, step: Arrange) -> Canvas:
    """All pictures beside each other. The result is transparent only where one of them is, or a gap is to be."""
    pictures = [Source.of(canvas), *canvas.others]
    pictures = [pictures[index] for index in step.order or range(len(pictures))]
    plan = step.plan([picture.size for picture in pictures])
    width, height = plan.size
    ground = np.zeros((height, width, 4), np.uint8)
    if step.colour is not None:
        ground[:] = (*step.colour, 255)
    for picture, box in zip(pictures, plan.boxes, strict=True):
        part = ground[box.top : box.top + box.height, box.left : box.left + box.width]
        made = _sized(picture.read(), box)
        part[..., :3] = made[..., :3]
        part[..., 3] = made[..., 3] if made.shape[2] == 4 else 255
    return _canvas(canvas, ground)


def overlay(canvas: Canvas, step: Overlay) -> Canvas:
    """The second picture on the first, where the first shows through in proportion to its transparency."""
    (above,) = canvas.others
    left, top, right, bottom = box_of(canvas.mask, canvas.size)
    room = Box(left, top, right - left, bottom - top)
    box = step.box(room, above.size, fill=canvas.mask is not None)
    made = _sized(above.read(), box)
    share = np.full(made.shape[:2], 255, np.uint8) if made.shape[2] == 3 else made[..., 3]
    weight = share.astype(np.float32) / 255 * step.opacity
    where = slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)
    if canvas.mask is not None:
        weight *= canvas.mask[where].astype(np.float32) / 255
    below = canvas.rgb[where].astype(np.float32)
    kept = (1 - weight) * (1.0 if canvas.alpha is None else canvas.alpha[where].astype(np.float32) / 255)
    whole = weight + kept
    mixed = made[..., :3] * weight[..., None] + below * kept[..., None]
    rgb, touched = canvas.rgb.copy(), weight > 0
    rgb[where][touched] = np.rint(mixed[touched] / whole[touched][:, None]).astype(np.uint8)
    alpha = None if canvas.alpha is None else canvas.alpha.copy()
    if alpha is not None:
        alpha[where][touched] = np.rint(whole[touched] * 255).astype(np.uint8)
    return replace(canvas, rgb=rgb, alpha=alpha, others=())


def _sized(pixels: Pixels, box: Box) -> Pixels:
    return np.asarray(scale(pixels, Size(box.width, box.height)), np.uint8)


def _canvas(canvas: Canvas, pixels: Pixels) -> Canvas:
    """The canvas with these (h, w, 4) pixels in place of all its pictures."""
    alpha = np.ascontiguousarray(pixels[..., 3])
    rgb = np.ascontiguousarray(pixels[..., :3])
    return replace(canvas, rgb=rgb, alpha=alpha if (alpha < 255).any() else None, others=())
