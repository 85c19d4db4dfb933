"""The one protocol that every engine speaks: say what you would do for a wish, then do it.

`offer` is pure and is asked before anything is charged: it refuses (RetouchError) what the engine cannot do, and
otherwise says what the engine does by itself. Planning bridges the rest (count, size, mask, format), so an engine
never emulates. `run` performs one call and yields what it makes as it makes it.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from retouch.domain.edit import Background, Tier
from retouch.domain.picture import Format, Picture, Size


class MaskKind(StrEnum):
    """How the area to edit was read (the answer's `retouch-mask` header); NONE is the whole image."""

    ALPHA = "alpha"
    LUMA = "luma"
    IMAGE_ALPHA = "image-alpha"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The facts an engine may consider before it is called.

    `coverage` is the share of the first image to edit, 0 to 1; `clear` the share of its own fully transparent
    pixels. `model` is the engine's own name for the model.
    """

    model: str
    prompt: str
    images: tuple[Size, ...]
    mask: MaskKind = MaskKind.NONE
    coverage: float = 1.0
    clear: float = 0.0
    negative_prompt: str | None = None
    background: Background = Background.AUTO
    partial_images: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What an engine does natively for a wish.

    images_per_call: at most so many images from one call.
    sizes: the sizes it can draw; None is any size.
    fits: where its sizes follow a rule instead of a list, the native size that serves a wanted one best (pure).
    keeps_size: the answer has the size of the first image sent unless another was asked for.
    reshapes: the edit itself changes the size (a crop, a rotation, an extension): it wants the uncut source.
    mask: it reads the mask. Finishing keeps the pixels outside it all the same.
    reads_image_alpha: the image's own transparency is this edit's mask where the model's contract allows it.
    varied: a different seed gives a different image; otherwise one image serves for all n.
    partials: how many partial images it can give.
    formats: what it can encode; empty when it hands over raw pixels.
    hints: the hints (domain.edit.HINTS) that change what it does.
    detached: once started it is not stopped when the client leaves (the provider charges for it).
    input_formats: what it can read; a source of another format is sent as PNG. `pam` is raw pixels.
    longest_prompt: characters of the prompt as it is sent, our own sentences included; None where no limit is known.
    notes: sentences for the caller, such as that enlarging adds no detail.
    """

    images_per_call: int = 1
    sizes: tuple[Size, ...] | None = None
    fits: Callable[[Size], Size] | None = None
    keeps_size: bool = True
    reshapes: bool = False
    mask: bool = False
    reads_image_alpha: bool = True
    varied: bool = True
    seed: bool = False
    negative_prompt: bool = False
    transparent: bool = False
    partials: int = 0
    max_images: int = 1
    formats: frozenset[Format] = frozenset()
    input_formats: frozenset[str] = frozenset({"png"})
    hints: frozenset[str] = frozenset()
    detached: bool = False
    longest_prompt: int | None = None
    notes: tuple[str, ...] = ()


#: What finds a call again in a provider's queue: the engine's own words.
Job = Mapping[str, str]
Submitted = Callable[[Job], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCall:
    """One call: everything an engine needs, already checked and cut to what it offered.

    `mask` is one grey channel of the first image's size, 255 = edit, 0 = keep, in between in proportion.
    `seeds` has one entry per image wanted. `deadline` is on the clock of `time.monotonic`. `withdrawn` is set once
    nobody waits for the images any more: an engine whose provider confirms a cancellation without charge then asks
    for it, and raises if it is confirmed; every other engine goes on.

    `submitted` is awaited with what finds the call again at its provider, before it is first asked about, by an engine
    whose provider has a queue. Such a call is not cancelled when its iterator is closed: it is resumed elsewhere, by
    the same call with its `job`, and nothing is submitted then.
    """

    model: str
    prompt: str
    images: tuple[Picture, ...]
    seeds: tuple[int, ...]
    deadline: float
    mask: Picture | None = None
    size: Size | None = None
    quality: Tier | None = None
    background: Background = Background.AUTO
    output_format: Format = Format.PNG
    output_compression: int = 100
    input_fidelity: str | None = None
    negative_prompt: str | None = None
    partial_images: int = 0
    user: str | None = None
    withdrawn: asyncio.Event | None = field(default=None, compare=False, repr=False)
    submitted: Submitted | None = field(default=None, compare=False, repr=False)
    job: Job | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Partial:
    """A preview of image `index` of this call; `step` counts from 0."""

    index: int
    step: int
    picture: Picture


@dataclass(frozen=True, slots=True)
class Made:
    """Image `index` of this call, finished by the engine."""

    index: int
    picture: Picture
    revised_prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as OpenAI counts them; an engine that uses none says nothing."""

    input_text: int = 0
    input_image: int = 0
    output_text: int = 0
    output_image: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_text + other.input_text,
            self.input_image + other.input_image,
            self.output_text + other.output_text,
            self.output_image + other.output_image,
        )


EngineEvent = Partial | Made | Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What a provider answered to a question that costs nothing, in words for the operator.

    `advice` says what to do where it is not `ok`. `date` is the provider's clock, in Unix seconds, where it told it;
    `models` the names that it listed.
    """

    ok: bool
    found: str
    advice: str = ""
    date: float | None = None
    models: frozenset[str] = frozenset()


@runtime_checkable
class Reachable(Protocol):
    """What an engine may have beside the protocol below, so that `retouch doctor` can ask its provider."""

    async def reach(self, deadline: float) -> Reached:
        """Whether the provider answers and takes the key, by a request that it never charges for.

        `deadline` is on the clock of `time.monotonic`. Raises nothing.
        """
        ...


class Engine(Protocol):
    """An adapter that performs edits somewhere."""

    @property
    def name(self) -> str:
        """What routes call it."""
        ...

    def missing(self) -> str | None:
        """What this engine lacks to work, as a sentence for the operator (which variable to set), or None."""
        ...

    def offer(self, wish: Wish) -> Offer:
        """Say what would be done natively for this wish.

        Pure and quick. Raises RetouchError (PROMPT_NOT_SUPPORTED, MASK_REQUIRED, INVALID_IMAGE ...) for what
        this engine cannot do.
        """
        ...

    def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
        """Perform the call, yielding partial images, images and usage as they come.

        Closing the iterator stops the work where the engine can stop it. Raises RetouchError.
        """
        ...

    async def close(self) -> None:
        """Let go of connections and processes."""
        ...
