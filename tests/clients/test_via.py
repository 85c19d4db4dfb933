"""A Retouch behind a Retouch works; one that leads back to itself is found at once."""

from collections.abc import Iterator

import openai
import pytest

from support.images import decoded, encoded, photo
from support.server import KEY, Server, free_port, running_server

MODELS = '{"mine": {"routes": [{"engine": "next", "model": "retouch-classic"}]}, \
"through-openai": {"routes": [{"engine": "openai", "model": "mine"}]}, \
"circle": {"routes": [{"engine": "self", "model": "circle"}]}}'


@pytest.fixture(scope="module")
def front(server: Server) -> Iterator[Server]:
    """A server with three engines elsewhere: another Retouch, and itself in two ways."""
    port = free_port()
    own = f"http://127.0.0.1:{port}/v1"
    environment = {
        "RETOUCH_MODELS": MODELS,
        "RETOUCH_ENGINES__NEXT__KIND": "retouch",
        "RETOUCH_ENGINES__NEXT__BASE_URL": f"{server.url}/v1",
        "RETOUCH_ENGINES__NEXT__API_KEY": KEY,
        "RETOUCH_ENGINES__SELF__KIND": "plain",
        "RETOUCH_ENGINES__SELF__BASE_URL": own,
        "RETOUCH_ENGINES__SELF__API_KEY": KEY,
        "RETOUCH_ENGINES__OPENAI__BASE_URL": own,
        "OPENAI_API_KEY": KEY,
    }
    with running_server(environment, port=port) as front:
        yield front


def client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0, timeout=60)


def edits(server: Server) -> int:
    return server.log.read_text().count("POST /v1/images/edits")


def test_another_retouch_is_an_engine(front: Server) -> None:
    with client(front) as caller:
        answer = caller.images.edit(model="mine", image=encoded(photo()), prompt="make it black and white")
    assert answer.data
    assert answer.data[0].b64_json
    pixels = decoded(answer.data[0].b64_json)
    assert (pixels[:, :, 0] == pixels[:, :, 1]).all()


@pytest.mark.parametrize("model", ["circle", "through-openai"])
def test_an_engine_that_leads_back_is_refused_with_a_sentence(front: Server, model: str) -> None:
    """It is found when the request comes back, before anything is made or a place is waited for."""
    before = edits(front)
    with client(front) as caller, pytest.raises(openai.InternalServerError, match="leads back to it") as failed:
        caller.images.edit(model=model, image=encoded(photo()), prompt="sepia")
    assert failed.value.status_code == 502
    assert failed.value.response.headers["x-should-retry"] == "false"
    # It comes back once, is not tried again, and does not go on from here. A request's own line is logged after its
    # answer, so the caller's, and that of the test before, may or may not be there.
    assert 1 <= edits(front) - before <= 3


def test_a_row_of_servers_ends_somewhere(server: Server) -> None:
    image = encoded(photo())
    with client(server) as caller:
        near = {"retouch-via": "aaaa, bbbb, cccc"}
        assert caller.images.edit(image=image, prompt="sepia", extra_headers=near).data
        far = {"retouch-via": "aaaa, bbbb, cccc, dddd"}
        with pytest.raises(openai.BadRequestError, match="come through 4 servers; at most 4") as refused:
            caller.images.edit(image=image, prompt="sepia", extra_headers=far)
        assert refused.value.param == "retouch-via"
        with pytest.raises(openai.BadRequestError):
            caller.models.list(extra_headers=far)
