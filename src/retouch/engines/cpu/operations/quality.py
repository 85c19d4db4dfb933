"""Corrections that measure the picture: auto-enhance, white balance, sharpen, denoise."""

import cv2
import numpy as np

from retouch.engines.cpu.operations.curves import LIGHT, Pixels, apply, curve, longer, luma
from retouch.engines.cpu.operations.tone import saturation
from retouch.engines.cpu.steps import Denoise, Quality, Sharpen


def quality(image: Pixels, step: Quality) -> Pixels:
    """`auto` or `wb`."""
    return white_balance(image) if step.kind == "wb" else auto(image)


def auto(image: Pixels) -> Pixels:
    """Stretch the tones to the full range, bring the middle near where eyes like it, add local contrast and a
    little colour; each only as far as the picture needs it."""
    light = luma(image)
    low, high = (float(v) for v in np.percentile(light, (0.4, 99.6)))
    low, high = min(low, 60.0) / 255, max(high, 165.0) / 255
    middle = float(np.clip((np.median(light) / 255 - low) / max(high - low, 0.1), 0.05, 0.95))
    # Half the way to a middle of 0.46: a night stays a night.
    power = float(np.clip((np.log(0.46) / np.log(middle)) ** 0.5, 0.7, 1.25))
    stretched = apply(image, curve(lambda v: np.clip((v - 0.75 * low) / (high + 0.02 - 0.75 * low), 0, 1) ** power))
    lab = cv2.cvtColor(stretched, cv2.COLOR_RGB2Lab)
    local = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(6, 6)).apply(lab[..., 0])
    lab[..., 0] = cv2.addWeighted(lab[..., 0], 0.78, local, 0.22, 0)
    return saturation(np.asarray(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), np.uint8), 0.08, gently=True)


def white_balance(image: Pixels) -> Pixels:
    """Scale each channel so that the lightest surfaces agree on grey, gains capped.

    What is lightest shows the light's own colour best; a high power mean and a percentile each miss at times, on
    one bright coloured thing or on a burnt-out lamp, so their average is used.
    """
    small = cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float64)
    usable = small[(np.median(small, axis=1) < 250) & (small.max(axis=1) > 12)]
    if len(usable) < 64:
        return image
    power_mean = np.mean(usable**6, axis=0) ** (1 / 6)
    lights = np.percentile(usable, 98, axis=0)
    estimate = 0.5 * power_mean / power_mean.mean() + 0.5 * lights / lights.mean()
    factors = np.clip(1 / estimate, 0.7, 1.45)
    factors /= float(LIGHT @ factors)
    return apply(image, *(_times(float(factor)) for factor in factors))


def _times(factor: float) -> Pixels:
    return curve(lambda v: np.clip(v * factor, 0, 1))


def sharpen(image: Pixels, step: Sharpen) -> Pixels:
    """Unsharp mask on brightness only, with halos limited and flat areas (their noise) left alone."""
    sigma = max(0.8, longer(image) / 1400)
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2Lab)
    light = lab[..., 0].astype(np.float32)
    detail = light - cv2.GaussianBlur(light, (0, 0), sigma)
    gate = np.abs(detail) / (np.abs(detail) + 1.2)
    limit = 14 + 26 * step.strength
    boost = np.tanh(detail * (2.6 * step.strength) * gate / limit) * limit
    lab[..., 0] = np.clip(np.rint(light + boost), 0, 255)
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), np.uint8)


def noise_level(image: Pixels) -> float:
    """Standard deviation of the noise in brightness, 0..255, from the finest diagonal differences."""
    light = luma(image).astype(np.float32)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(light, -1, kernel)[1:-1, 1:-1])
    return float(np.median(response) / (0.6745 * 6)) if response.size else 0.0


def denoise(image: Pixels, step: Denoise) -> Pixels:
    """Non-local means in Lab, as strong as the measured noise."""
    level = float(np.clip(noise_level(image), 1.5, 25))
    # The time grows with the searched square: large pictures, whose grain repeats nearby, search a smaller one.
    reach = 15 if image.size < 9_000_000 else 11
    strength = (0.6 + 0.9 * step.strength) * level
    return np.asarray(
        cv2.fastNlMeansDenoisingColored(image, None, strength, min(30.0, 1.6 * strength + 3), 5, reach), np.uint8
    )
