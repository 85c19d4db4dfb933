"""How the grammar reads: the sixty measured prompts, degrees, colours, scope, and its bounds."""

import re

import pytest

from retouch.domain.errors import Code, RetouchError
from retouch.engines.cpu.grammar import EXAMPLES, Instruction, can_do, parse, warm, words
from retouch.engines.cpu.grammar.parse import PATTERNS
from retouch.engines.cpu.grammar.pattern import always, pattern
from retouch.engines.cpu.shapes import CropRatio, Flip, Frame, Rotate, Scale
from retouch.engines.cpu.steps import (
    Area,
    BackgroundColour,
    Extend,
    FillTransparent,
    Hue,
    Recolour,
    Step,
    Style,
    Text,
    Tone,
)

#: Prompt, whether an area is marked, and the steps it must be read as.
TABLE: list[tuple[str, bool, str]] = [
    ("make it black and white", False, "bw"),
    ("Convert this photo to grayscale please", False, "bw"),
    ("give it a sepia tone", False, "sepia"),
    ("make it a bit warmer and crop to a square", False, "warmth+, crop_ratio"),
    ("remove the person", True, "remove"),
    ("turn the shirt blue", True, "recolor"),
    ("make the car red", True, "recolor"),
    ("increase the contrast slightly", False, "contrast+"),
    ("brighten the image by 20%", False, "brightness+"),
    ("can you make this darker and less saturated?", False, "brightness-, saturation-"),
    ("blur the background", False, "bg_blur"),
    ("remove the background", False, "bg_remove"),
    ("Make the background transparent", False, "bg_remove"),
    ("put it on a plain white background", False, "bg_color"),
    ("sharpen the image", False, "sharpen"),
    ("reduce noise", False, "denoise"),
    ("auto-enhance this picture", False, "auto"),
    ("turn this into a cartoon", False, "cartoon"),
    ("make it look like a pencil sketch", False, "sketch"),
    ("convert to a watercolor painting", False, "watercolor"),
    ("oil painting style", False, "oil"),
    ("rotate 90 degrees clockwise", False, "rotate"),
    ("flip horizontally", False, "flip"),
    ("crop to 16:9", False, "crop_ratio"),
    ("upscale 2x", False, "upscale"),
    ("pixelate the license plate", True, "pixelate"),
    ('add the text "SALE" at the bottom right', False, "text"),
    ("extend the image to the left and right", False, "outpaint"),
    ("fill in the transparent areas", False, "outpaint"),
    ("erase the power lines", True, "remove"),
    ("fix the white balance", False, "wb"),
    ("make the colors pop", False, "saturation+"),
    ("cool it down a little and add a vignette", False, "warmth-, vignette"),
    ("blur out the faces", True, "blur"),
    ("invert the colours", False, "invert"),
    ("Remove the watermark", True, "remove"),
]

TABLE_UNMARKED = [
    "remove the person",
    "turn the shirt blue",
    "pixelate his face",
    "get rid of the trash can in the corner",
]

TABLE_UNDOABLE: list[tuple[str, bool]] = [
    ("add a cat on the sofa", False),
    ("replace the sky with a sunset", True),
    ("make her smile", False),
    ("turn the dog into a lion", True),
    ("make it look like winter with snow", False),
    ("change his hairstyle to a mohawk", True),
    ("in the style of Van Gogh", False),
    ("make it look like Studio Ghibli", False),
    ("put sunglasses on the man", True),
    ("turn day into night", False),
    ("swap the faces", False),
    ("a corgi wearing a crown", False),
    ("colorize this old photo", False),
    ("remove the person but keep his shadow", True),
    ("make him look younger", False),
    ("replace the background with a beach", False),
    ("make the car red and add flames", True),
    ("unblur this photo", False),
    ("change the text on the sign to OPEN", True),
    ("black and white except the red rose", False),
]


def only(prompt: str, *, mask: bool = False) -> Step:
    """The one step of a prompt."""
    (step,) = parse(prompt, mask=mask).steps
    return step


def refusal(prompt: str, *, mask: bool = False, clear: bool = False) -> RetouchError:
    """The error that a prompt is answered with."""
    with pytest.raises(RetouchError) as caught:
        parse(prompt, mask=mask, clear=clear)
    return caught.value


@pytest.mark.parametrize(("prompt", "marked", "steps"), TABLE)
def test_measured_prompts_run(prompt: str, marked: bool, steps: str) -> None:
    """The prompts of the feasibility study that must run do, as it says."""
    assert ", ".join(parse(prompt, mask=marked).labels) == steps


@pytest.mark.parametrize("prompt", TABLE_UNMARKED)
def test_measured_prompts_need_a_mask(prompt: str) -> None:
    """The prompts of the study that name a thing are refused without a mask."""
    assert refusal(prompt).code is Code.MASK_REQUIRED


@pytest.mark.parametrize(("prompt", "marked"), TABLE_UNDOABLE)
def test_measured_prompts_are_refused(prompt: str, marked: bool) -> None:
    """No undoable prompt of the study is accepted."""
    assert refusal(prompt, mask=marked).code is Code.PROMPT_NOT_SUPPORTED


@pytest.mark.parametrize(
    ("prompt", "step"),
    [
        ("brighten by 20%", Tone(quality="brightness", amount=0.2)),
        ("make it a bit brighter", Tone(quality="brightness", amount=0.1)),
        ("make it much brighter", Tone(quality="brightness", amount=0.4)),
        ("reduce the contrast by half", Tone(quality="contrast", amount=-0.5)),
        ("less blue", Tone(quality="blue", amount=-0.25)),
        ("make it less dark", Tone(quality="brightness", amount=0.2)),
        ("exposure -1 stop", Tone(quality="exposure", amount=-0.5)),
        ("decrease the exposure by 1 stop", Tone(quality="exposure", amount=-0.5)),
        ("lower the exposure by half a stop", Tone(quality="exposure", amount=-0.25)),
        ("bring the exposure down by 2 ev", Tone(quality="exposure", amount=-1.0)),
        ("turn the saturation down", Tone(quality="saturation", amount=-0.3)),
        ("lighten the shadows", Tone(quality="shadows", amount=0.4)),
        ("reduce the highlights", Tone(quality="highlights", amount=-0.4)),
        ("reduce the shadows", Tone(quality="shadows", amount=0.4)),
        ("deepen the shadows", Tone(quality="shadows", amount=-0.4)),
        ("desaturate this a touch", Tone(quality="saturation", amount=-0.15)),
        ("completely desaturate this", Style(style="bw")),
        ("hue shift by -30 degrees", Hue(degrees=-30)),
        ("rotate left", Rotate(degrees=-90)),
        ("rotate the image 90 degrees counterclockwise", Rotate(degrees=-90)),
        ("turn it upside down", Rotate(degrees=180)),
        ("flip upside down", Rotate(degrees=180)),
        ("flip vertically", Flip(axis="vertical")),
        ("mirror it", Flip(axis="horizontal")),
        ("crop to 4:5", CropRatio(across=4, down=5)),
        ("enlarge 4x", Scale(factor=4)),
        ("make the image 50% smaller", Scale(factor=0.5)),
        ("make the image 50% bigger", Scale(factor=1.5)),
        ("scale down by 2", Scale(factor=0.5)),
        ("extend the image by 10% on all sides", Extend(left=0.1, right=0.1, top=0.1, bottom=0.1)),
        ("extend it upwards by 100 px", Extend(top=100, unit="px")),
        ("make the background light gray", BackgroundColour(colour=(211, 211, 211))),
        ("darken the background", Tone(quality="brightness", amount=-0.2, area=Area.BACKGROUND)),
        ("make the background black and white", Style(style="bw", area=Area.BACKGROUND)),
        ("write SALE at the top in red", Text(words="SALE", position=(1, 0), colour=(255, 0, 0))),
        ("caption it 'Don’t panic'", Text(words="Don’t panic")),
        ('add big red text "NEW" at the top left', Text(words="NEW", position=(0, 0), colour=(255, 0, 0), scale=1.6)),
        ("put “Été” in the centre", Text(words="Été", position=(1, 1))),
    ],
)
def test_a_step_says_how_much_and_where(prompt: str, step: Step) -> None:
    """Degrees, percentages, sides, positions and colours arrive as numbers."""
    assert only(prompt) == step


@pytest.mark.parametrize(
    ("prompt", "colour"),
    [
        ("make the shirt #f80", (255, 136, 0)),
        ("make the shirt #FF8800", (255, 136, 0)),
        ("make the shirt rgb(1, 2, 3)", (1, 2, 3)),
        ("make the shirt navy blue", (0, 0, 128)),
        ("make the shirt dark green", (0, 100, 0)),
        ("change the colour of the shirt to blonde", (217, 185, 110)),
    ],
)
def test_colours_are_read_by_name_and_number(prompt: str, colour: tuple[int, int, int]) -> None:
    """CSS names, common names, hex and rgb()."""
    assert only(prompt, mask=True) == Recolour(colour=colour)


def test_quoted_text_is_never_an_instruction() -> None:
    """What stands in quotes is written, whatever it says."""
    instruction = parse('add the text "remove the background and rotate 90" at the top', mask=False)
    assert instruction.labels == ("text",)


def test_a_tone_said_after_a_place_acts_in_the_same_place() -> None:
    """`make the background darker and warmer` warms the background only."""
    first, second = parse("make the background darker and warmer", mask=False).steps
    assert first.area is second.area is Area.BACKGROUND


def test_after_the_background_is_gone_the_rest_means_the_image() -> None:
    """Nothing is left to warm where the background was."""
    _, second = parse("remove the background, warmer", mask=False).steps
    assert second.area is Area.MARKED


@pytest.mark.parametrize("prompt", ["fill in the hole", "inpaint", "remove the person", "fill the masked area"])
def test_own_transparency_serves_as_the_area_to_fill(prompt: str) -> None:
    """An image with transparent pixels needs no mask for filling, and says that it reads them."""
    assert parse(prompt, mask=False, clear=True).reads_image_alpha
    assert refusal(prompt).code is Code.MASK_REQUIRED


def test_own_transparency_is_no_mask_for_anything_else() -> None:
    """Blurring a face needs a mask even where the image has transparent pixels, and a crop never reads them."""
    assert refusal("blur the face", clear=True).code is Code.MASK_REQUIRED
    assert not parse("crop to a square", mask=False, clear=True).reads_image_alpha


@pytest.mark.parametrize("prompt", ["outpaint", "uncrop", "Outpaint the image.", "outpainting", "warmer and uncrop"])
def test_a_plain_outpaint_fills_the_pictures_own_transparency(prompt: str) -> None:
    """Where there is some, or a mask; an opaque picture grows on all sides."""
    assert parse(prompt, mask=True).steps[-1] == FillTransparent()
    instruction = parse(prompt, mask=False, clear=True)
    assert instruction.steps[-1] == FillTransparent()
    assert instruction.reads_image_alpha
    assert not instruction.reshapes
    assert isinstance(parse(prompt, mask=False).steps[-1], Extend)


@pytest.mark.parametrize("prompt", ["outpaint the left side", "uncrop by 10%", "extend the image", "zoom out"])
def test_an_extension_that_is_more_than_the_word_enlarges_a_picture_with_transparency_too(prompt: str) -> None:
    """A cut-out on a transparent ground can be given more room."""
    (step,) = parse(prompt, mask=False, clear=True).steps
    assert isinstance(step, Extend)


def test_a_plain_outpaint_of_transparency_beside_a_change_of_shape_is_refused() -> None:
    """Which of the two meanings is wanted has to be said."""
    error = refusal("outpaint and crop to a square", clear=True)
    assert error.code is Code.PROMPT_NOT_SUPPORTED
    assert "fill in the transparent areas" in error.message
    said = parse("fill in the transparent areas and crop to a square", mask=False, clear=True)
    assert not said.reads_image_alpha


@pytest.mark.parametrize(
    ("prompt", "facts"),
    [
        ("black and white", ""),
        ("crop to a square", "reshapes"),
        ("flip it", "reshapes"),
        ("rotate 90 degrees", "reshapes"),
        ("add film grain", "varied"),
        ("denoise", "slow"),
        ("oil painting", "slow"),
        ("watercolor", "slow"),
        ("upscale 2x", "reshapes notes"),
        ("extend the image", "reshapes varied slow notes"),
        ("fill the transparent areas", "reads_image_alpha varied slow"),
    ],
)
def test_an_instruction_says_what_the_engine_must_know(prompt: str, facts: str) -> None:
    """Before anything is charged: shape, seed, previews, and what the caller should be told."""
    instruction: Instruction = parse(prompt, mask=False)
    names = ("reads_image_alpha", "reshapes", "varied", "slow", "notes")
    assert " ".join(name for name in names if getattr(instruction, name)) == facts


def test_a_refusal_names_every_word_that_was_not_understood() -> None:
    """The understood half is not named, and not performed."""
    error = refusal("make it brighter and add a purple dragon")
    assert error.extras["not_understood"] == ["add", "purple", "dragon"]
    assert "'dragon'" in error.message


def test_a_condition_is_refused_as_a_condition() -> None:
    """`but` and its like cannot be kept, and the answer says so."""
    assert "condition" in refusal("blur everything except the face").message


@pytest.mark.parametrize(
    "prompt",
    [
        "enlève l'arrière-plan", "enleve l'arriere-plan", "rends l'image plus chaude", "noir et blanc",
        "recadre en carré", "mach das bild heller", "mach es wärmer", "schwarzweiß", "mehr Kontrast",
        "entferne die Person",
        "quita el fondo de la foto", "hazlo más cálido", "blanco y negro", "elimina a la persona",
        "rendi l'immagine più calda", "più contrasto", "deixe a imagem mais quente", "maak de foto warmer",
        "gör bilden varmare", "zrób to cieplejsze", "背景を削除", "сделай ярче", "اجعلها أدفأ",
    ],
)  # fmt: skip
def test_another_language_is_named_as_the_reason(prompt: str) -> None:
    """The caller learns that English would work, accents typed or not."""
    for mask in (False, True):
        assert "English only" in refusal(prompt, mask=mask).message


@pytest.mark.parametrize(
    "prompt",
    [
        "make it look like El Greco", "in the style of Van Gogh", "put him in Los Angeles", "a la carte menu",
        "add a crème brûlée", "film noir look", "put the man in front of the Arc de Triomphe", "add his fiancée",
        "pour water over him", "make it rouge", "die hard poster", "add a persona", "as per the brief", "add Herr Weiß",
    ],
)  # fmt: skip
def test_foreign_names_in_english_do_not_make_another_language(prompt: str) -> None:
    """What is refused for another reason says that reason."""
    assert "English only" not in refusal(prompt).message


@pytest.mark.parametrize("prompt", ["remove the piñata", "make the café brighter", "turn the façade blue"])
def test_accents_are_no_obstacle(prompt: str) -> None:
    """English borrows words with their accents."""
    assert parse(prompt, mask=True).steps


@pytest.mark.parametrize(
    ("prompt", "frame"),
    [
        ("add a 20 px black border", Frame(colour=(0, 0, 0), pixels=20)),
        ("add a black 20px border", Frame(colour=(0, 0, 0), pixels=20)),
        ("add a black border of 20 pixels", Frame(colour=(0, 0, 0), pixels=20)),
        ("add a black border, 20 px wide", Frame(colour=(0, 0, 0), pixels=20)),
        ("add a border with a width of 20 px around the image", Frame(colour=(255, 255, 255), pixels=20)),
        ("give it a 3% white border", Frame(colour=(255, 255, 255), share=0.03)),
        ("put a thick frame in light gray around it", Frame(colour=(211, 211, 211), share=0.1)),
        ("border the image in black", Frame(colour=(0, 0, 0))),
    ],
)
def test_a_border_is_as_wide_and_of_the_colour_that_is_said(prompt: str, frame: Frame) -> None:
    """In whatever order; what is said twice is refused."""
    assert only(prompt) == frame


@pytest.mark.parametrize("prompt", ["add a white black border", "add a thick 20 px border", "add a 60% border"])
def test_a_border_that_is_said_twice_or_too_wide_is_refused(prompt: str) -> None:
    assert refusal(prompt).code is Code.PROMPT_NOT_SUPPORTED


def test_what_needs_a_mask_is_named_without_its_article() -> None:
    """The words that a client can point at."""
    assert refusal("turn the shirt blue").extras["not_understood"] == ["shirt"]
    assert refusal("remove the man on the left").extras["not_understood"] == ["man", "on", "left"]


def test_what_cannot_be_done_comes_before_a_missing_mask() -> None:
    """Nobody is sent to paint a mask for a prompt that is refused afterwards."""
    assert refusal("remove the man and add a dog").code is Code.PROMPT_NOT_SUPPORTED


@pytest.mark.parametrize("family", EXAMPLES)
def test_every_example_works(family: str) -> None:
    """What refusals and documentation offer is accepted."""
    for example in EXAMPLES[family]:
        prompt = example.removeprefix("(mask) ")
        assert parse(prompt, mask=prompt != example).steps


def test_every_offered_prompt_works() -> None:
    """What a refusal offers is accepted."""
    for offer in can_do():
        prompt = offer.removeprefix("with a mask: ").removeprefix("with several images: ")
        assert parse(prompt, mask=offer.startswith("with a mask")).steps


@pytest.mark.parametrize(
    "part",
    ["a", "the cat ", "and ", "make it ", "remove the man and the ", "brighter dog ", "'", '"', "'a ", "1 ",
     "dark light ",
     "extend to the left and right and top ", "WRITE A B C ",
     "a bit ", "\x01", "((((", "é", "🙂", "\u202e"],
)  # fmt: skip
@pytest.mark.parametrize("length", [580, 4_700, 32_000])
def test_long_text_is_refused_in_bounded_time(part: str, length: int) -> None:
    """Repetition does not blow the patterns up: the test would not end if it did."""
    prompt = (part * (length // len(part) + 1))[:length]
    assert refusal(prompt, mask=True).code is Code.PROMPT_NOT_SUPPORTED


def test_a_placeholder_in_the_prompt_quotes_nothing() -> None:
    """The character that stands for quoted text inside cannot be sent from outside."""
    assert refusal("add the text \x010 at the top").code is Code.PROMPT_NOT_SUPPORTED


def test_patterns_are_compiled_when_they_are_first_needed() -> None:
    """Loading the grammar costs next to nothing; `warm` has all of it ready for the first prompt."""
    fresh = pattern("sepia", always())
    assert "expression" not in vars(fresh)
    assert fresh.expression.match("sepia")
    assert "expression" in vars(fresh)
    warm()
    assert all("expression" in vars(entry) for entry in PATTERNS)


def test_no_piece_of_a_pattern_repeats_without_bound() -> None:
    """Bounded repetition is what bounds the time: no star or plus over a group."""
    for name in ("IMAGE", "MARKED", "OBJECT", "TARGET", "DEGREE", "SKIP"):
        assert not re.search(r"\)[+*](?!\?)", getattr(words, name).replace("\\)", "")), name
