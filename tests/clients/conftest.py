"""A real server process, and the official OpenAI SDK pointed at it."""

from collections.abc import Iterator

import openai
import pytest

from support.server import KEY, Server, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[openai.OpenAI]:
    """The SDK, unmodified, base_url alone changed; no retries, so that each error is seen as it is."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0, timeout=60) as client:
        yield client
