"""Painted looks: oil and watercolour."""

import cv2
import numpy as np

from retouch.engines.cpu.operations.curves import Floats, Pixels, longer, luma

#: Painted at no more than this, then enlarged: brush strokes scale with the picture, and the time does not.
_WORKING = 1600


def oil(image: Pixels) -> Pixels:
    """Kuwahara: each pixel takes the mean of the calmest of four neighbouring squares, twice; strokes lit as relief."""
    view, size = _working(image)
    radius = max(2, round(longer(view) / 200))
    painted = _kuwahara(_kuwahara(view, radius), max(2, radius // 2))
    painted = _relief(painted, view)
    lab = cv2.cvtColor(painted, cv2.COLOR_RGB2Lab)
    lab[..., 1:] = np.clip(128 + (lab[..., 1:].astype(np.float32) - 128) * 1.18, 0, 255).astype(np.uint8)
    return _restored(np.asarray(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), np.uint8), size)


def _kuwahara(image: Pixels, radius: int) -> Pixels:
    side = radius + 1
    colour = image.astype(np.float32)
    grey = luma(image).astype(np.float32)
    best = np.full(grey.shape, np.inf, np.float32)
    out = np.empty_like(colour)
    for anchor in ((0, 0), (radius, 0), (0, radius), (radius, radius)):
        mean = cv2.blur(grey, (side, side), anchor=anchor, borderType=cv2.BORDER_REFLECT_101)
        square = cv2.blur(grey * grey, (side, side), anchor=anchor, borderType=cv2.BORDER_REFLECT_101)
        spread = square - mean * mean
        calmer = spread < best
        best = np.where(calmer, spread, best)
        means = cv2.blur(colour, (side, side), anchor=anchor, borderType=cv2.BORDER_REFLECT_101)
        out[calmer] = means[calmer]
    return np.asarray(np.rint(out), np.uint8)


def _relief(painted: Pixels, source: Pixels) -> Pixels:
    """Bristle marks: noise smeared along the picture's own edges, shaded as if lit."""
    light = cv2.GaussianBlur(luma(source).astype(np.float32), (0, 0), 3)
    dx, dy = cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)
    jxx, jyy, jxy = (cv2.GaussianBlur(v, (0, 0), 6) for v in (dx * dx, dy * dy, dx * dy))
    along = 0.5 * np.arctan2(2 * jxy, jxx - jyy) + np.pi / 2
    noise: Floats = np.random.default_rng(7).standard_normal((light.shape[0], light.shape[1]), dtype=np.float32)
    smear = np.zeros_like(noise)
    y, x = np.mgrid[0 : light.shape[0], 0 : light.shape[1]].astype(np.float32)
    for reach in (-5, -3, -1, 1, 3, 5):
        across = np.asarray(x + reach * np.cos(along), np.float32)
        down = np.asarray(y + reach * np.sin(along), np.float32)
        smear += cv2.remap(noise, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    bumps = cv2.GaussianBlur(smear, (0, 0), 0.8)
    shade = np.tanh(cv2.filter2D(bumps, -1, np.array([[-1, 0, 0], [0, 0, 0], [0, 0, 1]], np.float32)) / 3) * 9
    return np.asarray(np.clip(painted + shade[..., None], 0, 255), np.uint8)


def watercolor(image: Pixels) -> Pixels:
    """Edge-preserving washes, pigment pooled at their edges, lifted towards paper, with paper grain."""
    view, size = _working(image)
    washes = cv2.edgePreservingFilter(_kuwahara(view, max(2, round(longer(view) / 260))), sigma_s=40, sigma_r=0.35)
    lab = cv2.cvtColor(washes, cv2.COLOR_RGB2Lab).astype(np.float32)
    light = np.asarray(lab[..., 0], np.float64)
    # Pigment flows to the rim of a wash: the wide blur is lighter just inside a dark rim.
    pool = np.clip((cv2.GaussianBlur(light, (0, 0), longer(view) / 220) - light) / 30, -0.4, 1.0)
    light = 255 * (0.16 + 0.84 * np.power(light / 255, 0.8))
    light -= 24 * pool
    light += (_paper(light.shape) - 0.5) * 20 * (1.15 - light / 255)
    lab[..., 0] = light
    lab[..., 1:] = 128 + (lab[..., 1:] - 128) * 1.12
    return _restored(
        np.asarray(cv2.cvtColor(np.clip(np.rint(lab), 0, 255).astype(np.uint8), cv2.COLOR_Lab2RGB), np.uint8), size
    )


def _paper(shape: tuple[int, ...]) -> Floats:
    """Cold-pressed paper, 0..1, always the same."""
    draw = np.random.default_rng(3)
    out = np.zeros(shape, np.float32)
    for sigma, share in ((0.8, 0.5), (2.2, 0.8), (12.0, 0.9)):
        layer = cv2.GaussianBlur(draw.standard_normal(shape, dtype=np.float32), (0, 0), sigma)
        out += share * layer / max(float(layer.std()), 1e-6)
    return np.asarray(np.clip(out / 5 + 0.5, 0, 1), np.float32)


def _working(image: Pixels) -> tuple[Pixels, tuple[int, int]]:
    """The picture at working size, and its own size."""
    height, width = image.shape[:2]
    scale = _WORKING / max(height, width)
    if scale >= 1:
        return image, (width, height)
    size = max(8, round(width * scale)), max(8, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), (width, height)


def _restored(image: Pixels, size: tuple[int, int]) -> Pixels:
    if (image.shape[1], image.shape[0]) == size:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
