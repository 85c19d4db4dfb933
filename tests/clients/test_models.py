"""The models as callers find them: by id, alias or `default`, available or not."""

import openai
import pytest

from support.images import encoded, photo


def test_default_is_a_model(client: openai.OpenAI) -> None:
    """It is what the first available id of default_order is, and says so; edits take it too."""
    found = client.models.retrieve("default")
    assert (found.id, found.model_extra and found.model_extra["stands_for"]) == ("default", "retouch-classic")
    answer = client.images.with_raw_response.edit(model="default", image=encoded(photo()), prompt="sepia")
    assert answer.headers["retouch-model"] == "default"
    assert answer.parse().data


def test_an_alias_is_answered_by_the_name_that_was_asked_for(client: openai.OpenAI) -> None:
    name = "gemini-2.5-flash-image"
    assert client.models.retrieve(name).id == name
    answer = client.images.with_raw_response.edit(model=name, image=encoded(photo()), prompt="sepia")
    assert answer.headers["retouch-model"] == name


def test_a_model_without_its_providers_key_says_which_variable_enables_it(client: openai.OpenAI) -> None:
    listed = {model.id: model.model_extra or {} for model in client.models.list()}
    assert not listed["nano-banana-pro"]["available"]
    assert listed["nano-banana-pro"]["missing"] == "set GEMINI_API_KEY or set FAL_KEY"
    assert 'add routes under [models."krea-2"]' in listed["krea-2"]["missing"]
    for name in ("nano-banana-pro", "gemini-3-pro-image", "seedream-v4"):
        with pytest.raises(openai.BadRequestError) as refusal:
            client.images.edit(model=name, image=encoded(photo()), prompt="sepia")
        body = refusal.value.body
        assert isinstance(body, dict)
        assert body["code"] == "model_not_found"
        assert f"The model {name!r} is not available: set " in body["message"]
        assert "FAL_KEY" in body["message"]


def test_what_a_model_takes_is_listed_and_held_to(client: openai.OpenAI) -> None:
    """The built-in editor takes several images with the prompts that put them together, and says so otherwise."""
    listed = {model.id: model.model_extra or {} for model in client.models.list()}
    assert listed["retouch-classic"]["limits"]["images"] == 16
    two = [encoded(photo()), encoded(photo())]
    with pytest.raises(
        openai.BadRequestError, match=r"takes one image; 2 were sent.*'put them side by side'"
    ) as refusal:
        client.images.edit(model="retouch-classic", image=two, prompt="sepia")
    assert refusal.value.param == "image"
    with pytest.raises(openai.BadRequestError, match="takes 2 to 4 images; 1 was sent"):
        client.images.edit(model="retouch-classic", image=two[:1], prompt="make a 2x2 grid")
    pro = listed["nano-banana-pro"]
    assert pro["resolutions"] == ["1k", "2k", "4k"]
    charged = {"size": 150, "1k": 150, "2k": 225, "4k": 300}
    assert pro["price"] == {
        "credits": 150,
        "by_quality": {},
        "by_resolution": {"1k": 150, "2k": 225, "4k": 300},
        "charged": dict.fromkeys(("low", "medium", "high"), charged),
    }
    gpt = listed["gpt-image-1"]["price"]["charged"]
    assert gpt == {"low": {"size": 20}, "medium": {"size": 50}, "high": {"size": 200}}
    assert pro["tiers"] == ["creator", "pro", "business"]
    assert "16:9" in pro["aspect_ratios"]
    assert listed["dall-e-2"]["qualities"] == ["standard"]
