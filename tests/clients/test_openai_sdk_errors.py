"""Errors as the official OpenAI SDK raises them, unmodified, against a real server."""

from typing import Any

import numpy as np
import openai
import pytest

from support.images import encoded, mask
from support.openai_edits import PHOTO, edit
from support.server import Server


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
