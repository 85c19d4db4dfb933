"""Real server processes, the official OpenAI SDK pointed at one, and a receiver of webhooks behind another."""

import json
from collections.abc import AsyncIterator, Callable, Iterator

import openai
import pytest

from support.server import KEY, Server, running_server
from upstreams.receiver import Receiver


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[openai.OpenAI]:
    """The SDK, unmodified, base_url alone changed; no retries, so that each error is seen as it is."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def receiver() -> AsyncIterator[Receiver]:
    """Who is told by webhooks; each module has its own, so that none counts the messages of another."""
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def hooked_url(new_database: Callable[[], str]) -> str:
    """The database of `hooked`."""
    return new_database()


@pytest.fixture(scope="module")
def hooked(receiver: Receiver, hooked_url: str) -> Iterator[Server]:
    """A server that may send to the receiver, although that is on this machine."""
    settings = {"RETOUCH_DATABASE_URL": hooked_url, "RETOUCH_FETCH__ALLOW_HOSTS": json.dumps([receiver.host])}
    with running_server(settings) as server:
        yield server
