"""What an edit's answer looks like: headers, the JSON body, and the events of a stream.

Field names and types are those of the OpenAI SDK (openai 3.52.0, types/images_response.py,
image_edit_partial_image_event.py, image_edit_completed_event.py); what Retouch adds is extra.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import orjson
import pybase64

from retouch.domain.engine import MaskKind, Usage
from retouch.editing import Completed, Edit, EditEvent, FinalImage, PartialImage
from retouch.finishing import Finished
from retouch.wire.sse import event

Link = Callable[[str], str]


def answer_headers(edit: Edit, *, joined: bool) -> dict[str, str]:
    """The `retouch-*` headers of design.md, Names that stay stable; complete once the edit has ended."""
    plans = edit.served_by
    headers = {
        "retouch-edit-id": edit.id,
        "retouch-model": edit.asked_model,
        "retouch-engine": _listed(plan.route.engine for plan in plans),
        "retouch-emulated": _listed(name for plan in plans for name in plan.emulated),
        "retouch-ignored-hints": _listed(name for plan in plans for name in plan.ignored_hints),
        "retouch-mask": "" if edit.mask is MaskKind.NONE else edit.mask.value,
        "retouch-joined": "true" if joined else "",
    }
    return {name: value for name, value in headers.items() if value}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


async def json_answer(edit: Edit, events: AsyncIterator[EditEvent], link: Link) -> bytes:
    """The body of a synchronous answer, once every image is there."""
    images: dict[int, FinalImage] = {}
    usage = Usage()
    async for said in events:
        if isinstance(said, FinalImage):
            images[said.index] = said
        elif isinstance(said, Completed):
            usage = said.usage
    ordered = [images[index] for index in sorted(images)]
    head = {"created": edit.created, **_facts(edit, ordered[0].image), "usage": _usage(usage)}
    if edit.plan.offer.notes:
        head["notes"] = list(edit.plan.offer.notes)
    data = b",".join(_datum(edit, image, link) for image in ordered)
    return b"".join((orjson.dumps(head)[:-1], b',"data":[', data, b"]}"))


async def stream_answer(edit: Edit, events: AsyncIterator[EditEvent], link: Link) -> AsyncIterator[bytes]:
    """The events of a stream: partial images as they come, one completed event per image, usage on the last."""
    last: FinalImage | None = None
    async for said in events:
        if isinstance(said, PartialImage):
            yield _partial(edit, said)
        elif isinstance(said, FinalImage):
            if last:
                yield _completed(edit, last, link, None)
            last = said
        elif last:
            yield _completed(edit, last, link, said.usage)


def _facts(edit: Edit, image: Finished) -> dict[str, Any]:
    """What was resolved: never `auto`."""
    return {
        "size": str(image.size),
        "quality": edit.plan.tier.value,
        "background": image.background,
        "output_format": image.format.value,
    }


def _datum(edit: Edit, image: FinalImage, link: Link) -> bytes:
    head: dict[str, str] = {}
    if image.key:
        head["url"] = link(image.key)
    if image.revised_prompt:
        head["revised_prompt"] = image.revised_prompt
    if edit.plan.delivery == "url":
        return orjson.dumps(head)
    # Spliced, not dumped: base64 needs no escaping, and a picture must not be copied through a JSON encoder.
    rest = orjson.dumps(head)[1:]
    comma = b"," if head else b""
    return b"".join((b'{"b64_json":"', pybase64.b64encode(image.image.data), b'"', comma, rest))


def _partial(edit: Edit, said: PartialImage) -> bytes:
    name = "image_edit.partial_image"
    head = {
        "type": name,
        "created_at": edit.created,
        "partial_image_index": said.step,
        "image_index": said.index,
        **_facts(edit, said.image),
    }
    return event(name, head, pybase64.b64encode(said.image.data))


def _completed(edit: Edit, said: FinalImage, link: Link, usage: Usage | None) -> bytes:
    name = "image_edit.completed"
    head = {"type": name, "created_at": edit.created, "image_index": said.index, **_facts(edit, said.image)}
    head["usage"] = _usage(usage or Usage())
    if said.key:
        head["url"] = link(said.key)
    if said.revised_prompt:
        head["revised_prompt"] = said.revised_prompt
    if edit.plan.offer.notes:
        head["notes"] = list(edit.plan.offer.notes)
    # The SDK's event type requires b64_json, so a stream carries it whatever else was asked for.
    return event(name, head, pybase64.b64encode(said.image.data))


def _usage(usage: Usage) -> dict[str, Any]:
    """OpenAI's counts (types/images_response.py); an engine that counts no tokens has zeros."""
    tokens_in, tokens_out = usage.input_text + usage.input_image, usage.output_text + usage.output_image
    return {
        "total_tokens": tokens_in + tokens_out,
        "input_tokens": tokens_in,
        "input_tokens_details": {"text_tokens": usage.input_text, "image_tokens": usage.input_image},
        "output_tokens": tokens_out,
        "output_tokens_details": {"text_tokens": usage.output_text, "image_tokens": usage.output_image},
    }
