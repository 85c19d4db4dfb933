"""Every rule of the plan, as a row of a table."""

from typing import Any

import pytest

from retouch.domain.edit import Background, EditRequest, ImageInput, Tier
from retouch.domain.engine import MaskKind, Offer
from retouch.domain.errors import Code, RetouchError
from retouch.domain.model import Model, Route
from retouch.domain.picture import Format, Size
from retouch.routing.plan import BACKDROP, Plan, make_plan

SOURCE = Size(1200, 800)
NATIVE = (Size(1024, 1024), Size(1536, 1024), Size(1024, 1536))
TIERS = (Size(512, 512), Size(1264, 848), Size(632, 424))


def request(**fields: Any) -> EditRequest:
    given = {"prompt": "p", "images": (ImageInput("image", b"x"),), **fields}
    return EditRequest(**given, sent=frozenset(given))


def plan(
    asked: EditRequest, offer: Offer | None = None, model: Model | None = None, mask: MaskKind = MaskKind.NONE
) -> Plan:
    model = model or Model(id="m", owned_by="o", summary="s")
    return make_plan(asked, model, Route("e", "r"), offer or Offer(), source=SOURCE, mask=mask, seed=7)


@pytest.mark.parametrize(
    ("size", "offer", "default", "expected"),
    [
        # asked, what the engine draws, the contract's default -> (answer, frame, asked of the engine)
        (None, Offer(), None, (SOURCE, None, None)),
        ("auto", Offer(), None, (SOURCE, None, None)),
        ("auto", Offer(reshapes=True), None, (None, None, None)),
        (None, Offer(), Size(1024, 1024), (Size(1024, 1024),) * 3),
        (Size(300, 200), Offer(), None, (Size(300, 200),) * 3),
        (Size(300, 200), Offer(reshapes=True), None, (Size(300, 200), None, None)),
        (None, Offer(sizes=NATIVE), None, (Size(1536, 1024),) * 3),
        (Size(1024, 1024), Offer(sizes=NATIVE), None, (Size(1024, 1024),) * 3),
        (Size(999, 500), Offer(sizes=NATIVE), None, (Size(999, 500), Size(999, 500), Size(1536, 1024))),
        # one shape in several tiers: the smallest that covers, else the largest; the shape counts first
        (None, Offer(sizes=TIERS), None, (Size(1264, 848),) * 3),
        (Size(600, 400), Offer(sizes=TIERS), None, (Size(600, 400), Size(600, 400), Size(632, 424))),
        (Size(640, 427), Offer(sizes=TIERS), None, (Size(640, 427), Size(640, 427), Size(1264, 848))),
        (Size(632, 425), Offer(sizes=TIERS), None, (Size(632, 425), Size(632, 425), Size(1264, 848))),
        (Size(3000, 2000), Offer(sizes=TIERS), None, (Size(3000, 2000), Size(3000, 2000), Size(1264, 848))),
        (Size(700, 700), Offer(sizes=TIERS), None, (Size(700, 700), Size(700, 700), Size(512, 512))),
    ],
)
def test_size(size: Any, offer: Offer, default: Size | None, expected: tuple[Size | None, ...]) -> None:
    """The answer's size is exact, and the engine is asked for the nearest size that it draws."""
    model = Model(id="m", owned_by="o", summary="s", default_size=default)
    made = plan(request(size=size), offer, model)
    assert (made.size, made.frame, made.ask) == expected
    assert ("size" in made.emulated) == (made.ask is not None and made.ask != made.size)


def test_count_fans_out_to_calls_with_their_own_seeds() -> None:
    """An engine that gives one image per call is called n times, each with its own seed."""
    made = plan(request(n=3, seed=40), Offer(seed=True))
    assert [made.seed(image) for image in range(made.images)] == [40, 41, 42]
    assert "n" in made.emulated


def test_count_is_one_call_where_the_engine_gives_several() -> None:
    assert "n" in plan(request(n=5), Offer(images_per_call=4)).emulated
    assert plan(request(n=4), Offer(images_per_call=4)).emulated == ()


def test_an_edit_without_freedom_is_made_once_and_given_n_times() -> None:
    made = plan(request(n=3), Offer(varied=False))
    assert (made.images, made.copies) == (1, 3)


@pytest.mark.parametrize(
    ("fields", "offer", "mask", "emulated"),
    [
        ({}, Offer(), MaskKind.ALPHA, ("mask",)),
        ({}, Offer(mask=True), MaskKind.ALPHA, ()),
        ({}, Offer(), MaskKind.NONE, ()),
        ({"background": Background.TRANSPARENT}, Offer(), MaskKind.NONE, ("background",)),
        ({"background": Background.TRANSPARENT}, Offer(transparent=True), MaskKind.NONE, ()),
    ],
)
def test_emulated(fields: dict[str, Any], offer: Offer, mask: MaskKind, emulated: tuple[str, ...]) -> None:
    """What the engine does not do by itself is named."""
    assert plan(request(**fields), offer, mask=mask).emulated == emulated


@pytest.mark.parametrize(
    ("fields", "offer", "ignored"),
    [
        ({"quality": "high"}, Offer(), ("quality",)),
        ({"quality": "high"}, Offer(hints=frozenset({"quality"})), ()),
        ({"quality": "auto", "input_fidelity": "low", "moderation": "auto"}, Offer(), ()),
        ({"input_fidelity": "high", "user": "u"}, Offer(), ("input_fidelity", "user")),
        ({}, Offer(), ()),
    ],
)
def test_ignored_hints(fields: dict[str, Any], offer: Offer, ignored: tuple[str, ...]) -> None:
    """A hint without effect is named; one that was not sent, or at its default, is not."""
    assert plan(request(**fields), offer).ignored_hints == ignored


@pytest.mark.parametrize("word", ["hd", "high", "xhigh", "max"])
def test_best_quality_words_mean_the_best_tier(word: str) -> None:
    assert plan(request(quality=word)).tier is Tier.HIGH


@pytest.mark.parametrize("name", ["seed", "negative_prompt"])
def test_a_parameter_that_the_route_cannot_honour_is_refused_by_name(name: str) -> None:
    """Nothing is dropped in silence."""
    value: Any = 1 if name == "seed" else "blur"
    with pytest.raises(RetouchError) as caught:
        plan(request(**{name: value}))
    assert (caught.value.code, caught.value.param) == (Code.UNSUPPORTED_PARAMETER, name)
    plan(request(**{name: value}), Offer(seed=True, negative_prompt=True))


def test_more_images_than_the_edit_uses_are_refused() -> None:
    with pytest.raises(RetouchError) as caught:
        plan(request(images=(ImageInput("image", b"x"),) * 2))
    assert caught.value.param == "image"


def test_delivery_is_the_callers_else_the_contracts() -> None:
    model = Model(id="m", owned_by="o", summary="s", delivery="url")
    assert plan(request(), model=model).delivery == "url"
    assert plan(request(response_format="b64_json"), model=model).delivery == "b64_json"


def test_format_defaults_to_png_without_loss() -> None:
    made = plan(request())
    assert (made.format, made.compression) == (Format.PNG, 100)


@pytest.mark.parametrize(
    ("length", "background", "longest", "room"),
    [
        (100, None, None, None),
        (100, None, 100, None),
        (101, None, 100, 100),
        (100, Background.TRANSPARENT, 300, None),
        (100, Background.TRANSPARENT, 100, 100 - len("\n" + BACKDROP)),
        (250, Background.TRANSPARENT, 300, 300 - len("\n" + BACKDROP)),
    ],
)
def test_a_prompt_that_the_provider_does_not_take_is_refused_before_it_is_charged(
    length: int, background: Background | None, longest: int | None, room: int | None
) -> None:
    """Also where our own sentence for a plain backdrop makes it too long; the message says how much room is left."""
    asked = request(prompt="x" * length, **({"background": background} if background else {}))
    offer = Offer(longest_prompt=longest)
    if room is None:
        made = plan(asked, offer)
        assert longest is None or len(made.prompt) <= longest
        return
    with pytest.raises(RetouchError) as caught:
        plan(asked, offer)
    assert (caught.value.code, caught.value.param) == (Code.INVALID_REQUEST, "prompt")
    assert f"may have {room} characters" in caught.value.message
    assert ("background=transparent" in caught.value.message) == (background is not None)


@pytest.mark.parametrize(("longest", "guided"), [(None, True), (16, True), (15, False), (10, False)])
def test_a_guide_that_does_not_fit_into_the_prompt_is_left_out(longest: int | None, guided: bool) -> None:
    """The area is kept all the same; the guide only helps the model to find it."""
    offer = Offer(max_images=2, longest_prompt=longest)
    model, route = Model(id="m", owned_by="o", summary="s"), Route("e", "r")
    asked = request(prompt="x" * 10)
    made = make_plan(asked, model, route, offer, source=SOURCE, mask=MaskKind.ALPHA, seed=7, guide="guide")
    assert made.mask_emulated
    assert made.guided == guided
