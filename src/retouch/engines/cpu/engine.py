"""The built-in editor as an engine: a prompt grammar in front, image operations in worker processes behind."""

import threading
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from retouch.domain.edit import Background
from retouch.domain.engine import EngineCall, EngineEvent, Made, MaskKind, Offer, Partial, Wish
from retouch.domain.errors import Code, RetouchError, invalid
from retouch.domain.picture import RAW, Buffer, Picture
from retouch.engines.cpu.grammar import EXAMPLES, Instruction, parse, warm
from retouch.engines.cpu.pool import Pool
from retouch.engines.cpu.steps import BackgroundRemove
from retouch.pixels import from_raw, is_opaque, load, to_raw

if TYPE_CHECKING:
    from retouch.engines.cpu.operations.canvas import Source

#: Longest edge, pixels, at which the previews of a slow edit are made, coarse to fine.
PREVIEWS = (256, 384, 512)

#: Made here and not from words: a worker process never compiles the grammar.
_REMOVE_BACKGROUND = Instruction((BackgroundRemove(),))


class CpuEngine:
    """`retouch-classic`: no key, no GPU, no network."""

    name = "cpu"

    def __init__(self, workers: int, time_limit: float) -> None:
        self._pool = Pool(workers, time_limit)

    def warm(self) -> None:
        """Start the worker processes, and have the grammar ready, ahead of the first edit; returns at once."""
        self._pool.warm()
        threading.Thread(target=warm, name="retouch-grammar", daemon=True).start()

    def missing(self) -> str | None:
        """Nothing: it comes with Retouch."""
        return None

    def offer(self, wish: Wish) -> Offer:
        """Read the prompt, and say what kind of edit it is.

        Raises PROMPT_NOT_SUPPORTED naming the words that were not understood, MASK_REQUIRED, and INVALID_REQUEST for
        another number of images than the prompt takes.
        """
        marked = wish.mask in {MaskKind.ALPHA, MaskKind.LUMA}
        instruction = parse(wish.prompt, mask=marked, clear=wish.mask is MaskKind.IMAGE_ALPHA)
        _check_count(instruction, len(wish.images))
        return Offer(
            reshapes=instruction.reshapes,
            mask=True,
            reads_image_alpha=instruction.reads_image_alpha,
            varied=instruction.varied,
            seed=True,
            transparent=True,
            partials=len(PREVIEWS) if instruction.slow else 0,
            max_images=instruction.takes[1],
            # Of many images each is decoded only when a worker comes to it.
            input_formats=frozenset({RAW} if len(wish.images) == 1 else {"png", "jpeg", "webp"}),
            notes=instruction.notes_on([(size.width, size.height) for size in wish.images]),
        )

    async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
        """Previews where the edit is slow enough to want them, then the image, for each seed."""
        steps = _spread(call.partial_images)
        mask = None if call.mask is None else call.mask.data
        task = _Task(
            images=tuple(replace(picture, data=bytes(picture.data), base64=None) for picture in call.images),
            mask=mask,
            # Transparent pixels that serve as the area come as a mask: `offer` said so.
            instruction=parse(call.prompt, mask=mask is not None),
            clear=call.background is Background.TRANSPARENT,
        )
        for index, seed in enumerate(call.seeds):
            for step, longest in enumerate(steps):
                yield Partial(index, step, await self._perform(call, replace(task, seed=seed, longest=longest)))
            yield Made(index, await self._perform(call, replace(task, seed=seed)))

    async def _perform(self, call: EngineCall, task: "_Task") -> Picture:
        return await self._pool.call(_edit, task, seconds=call.deadline - time.monotonic())

    async def cut_out(self, picture: Picture, seconds: float) -> Picture | None:
        """A picture, raw or encoded, without its plain backdrop; None where the backdrop is not plain enough.

        Raises INVALID_IMAGE for one that cannot be decoded, UPSTREAM_TIMEOUT.
        """
        # A provider's base64 is of no use to a worker, and as a view of its answer it cannot be sent to one.
        return await self._pool.call(_cut_out, replace(picture, base64=None), seconds=seconds)

    async def close(self) -> None:
        """Stop the worker processes."""
        await self._pool.close()


def _check_count(instruction: Instruction, count: int) -> None:
    least, most = instruction.takes
    if most == 1 < count:
        raise invalid(
            "image",
            f"This edit on retouch-classic takes one image; {count} were sent. Several are taken by "
            + ", ".join(repr(prompt) for prompt in EXAMPLES["several images"]),
        )
    if not least <= count <= most:
        takes = f"{least}" if least == most else f"{least} to {most}"
        sent = "1 was" if count == 1 else f"{count} were"
        raise invalid("image", f"This edit on retouch-classic takes {takes} images; {sent} sent")


def _spread(partials: int) -> tuple[int, ...]:
    """So many previews, always ending with the finest."""
    return PREVIEWS[len(PREVIEWS) - partials :]


@dataclass(frozen=True, slots=True)
class _Task:
    """What a worker is sent: pictures, raw if it is one alone, what to do, and whether transparency was asked for."""

    images: tuple[Picture, ...]
    mask: Buffer | None
    instruction: Instruction
    clear: bool
    seed: int = 0
    longest: int | None = None


def _edit(task: _Task) -> Picture:
    """In a worker: the edit, and where transparency was asked for and the edit made none, without its backdrop."""
    from retouch.engines.cpu.perform import perform  # noqa: PLC0415 - only workers hold the editor in memory

    area = None if task.mask is None else from_raw(task.mask)
    first, *others = task.images
    edited = perform(
        load(first, param="image"),
        area,
        task.instruction,
        seed=task.seed,
        longest=task.longest,
        others=[_source(picture) for picture in others],
    )
    if task.clear and is_opaque(edited):
        edited = perform(edited, None, _REMOVE_BACKGROUND, seed=task.seed, longest=task.longest)
    return to_raw(edited)


def _source(picture: Picture) -> "Source":
    """In a worker: a further image, decoded when it is needed."""
    from retouch.engines.cpu.operations.canvas import Source  # noqa: PLC0415 - only workers hold the editor in memory

    return Source((picture.size.width, picture.size.height), lambda: load(picture, param="image"))


def _cut_out(picture: Picture) -> Picture | None:
    from retouch.engines.cpu.perform import perform  # noqa: PLC0415 - only workers hold the editor in memory

    try:
        return to_raw(perform(load(picture, param="image"), None, _REMOVE_BACKGROUND, seed=0))
    except RetouchError as refusal:
        if refusal.code is Code.MASK_REQUIRED:
            return None
        raise
