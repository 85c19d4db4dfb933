"""An edit as the form that OpenAI's SDK would send for it (openai 3.52.0, resources/images.py)."""

import hashlib
from collections.abc import Iterator

from retouch.domain.edit import Background
from retouch.domain.engine import EngineCall
from retouch.domain.picture import Format
from retouch.engines.openai_images.families import Family
from retouch.engines.upstream import Body, Filed, alpha_mask, multipart

#: The SDK's word; the guide says 50 MB.
_LARGEST_MASK = 4_000_000
#: Characters of a safety identifier (npm @ai-sdk/openai 3.0.141).
_LONGEST_USER = 128


def edit_form(call: EngineCall, family: Family) -> Body:
    """The multipart body of POST /images/edits. Encodes the mask, some milliseconds: use a thread where there is one.

    The mask goes with the first image and has its size; moderation is not a parameter of edits; response_format is
    refused for GPT image models, which always answer base64.
    """
    field = "image" if len(call.images) == 1 else "image[]"
    files = [Filed.of(field, picture) for picture in call.images]
    if call.mask is not None:
        files.append(Filed.of("mask", alpha_mask(call.mask, limit=_LARGEST_MASK), "mask"))
    return multipart(_texts(call, family), files)


def _texts(call: EngineCall, family: Family) -> Iterator[tuple[str, str]]:
    yield "prompt", call.prompt
    yield "model", call.model
    if len(call.seeds) > 1:
        yield "n", str(len(call.seeds))
    # Always said, because the documents disagree on the default (auto, or 1024x1024).
    yield "size", str(family.size_for(call.size or call.images[0].size))
    if call.quality is not None:
        # Not the `auto` or `max` of some: the caller pays by tier, and so does the operator.
        yield "quality", call.quality.value
    if call.background in family.backgrounds:
        yield "background", call.background.value
    yield from _format(call, family)
    if call.input_fidelity is not None and family.input_fidelity:
        yield "input_fidelity", call.input_fidelity
    if call.user:
        yield "safety_identifier", _identifier(call.user)
    if call.partial_images:
        yield "stream", "true"
        yield "partial_images", str(call.partial_images)


def _format(call: EngineCall, family: Family) -> Iterator[tuple[str, str]]:
    transparent = call.background is Background.TRANSPARENT and Background.TRANSPARENT in family.backgrounds
    # JPEG holds no transparency, and asking for both is an error; finishing makes a JPEG of it.
    wanted = Format.PNG if transparent and call.output_format is Format.JPEG else call.output_format
    yield "output_format", wanted.value
    if wanted is not Format.PNG:
        yield "output_compression", str(call.output_compression)


def _identifier(user: str) -> str:
    return user if len(user) <= _LONGEST_USER else hashlib.sha256(user.encode()).hexdigest()
