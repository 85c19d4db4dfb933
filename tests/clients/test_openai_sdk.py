"""The official OpenAI Python SDK, unmodified, against a real server."""

import io
import time
import urllib.request
from typing import Any

import numpy as np
import openai
import pytest
from openai.types import ImagesResponse
from PIL import Image

from support.images import decoded, encoded, mask, photo
from support.server import KEY, Server

PHOTO = encoded(photo())
BOX = (slice(20, 44), slice(30, 60))


def edit(client: openai.OpenAI, **given: Any) -> ImagesResponse:
    fields = {"model": "retouch-classic", "image": PHOTO, "prompt": "make it black and white", **given}
    answer = client.images.edit(**fields)
    assert isinstance(answer, ImagesResponse)
    return answer


def first(answer: ImagesResponse) -> np.ndarray[Any, np.dtype[np.uint8]]:
    assert answer.data
    assert answer.data[0].b64_json
    return decoded(answer.data[0].b64_json)


def test_one_image(client: openai.OpenAI) -> None:
    answer = edit(client)
    pixels = first(answer)
    assert pixels.shape[:2] == (64, 96)
    assert np.ptp(pixels[..., :3].astype(int), axis=-1).max() == 0
    assert abs(answer.created - time.time()) < 600
    assert (answer.size, answer.quality) == ("96x64", "medium")
    assert (answer.background, answer.output_format) == ("opaque", "png")
    assert answer.usage
    assert answer.usage.input_tokens_details.image_tokens == 0


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
    outside = np.ones((64, 96), bool)
    outside[BOX] = False
    assert np.array_equal(pixels[..., :3][outside], photo()[outside])


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


@pytest.mark.parametrize(
    "image",
    [PHOTO, io.BytesIO(PHOTO), ("cat.png", PHOTO), ("cat.jpg", PHOTO, "image/jpeg"), [PHOTO]],
    ids=["bytes", "file", "named", "mistyped", "list"],
)
def test_every_way_of_giving_an_image(client: openai.OpenAI, image: Any) -> None:
    assert first(edit(client, image=image)).shape[:2] == (64, 96)


def test_several_images(client: openai.OpenAI, server: Server) -> None:
    answer = edit(client, model="gpt-image-1", image=[PHOTO, encoded(photo(40, 40)), PHOTO], prompt="combine")
    assert first(answer).shape[:2] == (1024, 1536)


def test_the_built_in_editor_puts_several_images_together(client: openai.OpenAI) -> None:
    """Of any format and turned any way; count, size and format hold as everywhere."""
    tall = photo(64, 96, seed=2)
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying, to be shown upright
    lying = encoded(np.ascontiguousarray(np.rot90(tall)), "PNG", exif=exif)
    images = [PHOTO, lying, encoded(photo(30, 30), "GIF")]
    pixels = first(edit(client, image=images, prompt="put them side by side"))
    assert pixels.shape == (64, 96 + 43 + 64, 3)
    assert np.array_equal(pixels[:, :96], photo())
    asked = edit(client, image=images, prompt="make a collage", n=2, size="320x200", output_format="jpeg")
    assert asked.data
    assert [decoded(image.b64_json or "").shape for image in asked.data] == [(200, 320, 3)] * 2
    assert asked.data[0].b64_json == asked.data[1].b64_json


def test_an_image_is_put_into_a_marked_area_of_another(client: openai.OpenAI) -> None:
    logo = np.full((50, 50, 3), (255, 0, 200), np.uint8)
    pixels = first(edit(client, image=[PHOTO, encoded(logo)], mask=mask(), prompt="put the second image in the mask"))
    outside = np.ones((64, 96), bool)
    outside[BOX] = False
    assert np.array_equal(pixels[..., :3][outside], photo()[outside])
    assert (pixels[24:40, 40:50, :3] == (255, 0, 200)).all()


def test_a_mask_keeps_every_pixel_outside_it(client: openai.OpenAI) -> None:
    """Whatever the model paints: where the mask is opaque the answer equals the source."""
    for model, prompt in (("retouch-classic", "remove the marked area"), ("repaint", "anything")):
        pixels = first(edit(client, model=model, mask=mask(), prompt=prompt))
        outside = np.ones((64, 96), bool)
        outside[BOX] = False
        assert np.array_equal(pixels[..., :3][outside], photo()[outside]), model
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


def test_every_parameter_is_honoured_or_named(client: openai.OpenAI) -> None:
    answer = client.images.with_raw_response.edit(
        model="gpt-image-1",
        image=PHOTO,
        mask=mask(),
        prompt="anything",
        n=2,
        size="1024x1024",
        quality="high",
        background="opaque",
        output_format="jpeg",
        output_compression=60,
        input_fidelity="high",
        response_format="b64_json",
        user="user-1",
        extra_body={"seed": 5, "fit": "contain", "mask_source": "mask", "safety_identifier": "hash"},
    )
    parsed = answer.parse()
    assert parsed.data
    assert len(parsed.data) == 2
    assert parsed.data[0].b64_json
    assert parsed.data[0].b64_json.startswith("/9j/")
    assert decoded(parsed.data[0].b64_json).shape == (1024, 1024, 3)
    assert (parsed.output_format, parsed.size, parsed.quality) == ("jpeg", "1024x1024", "high")
    assert answer.headers["retouch-emulated"] == "mask, n"
    assert answer.headers["retouch-ignored-hints"] == "input_fidelity, safety_identifier"
    assert answer.headers["retouch-mask"] == "alpha"
    assert answer.headers["retouch-model"] == "gpt-image-1"
    assert answer.headers["retouch-engine"] == "repaint"
    assert answer.headers["retouch-edit-id"].startswith("edit_")
    assert answer.headers["x-request-id"] == answer.request_id


def test_n_images_differ_where_a_seed_makes_a_difference(client: openai.OpenAI) -> None:
    answer = edit(client, prompt="remove it", mask=mask(), n=3)
    assert answer.data
    assert len({image.b64_json for image in answer.data}) > 1


def test_same_request_and_seed_same_bytes(client: openai.OpenAI) -> None:
    one, two = (edit(client, prompt="remove it", mask=mask(), extra_body={"seed": 3}) for _ in range(2))
    assert one.data
    assert two.data
    assert one.data[0].b64_json == two.data[0].b64_json


@pytest.mark.parametrize("size", ["256x256", "512x512", "1024x1024", "auto"])
def test_size_is_exact(client: openai.OpenAI, size: Any) -> None:
    answer = edit(client, size=size)
    assert answer.size == ("96x64" if size == "auto" else size)
    width, height = map(int, str(answer.size).split("x"))
    assert first(answer).shape[:2] == (height, width)


@pytest.mark.parametrize(("format_", "magic"), [("png", b"\x89PNG"), ("jpeg", b"\xff\xd8"), ("webp", b"RIFF")])
def test_url_answers_are_files_of_the_right_kind(client: openai.OpenAI, format_: Any, magic: bytes) -> None:
    answer = edit(client, response_format="url", output_format=format_)
    assert answer.data
    link = answer.data[0].url
    assert link
    assert answer.data[0].b64_json is None
    with urllib.request.urlopen(link) as file:
        body = file.read()
        assert file.headers["content-type"] == f"image/{format_}"
        assert int(file.headers["content-length"]) == len(body)
    assert body.startswith(magic)


def test_an_unstated_delivery_is_the_contracts(client: openai.OpenAI) -> None:
    """b64_json for GPT image ids, url for dall-e-2, both for every other id."""
    square = encoded(photo(64, 64))
    found = {}
    for model in ("gpt-image-1", "dall-e-2", "retouch-classic"):
        data = edit(client, model=model, image=square, prompt="sepia").data
        assert data
        found[model] = (data[0].b64_json is not None, data[0].url is not None)
    assert found == {"gpt-image-1": (True, False), "dall-e-2": (False, True), "retouch-classic": (True, True)}


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


def test_an_unknown_error_keeps_its_text_to_itself(client: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        edit(client, model="repaint", prompt="crash")
    assert "secret" not in str(caught.value)
    assert caught.value.code == "internal_server_error"
    assert caught.value.request_id


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("INVALID_REQUEST", openai.BadRequestError),
        ("CONTENT_POLICY_VIOLATION", openai.BadRequestError),
        ("FORBIDDEN", openai.PermissionDeniedError),
        ("NOT_FOUND", openai.NotFoundError),
        ("IDEMPOTENCY_CONFLICT", openai.ConflictError),
        ("RATE_LIMIT_EXCEEDED", openai.RateLimitError),
        ("INSUFFICIENT_BALANCE", openai.APIStatusError),
        ("PAYLOAD_TOO_LARGE", openai.APIStatusError),
        ("INTERNAL_SERVER_ERROR", openai.InternalServerError),
        ("UPSTREAM_ERROR", openai.InternalServerError),
        ("OVERLOADED", openai.InternalServerError),
        ("UPSTREAM_TIMEOUT", openai.InternalServerError),
    ],
)
def test_each_error_raises_its_class(client: openai.OpenAI, code: str, kind: type[openai.APIStatusError]) -> None:
    with pytest.raises(kind) as caught:
        edit(client, model="repaint", prompt=f"fail {code}")
    assert caught.value.code
    assert caught.value.type
    assert "The test engine was told to fail" in caught.value.message
    assert isinstance(caught.value.body, dict)


def test_a_wrong_key_is_an_authentication_error(server: Server) -> None:
    """Also with a body of some megabytes still on its way."""
    large = encoded(np.random.default_rng(1).integers(0, 256, (1200, 1200, 3), np.uint8))
    for key in ("wrong", "rt-" + "x" * 40):
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0) as stranger:
            with pytest.raises(openai.AuthenticationError) as caught:
                stranger.images.edit(model="retouch-classic", image=large, prompt="sepia")
            assert caught.value.code == "invalid_api_key"
            with pytest.raises(openai.AuthenticationError):
                stranger.models.list()


@pytest.mark.parametrize(
    ("given", "param", "code"),
    [
        ({"model": "dall-e-9"}, "model", "model_not_found"),
        ({"n": 11}, "n", "invalid_value"),
        ({"n": 0}, "n", "invalid_value"),
        ({"size": "big"}, "size", "invalid_value"),
        ({"output_format": "gif"}, "output_format", "invalid_value"),
        ({"background": "transparent", "output_format": "jpeg"}, "background", "invalid_value"),
        ({"prompt": " "}, "prompt", "invalid_value"),
        ({"image": b"not an image"}, "image", "invalid_image"),
        ({"mask": mask(50, 50)}, "mask", "invalid_mask"),
        ({"mask": encoded(np.full((64, 96, 3), 0, np.uint8))}, "mask", "invalid_mask"),
        ({"extra_body": {"strength": 0.5}}, "strength", "unknown_parameter"),
        ({"extra_body": {"negative_prompt": "blur"}}, "negative_prompt", "unknown_parameter"),
        ({"image": [PHOTO, PHOTO]}, "image", "invalid_value"),
        ({"prompt": "turn day into night"}, "prompt", "unsupported_edit"),
        ({"prompt": "remove the person"}, "mask", "mask_required"),
    ],
)
def test_bad_input_is_a_typed_error_that_names_the_field(
    client: openai.OpenAI, given: dict[str, Any], param: str, code: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        edit(client, **given)
    assert (caught.value.param, caught.value.code) == (param, code)


def test_a_mask_that_the_size_cuts_away_is_refused_before_a_stream_begins(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        edit(client, prompt="remove it", mask=mask(box=(0, 0, 8, 64)), size="64x64", stream=True)
    assert (caught.value.param, caught.value.code) == ("mask", "invalid_mask")


def test_a_refused_prompt_says_what_was_not_understood_and_what_can_be_done(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        edit(client, prompt="add a cat on the sofa")
    body = caught.value.response.json()
    assert body["not_understood"]
    assert body["can_do"]


def test_a_request_without_a_model_goes_by_its_parameters(client: openai.OpenAI) -> None:
    """A GPT image model for a parameter of theirs, dall-e-2 where its limits are met, else the default."""
    square = encoded(photo(64, 64))
    cases: list[tuple[dict[str, Any], str]] = [
        ({"image": square, "background": "opaque"}, "gpt-image-1"),
        ({"image": square}, "dall-e-2"),
        ({"image": PHOTO}, "retouch-classic"),
        ({"image": PHOTO, "model": "default"}, "default"),
    ]
    for given, model in cases:
        answer = client.images.with_raw_response.edit(prompt="sepia", **given)
        assert answer.headers["retouch-model"] == model


def test_models(client: openai.OpenAI) -> None:
    listed = {model.id: model for model in client.models.list()}
    classic = listed["retouch-classic"]
    assert (classic.object, classic.owned_by) == ("model", "retouch")
    assert classic.model_extra
    assert classic.model_extra["available"] is True
    assert classic.model_extra["price"]["credits"] == 1
    missing = listed["fal-ai/bytedance/seedream/v4/edit"].model_extra
    assert missing
    assert missing["available"] is False
    assert missing["missing"] == "set FAL_KEY"


def test_one_model_by_an_id_with_slashes(client: openai.OpenAI, server: Server) -> None:
    """Percent-encoded, as the SDK sends it, or raw, as curl does."""
    name = "fal-ai/bytedance/seedream/v4/edit"
    assert client.models.retrieve(name).id == name
    raw = urllib.request.Request(f"{server.url}/v1/models/{name}", headers={"authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(raw) as answer:
        assert answer.status == 200
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("no/such/model")
    assert caught.value.code == "model_not_found"
