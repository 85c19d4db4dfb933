"""Drawn looks: pencil, cartoon, edges, relief, halftone."""

import cv2
import numpy as np

from retouch.engines.cpu.operations.curves import Floats, Pixels, apply, blurred, curve, longer, luma


def sketch(image: Pixels) -> Pixels:
    """Pencil: the picture dodged by a blur of its negative, with darker tones hatched in and paper grain."""
    grey = _pencil(luma(image), longer(image))
    paper = _paper(grey.shape, 5)
    toned = grey.astype(np.float32) * (1 - 0.35 * (1 - grey.astype(np.float32) / 255) * paper)
    return np.asarray(cv2.cvtColor(np.clip(toned, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2RGB), np.uint8)


def _pencil(light: Pixels, size: int) -> Pixels:
    """Lines by colour dodge, and a little of the picture's own shade."""
    calm = np.asarray(cv2.bilateralFilter(light, 5, 25, 3), np.uint8)
    base = blurred(calm, max(2.0, size / 110))
    fine = blurred(calm, max(1.0, size / 420))
    lines = np.minimum(_dodge(calm, base), _dodge(calm, fine))
    shade = 0.72 + 0.28 * np.power(light.astype(np.float32) / 255, 0.7)
    return np.asarray(np.clip(np.power(lines, 1.9) * shade * 255, 0, 255), np.uint8)


def _dodge(light: Pixels, base: Pixels) -> Floats:
    return np.asarray(np.minimum((light.astype(np.float32) + 12) / (base.astype(np.float32) + 12), 1), np.float32)


def color_sketch(image: Pixels) -> Pixels:
    """Coloured pencil: the pencil drawing's brightness with the picture's own soft, lightened colour."""
    lines = _pencil(luma(image), longer(image)).astype(np.float32) / 255
    lab = cv2.cvtColor(blurred(image, longer(image) / 300), cv2.COLOR_RGB2Lab).astype(np.float32)
    lab[..., 0] = (110 + 0.57 * lab[..., 0]) * (0.35 + 0.65 * lines)
    lab[..., 0] *= 1 - 0.07 * _paper(lines.shape, 11)
    lab[..., 1:] = 128 + (lab[..., 1:] - 128) * 1.15
    return np.asarray(cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_Lab2RGB), np.uint8)


def _paper(shape: tuple[int, ...], seed: int) -> Floats:
    """Paper tooth, 0..1: always the same, so that the same picture gives the same drawing."""
    noise = np.random.default_rng(seed).random(shape[:2], dtype=np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 0.9)
    return np.asarray(np.clip((soft - 0.5) * 2.6 + 0.5, 0, 1), np.float32)


def cartoon(image: Pixels) -> Pixels:
    """Flat colours with soft value steps, under ink lines."""
    height, width = image.shape[:2]
    scale = min(1.0, 900 / longer(image)) * 0.75
    size = max(8, round(width * scale)), max(8, round(height * scale))
    flat = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    flat = cv2.medianBlur(flat, 5)
    for _ in range(5):
        flat = cv2.bilateralFilter(flat, 9, 28, 7)
    flat = cv2.resize(flat, (width, height), interpolation=cv2.INTER_CUBIC)
    lab = cv2.cvtColor(flat, cv2.COLOR_RGB2Lab)
    lab[..., 0] = cv2.LUT(lab[..., 0], curve(lambda v: _stairs(0.06 + 0.94 * v**0.92)))
    lab[..., 1:] = np.clip(128 + (lab[..., 1:].astype(np.float32) - 128) * 1.3, 0, 255).astype(np.uint8)
    colours = cv2.cvtColor(lab, cv2.COLOR_Lab2RGB)
    ink = _ink(luma(image), longer(image))[..., None]
    return np.asarray(np.rint(colours * ink + 18 * (1 - ink)), np.uint8)


def _stairs(
    value: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]",
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Seven steps with soft edges."""
    steps = 7.0
    low = np.floor(value * steps)
    within = value * steps - low
    return np.asarray((low + 0.5 + 0.5 * np.tanh((within - 0.5) * 4) / np.tanh(2.0)) / steps, np.float64)


def _ink(light: Pixels, size: int, gain: float = 1.0) -> Floats:
    """Difference of Gaussians as ink: 0 on a line, 1 elsewhere; a line is darker than its surroundings."""
    value = cv2.bilateralFilter(light, 7, 40, 4).astype(np.float32) / 255
    sigma = max(1.0, size / 700)
    narrow = cv2.GaussianBlur(value, (0, 0), sigma)
    wide = cv2.GaussianBlur(value, (0, 0), sigma * 2.2)
    # Divided by the brightness around, so that lines in the shade count too; the floor keeps noise in black out.
    dip = (wide - narrow) / (wide + 0.25)
    ink = np.tanh(np.maximum(dip * gain - 0.012, 0) * 28)
    return np.asarray(1 - cv2.GaussianBlur(ink.astype(np.float32), (0, 0), 0.5), np.float32)


def emboss(image: Pixels) -> Pixels:
    """Relief lit from the upper left, on grey."""
    light = blurred(luma(image), max(0.8, longer(image) / 1200)).astype(np.float32)
    kernel = np.array([[-2, -1, 0], [-1, 0, 1], [0, 1, 2]], np.float32)
    relief = np.tanh(cv2.filter2D(light, -1, kernel) / 120) * 118 + 128
    return np.asarray(cv2.cvtColor(np.clip(relief, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2RGB), np.uint8)


def edges(image: Pixels) -> Pixels:
    """Dark outlines on white."""
    light = cv2.GaussianBlur(luma(image), (0, 0), max(1.0, longer(image) / 900)).astype(np.float32)
    slope = np.hypot(cv2.Scharr(light, cv2.CV_32F, 1, 0), cv2.Scharr(light, cv2.CV_32F, 0, 1)) / 16
    around = blurred(np.asarray(np.clip(slope * 2, 0, 255), np.uint8), longer(image) / 40)
    slope = slope / (around / 2 + 4)
    lines = np.asarray(np.rint(255 * np.exp(-np.maximum(slope - 0.35, 0) * 1.5)), np.uint8)
    return np.asarray(cv2.cvtColor(lines, cv2.COLOR_GRAY2RGB), np.uint8)


def halftone(image: Pixels) -> Pixels:
    """Newspaper dots at 45 degrees."""
    height, width = image.shape[:2]
    pitch = max(4.0, longer(image) / 130)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    across, down = (x + y) * (np.pi / pitch / np.sqrt(2)), (x - y) * (np.pi / pitch / np.sqrt(2))
    screen = 0.5 + 0.25 * (np.cos(2 * across) + np.cos(2 * down))
    grey = blurred(luma(image), pitch / 3).astype(np.float32) / 255
    dots = np.clip((grey - screen) * pitch * 1.1 + 0.5, 0, 1)
    tone = apply(np.asarray(np.rint(dots * 255), np.uint8), curve(lambda v: 0.07 + 0.91 * v))
    return np.asarray(cv2.cvtColor(tone, cv2.COLOR_GRAY2RGB), np.uint8)
