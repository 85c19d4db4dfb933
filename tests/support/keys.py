"""Keys and tokens over HTTP, as tests ask for them."""

import json
import time
from collections.abc import Callable
from typing import Any

import openai

from support.http import Answer, exchange
from support.images import encoded, photo
from support.server import KEY, Server

PHOTO = encoded(photo())
#: Seconds, longer than the one that is promised: this machine may be busy with other tests.
PATIENCE = 10.0


def call(server: Server, method: str, path: str, body: object = None, key: str = KEY) -> Answer:
    """The answer to a request with a key."""
    data = None if body is None else json.dumps(body).encode()
    return exchange(server.url + path, method, data, {"authorization": f"Bearer {key}"})


def told(server: Server, method: str, path: str, body: object = None, key: str = KEY) -> dict[str, Any]:
    """What is answered to one that succeeds."""
    answer = call(server, method, path, body, key)
    assert answer.status in {200, 201}, answer.body
    found: dict[str, Any] = json.loads(answer.body)
    return found


def refused(server: Server, method: str, path: str, body: object = None, key: str = KEY) -> tuple[int, str, str | None]:
    """Status, code and field of one that does not."""
    answer = call(server, method, path, body, key)
    found = json.loads(answer.body)
    return answer.status, found["code"], found["error"]["param"]


def make(server: Server, key: str = KEY, **fields: object) -> dict[str, Any]:
    """A new key, with the whole key as `key`."""
    return told(server, "POST", "/v1/keys", fields, key)


def issue(server: Server, key: str, **fields: object) -> dict[str, Any]:
    """A token in place of a key."""
    return told(server, "POST", "/v1/auth/token", fields or None, key)


def sdk(server: Server, key: str) -> openai.OpenAI:
    """The official SDK, unmodified, without retries."""
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0, timeout=60)


def edit(client: openai.OpenAI, **fields: Any) -> None:
    """An edit with the SDK, which must succeed."""
    given: dict[str, Any] = {"model": "retouch-classic", "image": PHOTO, "prompt": "make it sepia", **fields}
    assert client.images.edit(**given).data


def soon_refused(status: Callable[[], int]) -> bool:
    """Whether what was allowed is refused with 401, if not at once then soon; anything else but 200 is wrong."""
    deadline = time.monotonic() + PATIENCE
    while (found := status()) == 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    return found == 401
