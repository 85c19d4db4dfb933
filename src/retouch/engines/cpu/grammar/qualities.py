"""The words for what can be more or less, and the step that each means."""

from retouch.engines.cpu.grammar.degree import amount
from retouch.engines.cpu.grammar.pattern import Refusal
from retouch.engines.cpu.steps import Blur, Denoise, Grain, Sharpen, Step, Tone, Vignette

#: Comparatives, which stand without a verb, and their plain forms, which need one (or `more`).
COMPARATIVES = {
    "brighter": ("brightness", 1), "lighter": ("brightness", 1), "darker": ("brightness", -1),
    "dimmer": ("brightness", -1), "warmer": ("warmth", 1), "cooler": ("warmth", -1), "colder": ("warmth", -1),
    "punchier": ("contrast", 1), "flatter": ("contrast", -1), "richer": ("saturation", 1), "duller": ("saturation", -1),
    "paler": ("saturation", -1), "redder": ("red", 1), "greener": ("green", 1), "bluer": ("blue", 1),
    "yellower": ("yellow", 1), "sharper": ("sharpness", 1), "crisper": ("sharpness", 1), "clearer": ("clarity", 1),
    "softer": ("sharpness", -1), "blurrier": ("blur", 1), "grainier": ("grain", 1), "noisier": ("grain", 1),
    "bolder": ("contrast", 1), "smoother": ("noise", -1), "whiter": ("whiteness", 1), "more contrasty": ("contrast", 1),
}  # fmt: skip
PLAIN = {
    "bright": ("brightness", 1), "light": ("brightness", 1), "dark": ("brightness", -1), "dim": ("brightness", -1),
    "warm": ("warmth", 1), "cold": ("warmth", -1), "cool": ("warmth", -1), "contrasty": ("contrast", 1),
    "vivid": ("saturation", 1), "vibrant": ("saturation", 1), "colorful": ("saturation", 1),
    "saturated": ("saturation", 1), "desaturated": ("saturation", -1), "muted": ("saturation", -1),
    "faded": ("saturation", -1), "dull": ("saturation", -1), "washed out": ("contrast", -1), "red": ("red", 1),
    "green": ("green", 1), "blue": ("blue", 1), "yellow": ("yellow", 1), "magenta": ("magenta", 1),
    "cyan": ("cyan", 1), "sharp": ("sharpness", 1), "crisp": ("sharpness", 1), "clear": ("clarity", 1),
    "soft": ("sharpness", -1), "blurry": ("blur", 1), "blurred": ("blur", 1), "grainy": ("grain", 1),
    "noisy": ("grain", 1), "punchy": ("contrast", 1), "exposed": ("exposure", 1),
    "flat": ("contrast", -1), "pale": ("saturation", -1),
    "smooth": ("noise", -1), "white": ("whiteness", 1), "out of focus": ("blur", 1),
}  # fmt: skip
NOUNS = {
    "brightness": "brightness", "lightness": "brightness", "luminosity": "brightness", "luminance": "brightness",
    "exposure": "exposure", "light": "brightness", "lighting": "brightness", "contrast": "contrast",
    "saturation": "saturation", "color saturation": "saturation", "color intensity": "saturation",
    "colorfulness": "saturation", "color": "saturation", "colors": "saturation", "vibrance": "vibrance",
    "warmth": "warmth", "color temperature": "warmth", "temperature": "warmth", "sharpness": "sharpness",
    "clarity": "clarity", "definition": "clarity",
    "detail": "clarity", "details": "clarity", "local contrast": "clarity", "noise": "noise",
    "image noise": "noise", "digital noise": "noise", "color noise": "noise", "grain": "grain", "film grain": "grain",
    "graininess": "grain", "vignette": "vignette", "vignetting": "vignette", "blur": "blur", "blurriness": "blur",
    "red": "red", "reds": "red", "green": "green", "greens": "green", "blue": "blue", "blues": "blue",
    "yellow": "yellow", "magenta": "magenta", "cyan": "cyan", "intensity": "saturation", "tones": "saturation",
}  # fmt: skip
VERBS = {
    "brighten": ("brightness", 1), "lighten": ("brightness", 1), "illuminate": ("brightness", 1),
    "darken": ("brightness", -1), "dim": ("brightness", -1), "warm": ("warmth", 1), "cool": ("warmth", -1),
    "saturate": ("saturation", 1), "oversaturate": ("saturation", 1), "desaturate": ("saturation", -1),
    "mute": ("saturation", -1), "fade": ("contrast", -1), "flatten": ("contrast", -1), "overexpose": ("exposure", 1),
    "underexpose": ("exposure", -1), "soften": ("sharpness", -1), "tone down": ("saturation", -1),
    "whiten": ("whiteness", 1), "smooth": ("noise", -1), "smoothen": ("noise", -1),
}  # fmt: skip
#: An ordinary change of each quality, where no degree word says otherwise.
ORDINARY = {"warmth": 0.3, "exposure": 0.3, "saturation": 0.3, "vibrance": 0.4, "highlights": 0.4, "shadows": 0.4,
            "clarity": 0.4, "brightness": 0.2, "whiteness": 0.5}  # fmt: skip


def step(quality: str, sign: int, degree: str | None) -> Step:
    """The step for more (sign 1) or less (-1) of a quality. Raises Refusal for what cannot be undone."""
    size = amount(degree, ORDINARY.get(quality, 0.25))
    half = min(1.0, amount(degree, 0.5))
    made: Step
    match quality, sign:
        case "sharpness", 1:
            made = Sharpen(strength=half)
        case "sharpness", _:
            made = Blur(strength=min(1.0, amount(degree, 0.25)))
        case (("noise" | "grain"), -1):
            made = Denoise(strength=half)
        case (("noise" | "grain"), _):
            made = Grain(strength=half)
        case "blur", 1:
            made = Blur(strength=half)
        case "blur", _:
            raise Refusal("A blurred picture cannot be made sharp again; 'sharpen the image' makes its edges crisper.")
        case "vignette", _:
            made = Vignette(strength=sign * half)
        case "whiteness", -1:
            raise Refusal("Whiteness can be added, not taken away: say which colour is wanted.")
        case _:
            made = Tone(quality=quality, amount=size if sign > 0 else -min(1.0, size))
    return made
