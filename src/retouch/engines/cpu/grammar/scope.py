"""Where each wish acts, and whether that can be done with what the caller marked.

A mask marks one thing, and nothing outside it changes: a prompt that names two things, or that wants the whole image
changed besides a marked thing, cannot be kept and is refused.
"""

from dataclasses import replace

from retouch.engines.cpu.grammar.answers import mask_required, refusal
from retouch.engines.cpu.grammar.pattern import Wish
from retouch.engines.cpu.grammar.things import THE_IMAGE, Kind, Target
from retouch.engines.cpu.joins import Join, Overlay
from retouch.engines.cpu.steps import (
    Area,
    BackgroundBlur,
    BackgroundColour,
    BackgroundRemove,
    Extend,
    FillTransparent,
    Remove,
    Step,
    Text,
)

#: After these nothing is left of what they acted on, so that what follows means the image.
_FINAL = (BackgroundRemove, BackgroundColour, BackgroundBlur, Remove, Text)
_WHOLE_CANVAS = Extend(left=0.15, right=0.15, top=0.15, bottom=0.15)
_WHOLE_CANVASES = (_WHOLE_CANVAS, replace(_WHOLE_CANVAS, plain=True))
_AREAS = {Kind.BACKGROUND: Area.BACKGROUND, Kind.SUBJECT: Area.SUBJECT}


def settle(wishes: list[Wish], *, mask: bool, clear: bool) -> tuple[Step, ...]:
    """The steps of these wishes with their areas.

    Raises PROMPT_NOT_SUPPORTED where one mask cannot serve, MASK_REQUIRED where one is needed.
    """
    placed = _placed(wishes)
    _check_joins([step for step, _ in placed])
    if mask:
        return _in_mask(placed)
    if clear:
        placed = _into_own_holes(placed)
    for step, where in placed:
        if (where.kind in {Kind.OBJECT, Kind.MARKED} or step.local) and not (clear and isinstance(step, Remove)):
            raise mask_required(where.name)
    return tuple(replace(step, area=_AREAS.get(where.kind, step.area)) for step, where in placed)


def _check_joins(steps: list[Step]) -> None:
    """What is said before pictures are put beside each other is done to each of them; more is not clear."""
    joins = [step for step in steps if isinstance(step, Join)]
    if len(joins) > 1:
        raise refusal("Pictures can be put together once: send the second time as an edit of its own.", [])
    if joins and isinstance(joins[0], Overlay) and steps[0] is not joins[0]:
        raise refusal("Say first to put the second image on the first, then what to do with the result.", [])


def _placed(wishes: list[Wish]) -> list[tuple[Step, Target]]:
    """Every step with what it acts on, `it` and silence resolved by what was said before."""
    placed: list[tuple[Step, Target]] = []
    before = THE_IMAGE
    for wish in wishes:
        where = wish.target or before
        if where.kind is Kind.PRONOUN and before.kind is Kind.OBJECT:
            where = before
        elif where.kind is Kind.PRONOUN and placed and isinstance(placed[-1][0], _FINAL):
            where = THE_IMAGE
        placed += [(step, where) for step in wish.steps]
        before = THE_IMAGE if isinstance(wish.steps[-1], _FINAL) else where
    return placed


def _into_own_holes(placed: list[tuple[Step, Target]]) -> list[tuple[Step, Target]]:
    """The same, a plain `outpaint` meaning the picture's own transparent area.

    Raises PROMPT_NOT_SUPPORTED beside a change of shape: that edit reads no area, so the two would not be one edit.
    """
    if not any(isinstance(step, Extend) and step.plain for step, _ in placed):
        return placed
    steps = [(FillTransparent() if isinstance(step, Extend) and step.plain else step, where) for step, where in placed]
    if any(step.reshapes for step, _ in steps):
        raise refusal(
            "The image has transparent parts: say `fill in the transparent areas`, or how far to extend which side.",
            ["outpaint"],
        )
    return steps


def _in_mask(placed: list[tuple[Step, Target]]) -> tuple[Step, ...]:
    places: set[str] = set()
    steps: list[Step] = []
    for said, where in placed:
        # On a canvas with a marked margin, `outpaint` means that margin: the way OpenAI's clients ask for it.
        step = FillTransparent() if said in _WHOLE_CANVASES else said
        if step.reshapes:
            raise refusal("A mask cannot limit a change of shape: send that edit without a mask.", [step.label])
        if where.kind is Kind.OBJECT:
            places.add(where.name)
        elif where.kind in _AREAS or (where.kind is Kind.IMAGE and not isinstance(step, Text | Remove)):
            places.add(where.kind.name.lower())
        steps.append(replace(step, area=Area.MARKED))
    if len(places) > 1:
        words = sorted({word for place in places for word in place.split()})
        raise refusal("One mask marks one thing: send the other change as an edit of its own.", words)
    return tuple(steps)
