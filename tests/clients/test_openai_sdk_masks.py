"""Masks and transparency through the official OpenAI SDK, unmodified, against a real server."""

from typing import Any

import numpy as np
import openai
import pytest
from openai.types import ImagesResponse

from support.images import decoded, encoded, mask, photo
from support.openai_edits import BOX, KEPT, PHOTO, edit, first


def holed() -> bytes:
    """The photo with a transparent hole of its own."""
    pixels = np.dstack([photo(), np.full(photo().shape[:2], 255, np.uint8)])
    pixels[BOX] = (255, 0, 0, 0)
    return encoded(pixels)


def test_a_plain_outpaint_fills_the_hole_and_keeps_the_size(client: openai.OpenAI) -> None:
    """The image's own transparency is the area, and is said to be; all else stays."""
    raw = client.images.with_raw_response.edit(
        model="retouch-classic", image=holed(), prompt="outpaint", response_format="b64_json"
    )
    pixels = first(raw.parse())
    assert raw.headers["retouch-mask"] == "image-alpha"
    assert pixels.shape[:2] == (64, 96)
    assert pixels.shape[2] == 3 or (pixels[..., 3] == 255).all()
    assert np.array_equal(pixels[..., :3][KEPT], photo()[KEPT])


def test_a_filled_hole_and_another_shape_in_one_edit(client: openai.OpenAI) -> None:
    """No area can limit a crop or an extension, so the transparency is filled for itself."""
    prompt = "fill in the transparent areas and extend the image to the left by 20%"
    pixels = first(edit(client, image=holed(), prompt=prompt))
    assert pixels.shape[:2] == (64, 115)
    assert pixels.shape[2] == 3 or (pixels[..., 3] == 255).all()


def test_named_transparency_is_a_mask_that_no_crop_can_keep_to(client: openai.OpenAI) -> None:
    """Refused before it is charged, as with a mask file."""
    with pytest.raises(openai.BadRequestError) as refused:
        edit(client, image=holed(), prompt="crop to a square", extra_body={"mask_source": "alpha"})
    assert refused.value.body["code"] == "unsupported_edit"  # type: ignore[index]


def test_an_image_is_put_into_a_marked_area_of_another(client: openai.OpenAI) -> None:
    logo = np.full((50, 50, 3), (255, 0, 200), np.uint8)
    pixels = first(edit(client, image=[PHOTO, encoded(logo)], mask=mask(), prompt="put the second image in the mask"))
    assert np.array_equal(pixels[..., :3][KEPT], photo()[KEPT])
    assert (pixels[24:40, 40:50, :3] == (255, 0, 200)).all()


def test_a_mask_keeps_every_pixel_outside_it(client: openai.OpenAI) -> None:
    """Whatever the model paints: where the mask is opaque the answer equals the source."""
    for model, prompt in (("retouch-classic", "remove the marked area"), ("repaint", "anything")):
        pixels = first(edit(client, model=model, mask=mask(), prompt=prompt))
        assert np.array_equal(pixels[..., :3][KEPT], photo()[KEPT]), model
        assert not np.array_equal(pixels[..., :3][BOX], photo()[BOX]), model


@pytest.mark.parametrize(
    ("prompt", "turned"),
    [
        ("rotate 90 degrees clockwise", lambda pixels: np.rot90(pixels, -1)),
        ("crop to a square", lambda pixels: pixels[:, 16:80]),
        ("flip horizontally", lambda pixels: pixels[:, ::-1]),
    ],
)
def test_transparency_that_an_edit_does_not_fill_is_kept(client: openai.OpenAI, prompt: str, turned: Any) -> None:
    """It is no mask then, though it would be one for a removal: it moves with its pixels, to the bit."""
    source = photo(alpha=True)
    source[:20, :40, 3] = 0
    source[40:, 60:, 3] = 90
    raw = client.images.with_raw_response.edit(model="retouch-classic", image=encoded(source), prompt=prompt)
    assert "retouch-mask" not in raw.headers
    answer = raw.parse()
    assert isinstance(answer, ImagesResponse)
    pixels, expected = first(answer), turned(source)
    assert np.array_equal(pixels[..., 3], expected[..., 3])
    shown = expected[..., 3] > 0
    assert np.array_equal(pixels[shown], expected[shown])


def test_a_model_without_masks_is_shown_the_area_and_its_repainting_undone(client: openai.OpenAI) -> None:
    """It moved the picture and changed its colours: outside the mask not a level of that is left, nor in previews."""
    source = photo(640, 480)
    stream = client.images.edit(
        model="repaint",
        image=encoded(source),
        mask=mask(640, 480, (200, 150, 420, 330)),
        prompt="anything",
        stream=True,
        partial_images=2,
    )
    images = [decoded(event.b64_json)[..., :3] for event in stream]
    outside = np.ones((480, 640), bool)
    outside[150:330, 200:420] = False
    assert len(images) == 3
    for image in images:
        assert np.array_equal(image[outside], source[outside])
        inside = np.abs(image[170:310, 220:400].astype(int) - source[170:310, 220:400])
        assert inside.mean() > 20, "what the model painted shows"


def test_a_model_that_paints_another_picture_is_no_answer_to_a_mask(client: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        edit(client, model="repaint", mask=mask(), prompt="ignores the mark")
    assert caught.value.status_code == 502
    assert "does not match the picture outside the mask" in caught.value.message
