"""What the built-in editor can do, as prompts that work: shown with every refusal and in the documentation."""

#: By family. Those that begin with `(mask)` need a marked area.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "colour and tone": (
        "make it a bit warmer",
        "brighten the image by 20%",
        "increase the contrast and saturation slightly",
        "lift the shadows",
        "shift the hue by 30 degrees",
    ),
    "corrections": ("auto-enhance", "fix the white balance", "sharpen the image", "reduce noise"),
    "styles": (
        "black and white",
        "sepia",
        "pencil sketch",
        "turn this into a cartoon",
        "oil painting",
        "watercolor",
        "vintage look",
        "add a vignette",
        "add film grain",
        "posterize",
        "invert the colors",
    ),
    "background": (
        "remove the background",
        "blur the background",
        "put it on a plain white background",
    ),
    "geometry": (
        "rotate 90 degrees clockwise",
        "flip horizontally",
        "crop to 16:9",
        "upscale 2x",
        "add a 20 px white border",
    ),
    "outpainting": ("extend the image by 10% on all sides", "fill in the transparent areas"),
    "text": ('add the text "SALE" at the bottom right in red',),
    "several images": (
        "put them side by side",
        "stack them vertically",
        "make a 2x2 grid",
        "make a collage with a small gap",
        "put the second image on the first at the bottom right",
    ),
    "in a marked area": (
        "(mask) remove the person",
        "(mask) fill the masked area",
        "(mask) turn the shirt blue",
        "(mask) pixelate the license plate",
        "(mask) blur the faces",
        "(mask) brighten the sky",
    ),
}

#: The few that a refusal shows.
SHORT: tuple[str, ...] = (
    "make it black and white",
    "make it a bit warmer and crop to a square",
    "increase the contrast by 20%",
    "remove the background",
    "sharpen the image",
    "upscale 2x",
    'add the text "SALE" at the bottom right',
    "with several images: put them side by side",
    "with a mask: remove the person",
    "with a mask: turn the shirt blue",
)


def can_do() -> list[str]:
    """A short list of prompts that work."""
    return list(SHORT)
