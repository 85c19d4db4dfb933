"""The official OpenAI Python SDK, unmodified, against a real server."""

import io
import time
import urllib.request
from typing import Any

import numpy as np
import openai
import pytest
from PIL import Image

from support.images import decoded, encoded, mask, photo
from support.openai_edits import PHOTO, edit, first
from support.server import KEY, Server


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
