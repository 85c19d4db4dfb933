"""Which model serves a request that names none."""

from typing import Any

import pytest

from retouch.domain.edit import EditRequest, ImageInput
from retouch.domain.errors import RetouchError
from retouch.domain.picture import Format, Picture, Size
from retouch.engines.openai_images import OpenAIImages
from retouch.engines.upstream import Client
from retouch.routing.catalog import load_catalog
from retouch.routing.choose import Chooser
from retouch.routing.contract import check_contract

KEY = "sk-0123456789"
PHOTO = Picture(b"photo", "jpeg", Size(640, 427))
SQUARE = Picture(b"square", "png", Size(512, 512))


def chosen(picture: Picture, **given: Any) -> tuple[str, EditRequest]:
    engine = OpenAIImages({"api_key": KEY}, Client(), {})
    chooser = Chooser(load_catalog({}), {"openai": engine}, ["gpt-image-2.6-flare"])
    request = EditRequest(prompt="dusk", images=(ImageInput("image"),), sent=frozenset(given), **given)
    model = chooser.model(request, [picture])
    return model.id, request


@pytest.mark.parametrize(
    ("picture", "given", "model"),
    [
        (PHOTO, {"output_format": Format.WEBP}, "gpt-image-1"),
        (PHOTO, {"output_format": Format.WEBP, "size": Size(1536, 1024)}, "gpt-image-1"),
        (PHOTO, {"output_format": Format.WEBP, "size": Size(999, 501)}, "gpt-image-2"),
        (SQUARE, {}, "dall-e-2"),
        (SQUARE, {"size": Size(999, 501)}, "gpt-image-2.6-flare"),
        (PHOTO, {}, "gpt-image-2.6-flare"),
    ],
)
def test_the_first_of_the_family_whose_limits_the_request_meets(
    picture: Picture, given: dict[str, Any], model: str
) -> None:
    assert chosen(picture, **given)[0] == model


def test_where_no_gpt_image_model_takes_the_request_the_first_one_says_why() -> None:
    name, request = chosen(PHOTO, output_format=Format.WEBP, n=11)
    assert name == "gpt-image-1"
    model = load_catalog({}).find(name)
    assert model is not None
    with pytest.raises(RetouchError, match="n must be between 1 and 10 on gpt-image-1"):
        check_contract(model, request, [PHOTO])
