"""Input pictures on their way to fal: inside the request while they are small, else through its storage.

Calls as the Python client 1.0.3 makes them (client.py: CDN tokens and `/files/upload`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from retouch.domain.errors import Accepted, UpstreamFailure
from retouch.domain.picture import Picture
from retouch.engines.fal.problem import PROVIDER, fal_refusal
from retouch.engines.fal.request import Address
from retouch.engines.upstream import Base64, Body, Client, MediaHosts, Question, json_body, refused, unusable

#: Seconds that an upload can be read. Its address is public to whoever knows it.
KEPT_SECONDS = 3600
_ANSWER_BYTES = 64 * 1024
#: A token is renewed so long before it ends.
_MARGIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    base_url: str
    expires: datetime


class Files:
    """Turns pictures into addresses that fal can read. `inline` is how many bytes of them one request may carry."""

    def __init__(self, client: Client, rest_url: str, headers: Mapping[str, str], hosts: MediaHosts, inline: int):
        self._client = client
        self._url = rest_url.rstrip("/") + "/storage/auth/token?storage_type=fal-cdn-v3"
        self._headers = {"accept": "application/json", **headers}
        self._hosts = hosts
        self._inline = inline
        self._token: _Token | None = None
        self._renewing = asyncio.Lock()

    async def addresses(self, pictures: Sequence[Picture], deadline: float) -> list[Address]:
        """One address a picture, in order. Raises UpstreamFailure: nothing has been submitted yet, so accepted NO."""
        left, found = self._inline, list[Address | None]()
        for picture in pictures:
            size = memoryview(picture.data).nbytes
            found.append(Base64.data_uri(picture.data, _media_type(picture)) if size <= left else None)
            left -= 0 if found[-1] is None else size
        try:
            async with asyncio.TaskGroup() as group:
                uploads = {
                    at: group.create_task(self._upload(pictures[at], deadline))
                    for at, address in enumerate(found)
                    if address is None
                }
        except ExceptionGroup as failures:
            raise _not_started(failures.exceptions[0]) from None
        return [uploads[at].result() if address is None else address for at, address in enumerate(found)]

    def question(self, key: str, base: str) -> Question:
        """A request for a token, for `reach`; `key` and `base` are the settings of the key and the address."""
        return Question(
            url=self._url,
            method="POST",
            headers=self._headers,
            body=json_body({}),
            key=key,
            base=base,
            refusal=fal_refusal,
        )

    async def _upload(self, picture: Picture, deadline: float) -> str:
        token = await self._valid_token(deadline)
        headers = {
            "accept": "application/json",
            "authorization": token.value,
            "x-fal-file-name": f"image.{picture.format}",
            "x-fal-object-lifecycle": orjson.dumps({"expiration_duration_seconds": KEPT_SECONDS}).decode(),
        }
        body = Body(_media_type(picture), (picture.data,))
        found = await self._post(f"{token.base_url}/files/upload", deadline, headers, body)
        return _said(found, "access_url")

    async def _valid_token(self, deadline: float) -> _Token:
        async with self._renewing:
            if self._token is None or self._token.expires - _MARGIN <= datetime.now(UTC):
                self._token = await self._new_token(deadline)
            return self._token

    async def _new_token(self, deadline: float) -> _Token:
        found = await self._post(self._url, deadline, self._headers, json_body({}))
        base = self._hosts.address(_said(found, "base_url"))
        if base is None:
            raise unusable(PROVIDER, "its storage lies on a host that is not listed")
        try:
            expires = datetime.fromisoformat(_said(found, "expires_at"))
        except ValueError:
            raise unusable(PROVIDER, "its storage token has no date") from None
        value = f"{_said(found, 'token_type')} {_said(found, 'token')}"
        expires = expires if expires.tzinfo else expires.replace(tzinfo=UTC)
        return _Token(value, str(base).rstrip("/"), expires)

    async def _post(self, url: str, deadline: float, headers: Mapping[str, str], body: Body) -> dict[str, Any]:
        async with self._client.send(PROVIDER, "POST", url, deadline=deadline, headers=headers, body=body) as answer:
            if answer.status not in {200, 201}:
                raise refused(PROVIDER, await fal_refusal(answer))
            raw = await answer.read(_ANSWER_BYTES)
        try:
            found = orjson.loads(raw)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise unusable(PROVIDER, "its storage gave no JSON object")
        return found


def _said(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise unusable(PROVIDER, f"its storage said no {name}")
    return value


def _media_type(picture: Picture) -> str:
    return f"image/{picture.format}"


def _not_started(error: Exception) -> Exception:
    """An upload that failed is no edit that was accepted, however far it came."""
    if isinstance(error, UpstreamFailure):
        error.accepted = Accepted.NO
        error.retryable = None
    return error
