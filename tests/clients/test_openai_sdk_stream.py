"""Streams through the official OpenAI SDK, unmodified, against a real server."""

import numpy as np
import openai
import pytest

from support.images import decoded, encoded, mask, photo
from support.openai_edits import PHOTO


@pytest.mark.parametrize("partials", [0, 3])
def test_streaming(client: openai.OpenAI, partials: int) -> None:
    stream = client.images.edit(
        model="gpt-image-1", image=PHOTO, prompt="anything", stream=True, partial_images=partials
    )
    events = list(stream)
    kinds = [event.type for event in events]
    assert kinds == ["image_edit.partial_image"] * partials + ["image_edit.completed"]
    for number, event in enumerate(events):
        assert decoded(event.b64_json).shape == (1024, 1536, 3)
        assert (event.size, event.output_format, event.background) == ("1536x1024", "png", "opaque")
        if event.type == "image_edit.partial_image":
            assert event.partial_image_index == number
    last = events[-1]
    assert last.type == "image_edit.completed"
    assert last.usage.total_tokens == last.usage.input_tokens + last.usage.output_tokens > 0


def test_streaming_an_inpainting_of_the_built_in_editor_goes_from_coarse_to_fine(client: openai.OpenAI) -> None:
    """Its partial images are real, and keep the mask's promise too."""
    source = photo(640, 480)
    stream = client.images.edit(
        model="retouch-classic",
        image=encoded(source),
        mask=mask(640, 480, (200, 150, 420, 330)),
        prompt="remove the object",
        stream=True,
        partial_images=3,
    )
    images = [decoded(event.b64_json) for event in stream]
    assert len(images) == 4
    for image in images:
        assert image.shape[:2] == (480, 640)
        assert np.array_equal(image[:150, :, :3], source[:150])
    assert not np.array_equal(images[0], images[-1])


def test_streaming_several_images_numbers_them(client: openai.OpenAI) -> None:
    stream = client.images.edit(model="repaint", image=PHOTO, prompt="anything", stream=True, n=3)
    events = list(stream)
    extra = [event.model_extra or {} for event in events]
    assert sorted(item["image_index"] for item in extra) == [0, 1, 2]
    totals = [event.usage.total_tokens for event in events if event.type == "image_edit.completed"]
    assert totals[:-1] == [0, 0]
    assert totals[-1] > 0


def test_an_error_in_the_middle_of_a_stream_is_raised_by_the_sdk(client: openai.OpenAI) -> None:
    stream = client.images.edit(model="repaint", image=PHOTO, prompt="breaks", stream=True, partial_images=1)
    assert next(iter(stream)).type == "image_edit.partial_image"
    with pytest.raises(openai.APIError, match="The test engine broke in the middle"):
        list(stream)
