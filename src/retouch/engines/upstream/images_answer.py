"""Answers in the shape of OpenAI's images API: a JSON body with `data`, or a stream of `image_edit` events."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from retouch.domain.engine import EngineEvent, Made, Partial, Usage
from retouch.domain.units import MB, in_words
from retouch.engines.upstream.answer import Answer
from retouch.engines.upstream.base64_text import Base64Text
from retouch.engines.upstream.events import Events
from retouch.engines.upstream.failures import cut_off, refused, unusable
from retouch.engines.upstream.lift import Lifted, Lifting
from retouch.engines.upstream.pictures import open_base64, open_preview
from retouch.engines.upstream.problem import read_problem

#: Bytes that one picture may have in an answer, as base64: 8.3 megapixels of noise as PNG are 44 MB of it.
IMAGE_BYTES = 64 * MB


@dataclass(frozen=True, slots=True)
class Answered:
    """One entry of `data`: base64 that is not decoded yet, or an address."""

    base64: Base64Text | None
    url: str | None
    revised_prompt: str | None


async def read_images(provider: str, answer: Answer, images: int) -> tuple[list[Answered], Usage | None]:
    """What a JSON answer of at most `images` holds: at least one, perhaps fewer than asked. Raises UpstreamFailure."""
    lifting = Lifting()
    await answer.each(lifting.add, images * IMAGE_BYTES)
    return images_in(provider, lifting)


def images_in(provider: str, body: Lifting) -> tuple[list[Answered], Usage | None]:
    """The images of a body that has arrived, and what they took. Raises UpstreamFailure."""
    found = _parsed(provider, body)
    entries = found.value.get("data")
    images = [image for entry in entries if (image := _image(entry, found))] if isinstance(entries, list) else []
    if not images:
        raise unusable(provider, "it holds no image")
    return images, _usage(found.value.get("usage"))


async def read_events(provider: str, answer: Answer, images: int) -> AsyncGenerator[EngineEvent, None]:
    """The partial images, images and usage of an event stream, as they arrive. Raises UpstreamFailure.

    The events of several images are told apart by `image_index`, which Retouch sends and OpenAI does not
    (openai 3.52.0, types/image_edit_completed_event.py): ask OpenAI for one image a stream. What belongs to none of
    the `images`, or to one that is finished, is left out.
    """
    events, told = Events(IMAGE_BYTES, Lifting), _Told(provider, images)
    while piece := await answer.next_piece():
        for data in _fed(provider, events, piece):
            for event in told.by(data):
                yield event
    for _, data in events.rest():
        with suppress(ValueError):  # the stream ended within it
            data.end()
            for event in told.by(data):
                yield event
    if not told.finished:
        raise cut_off(provider, "the stream ended without an image")


def _fed(provider: str, events: Events[Lifting], piece: bytes) -> Iterator[Lifting]:
    try:
        for _, data in events.feed(piece):
            yield data
    except ValueError:
        raise unusable(provider, f"an event is larger than {in_words(IMAGE_BYTES)}") from None


class _Told:
    """What events say, and which images they have finished."""

    def __init__(self, provider: str, images: int) -> None:
        self._provider = provider
        self._images = images
        self.finished: set[int] = set()

    def by(self, data: Lifting) -> Iterator[EngineEvent]:
        """What one event says; nothing, for the kinds that are not known."""
        found = _parsed(self._provider, data)
        kind, text = str(found.value.get("type")), found.text(found.value.get("b64_json"))
        index = _whole(found.value.get("image_index"), len(self.finished))
        if text is None or index >= self._images or index in self.finished:
            return
        if kind.endswith(".partial_image"):
            step = _whole(found.value.get("partial_image_index"))
            yield Partial(index, step, open_preview(self._provider, text))
        elif kind.endswith(".completed"):
            yield Made(index, open_base64(self._provider, text), _sentence(found.value.get("revised_prompt")))
            self.finished.add(index)
            if usage := _usage(found.value.get("usage")):
                yield usage


def _parsed(provider: str, body: Lifting) -> Lifted:
    try:
        found = body.end()
    except ValueError:
        raise unusable(provider, "it is no JSON") from None
    if not isinstance(found.value, dict):
        raise unusable(provider, "it is no JSON object")
    if found.value.get("error"):
        # Behind a status of success: the call was taken, and failed.
        raise refused(provider, read_problem(500, {}, orjson.dumps(found.value)))
    return found


def _image(entry: object, found: Lifted) -> Answered | None:
    if not isinstance(entry, dict):
        return None
    text, url = found.text(entry.get("b64_json")), entry.get("url")
    address = url if isinstance(url, str) and url else None
    if not text and address is None:
        return None
    return Answered(text or None, address, _sentence(entry.get("revised_prompt")))


def _usage(found: Any) -> Usage | None:
    """OpenAI's counts (types/images_response.py); output without details is all image."""
    if not isinstance(found, dict):
        return None
    into, out = found.get("input_tokens_details"), found.get("output_tokens_details")
    into = into if isinstance(into, dict) else {"text_tokens": found.get("input_tokens")}
    out = out if isinstance(out, dict) else {"image_tokens": found.get("output_tokens")}
    return Usage(
        input_text=_whole(into.get("text_tokens")),
        input_image=_whole(into.get("image_tokens")),
        output_text=_whole(out.get("text_tokens")),
        output_image=_whole(out.get("image_tokens")),
    )


def _whole(value: object, default: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default


def _sentence(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
