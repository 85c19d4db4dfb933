"""Plain HTTP, where an SDK would hide what is looked at."""

import asyncio
import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """One answer, whole."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def open_connection(url: str, timeout: float = 60) -> http.client.HTTPConnection:
    """A connection to the host of an address; to be closed by the caller."""
    address = urlsplit(url)
    return http.client.HTTPConnection(str(address.hostname), address.port, timeout=timeout)


def target(url: str) -> str:
    """Path and query of an address."""
    address = urlsplit(url)
    return f"{address.path}?{address.query}" if address.query else address.path


def exchange(
    url: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Send one request and read the whole answer."""
    with closing(open_connection(url)) as connection:
        connection.request(method, target(url), body, dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())


async def request(
    url: str, method: str = "GET", body: object = None, *, key: str = "", headers: Mapping[str, str] | None = None
) -> Answer:
    """The same in a thread, with a key where one is given; a body that is no bytes becomes JSON."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    bearer = {"authorization": f"Bearer {key}"} if key else {}
    given = {"content-type": "application/json", **bearer, **(headers or {})}
    return await asyncio.to_thread(exchange, url, method, data, given)
