"""Edits through the official OpenAI SDK, as tests ask for them."""

from typing import Any

import numpy as np
import openai
from openai.types import ImagesResponse

from support.images import Array, decoded, encoded, photo

PHOTO = encoded(photo())
#: Of the picture: what `images.mask` marks.
BOX = (slice(20, 44), slice(30, 60))
#: Where the mask keeps the picture as it is.
KEPT = np.ones((64, 96), bool)
KEPT[BOX] = False


def edit(client: openai.OpenAI, **given: Any) -> ImagesResponse:
    """An edit, by default of the built-in editor."""
    fields = {"model": "retouch-classic", "image": PHOTO, "prompt": "make it black and white", **given}
    answer = client.images.edit(**fields)
    assert isinstance(answer, ImagesResponse)
    return answer


def first(answer: ImagesResponse) -> Array:
    """The pixels of its first image."""
    assert answer.data
    assert answer.data[0].b64_json
    return decoded(answer.data[0].b64_json)
