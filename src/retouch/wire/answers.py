"""What an edit's answer looks like: headers, the JSON body, and the events of a stream.

Field names and types are those of the OpenAI SDK (openai 3.52.0, types/images_response.py,
image_edit_partial_image_event.py, image_edit_completed_event.py); what Retouch adds is extra.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pybase64

from retouch.admission.credits import decimal
from retouch.domain.engine import Usage
from retouch.domain.picture import Buffer
from retouch.editing import Answer, Completed, Facts, FinalImage, PartialImage
from retouch.finishing import Finished
from retouch.wire.problems import rate_headers
from retouch.wire.sse import Event, event

Link = Callable[[str], str]


def answer_headers(answer: Answer, facts: Facts) -> dict[str, str]:
    """The headers of design.md, Names that stay stable; complete with the facts of an edit that has ended."""
    headers = {
        "retouch-edit-id": facts.id,
        "retouch-model": facts.model,
        "retouch-engine": ", ".join(facts.engines),
        "retouch-credits-charged": str(decimal(facts.charged)),
        "retouch-emulated": ", ".join(facts.emulated),
        "retouch-ignored-hints": ", ".join(facts.ignored_hints),
        "retouch-mask": facts.mask,
        "retouch-joined": "true" if answer.joined else "",
        "idempotent-replayed": "true" if answer.replayed else "",
    }
    return {**{name: value for name, value in headers.items() if value}, **rate_headers(answer.rate)}


async def json_answer(answer: Answer, link: Link) -> tuple[list[Buffer], Facts]:
    """The body of a synchronous answer, once every image is there and paid for, and what its headers say.

    In pieces, to be sent one after the other: megabytes are not copied to make one of them.
    """
    images: dict[int, FinalImage] = {}
    facts = answer.facts
    async for said in answer.events(bytes_too=facts.delivery != "url"):
        if isinstance(said, FinalImage):
            images[said.index] = said
        elif isinstance(said, Completed):
            facts = said.facts
    ordered = [images[index] for index in sorted(images)]
    head = {"created": facts.created, **_resolved(facts, ordered[0].image), "usage": _usage(facts.usage)}
    if facts.notes:
        head["notes"] = facts.notes
    pieces: list[Buffer] = [orjson.dumps(head)[:-1] + b',"data":[']
    for image in ordered:
        pieces += [*_datum(facts, image, link), b","]
    return [*pieces[:-1], b"]}"], facts


async def stream_answer(answer: Answer, link: Link) -> AsyncIterator[Event]:
    """The events of a stream: partial images as they come, one completed event per image, usage on the last."""
    last: FinalImage | None = None
    async for said in answer.events(bytes_too=True):
        if isinstance(said, PartialImage):
            yield _partial(answer.facts, said)
        elif isinstance(said, FinalImage):
            if last:
                yield _completed(answer.facts, last, link, None)
            last = said
        elif last:
            yield _completed(said.facts, last, link, said.facts.usage)


def _resolved(facts: Facts, image: Finished) -> dict[str, Any]:
    """What was resolved: never `auto`."""
    return {
        "size": str(image.size),
        "quality": facts.quality,
        "background": image.background,
        "output_format": image.format.value,
    }


def _datum(facts: Facts, image: FinalImage, link: Link) -> list[Buffer]:
    head: dict[str, str] = {}
    if image.key and facts.delivery != "b64_json":
        head["url"] = link(image.key)
    if image.revised_prompt:
        head["revised_prompt"] = image.revised_prompt
    if facts.delivery == "url":
        return [orjson.dumps(head)]
    # Spliced, not dumped: base64 needs no escaping, and a picture must not be copied through a JSON encoder.
    comma = b'",' if head else b'"'
    return [b'{"b64_json":"', *_base64(image.image), comma + orjson.dumps(head)[1:]]


def _base64(image: Finished) -> tuple[Buffer, ...]:
    """The provider's own, where nothing had to change."""
    return (pybase64.b64encode(image.data),) if image.base64 is None else image.base64


def _partial(facts: Facts, said: PartialImage) -> Event:
    name = "image_edit.partial_image"
    head = {
        "type": name,
        "created_at": facts.created,
        "partial_image_index": said.step,
        "image_index": said.index,
        **_resolved(facts, said.image),
    }
    return event(name, head, _base64(said.image))


def _completed(facts: Facts, said: FinalImage, link: Link, usage: Usage | None) -> Event:
    name = "image_edit.completed"
    head = {"type": name, "created_at": facts.created, "image_index": said.index, **_resolved(facts, said.image)}
    head["usage"] = _usage(usage or Usage())
    if said.key and facts.delivery != "b64_json":
        head["url"] = link(said.key)
    if said.revised_prompt:
        head["revised_prompt"] = said.revised_prompt
    if facts.notes:
        head["notes"] = facts.notes
    # The SDK's event type requires b64_json, so a stream carries it whatever else was asked for.
    return event(name, head, _base64(said.image))


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
