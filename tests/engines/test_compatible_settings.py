"""The operator's tables become engines, or the start stops and says what is wrong."""

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest

from retouch.domain.engine import Wish
from retouch.domain.picture import Size
from retouch.engines.compatible import build
from retouch.engines.upstream import Client
from upstreams.calls import call, made
from upstreams.compatible import CompatibleUpstream
from upstreams.drawing import draw


def test_without_settings_one_engine_waits_for_an_address() -> None:
    """It says which variable would enable it."""
    (engine,) = build({"openai": {"api_key": "x"}}, Client())
    assert engine.name == "compatible"
    assert engine.missing() == "set RETOUCH_ENGINES__COMPATIBLE__BASE_URL"


def test_each_table_with_a_kind_is_an_engine() -> None:
    """Named as the operator named it; from the environment everything is text."""
    settings = {
        "compatible": {"base_url": "http://one/v1"},
        "gpu1": {"kind": "vllm-omni", "base_url": "https://two:8000/v1/", "mask": "true", "seed": "0"},
        "gpu-2": {"kind": "sd-cpp"},
        "openai": {"base_url": "http://three/v1"},
    }
    engines = {engine.name: engine for engine in build(settings, Client())}
    assert {name: engine.missing() for name, engine in engines.items()} == {
        "compatible": None,
        "gpu1": None,
        "gpu-2": "set engines.gpu-2.base_url",
    }
    assert engines["gpu-2"].offer(Wish(model="m", prompt="p", images=(Size(1, 1),))).images_per_call == 10


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"kind": "dalle"}, r"engines\.x\.kind is 'dalle'; it is one of vllm-omni, sglang"),
        ({"kind": "plain", "base_url": "ftp://host/v1"}, r"engines\.x\.base_url must be an http"),
        ({"kind": "plain", "base_url": "host:8000"}, r"engines\.x\.base_url must be an http"),
        ({"kind": "plain", "mask": "perhaps"}, r"engines\.x\.mask is true or false"),
        ({"kind": "plain", "api_key": "two words"}, r"engines\.x\.api_key holds"),
    ],
)
def test_a_wrong_setting_stops_the_start(table: dict[str, Any], says: str) -> None:
    """Naming the setting."""
    with pytest.raises(ValueError, match=says) as caught:
        build({"x": table}, Client())
    assert "two words" not in str(caught.value)


@pytest.fixture
async def vllm() -> AsyncIterator[CompatibleUpstream]:
    """A vLLM-Omni."""
    async with CompatibleUpstream(kind="vllm-omni") as upstream:
        yield upstream


async def test_the_official_sdk_says_the_same(vllm: CompatibleUpstream, client: Client) -> None:
    """As the documents of vLLM-Omni use it, with its extensions in extra_body."""
    async with openai.AsyncOpenAI(base_url=vllm.base_url, api_key=vllm.key, max_retries=0) as sdk:
        await sdk.images.edit(
            image=("image.png", draw((96, 64)), "image/png"),
            prompt="a red hat",
            model="Qwen/Qwen-Image-Edit",
            n=2,
            size="96x64",  # type: ignore[call-overload,unused-ignore]
            response_format="b64_json",
            output_format="png",
            extra_body={"seed": 7, "negative_prompt": "no hats"},
        )
    table = {"kind": "vllm-omni", "base_url": vllm.base_url, "api_key": vllm.key}
    engine = build({"gpu": table}, client)[1]
    await made(engine, call(model="Qwen/Qwen-Image-Edit", prompt="a red hat", seeds=(7, 8), negative_prompt="no hats"))
    theirs, ours = vllm.seen
    assert theirs.texts() == ours.texts()
    assert theirs.files("image") == ours.files("image")
    assert theirs.headers["authorization"] == ours.headers["authorization"]
