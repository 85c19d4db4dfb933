"""OpenAI's POST /v1/moderations, which is free of charge.

Facts: parameters and answer from openai 3.52.0 (types/moderation_create_params.py, moderation.py). One picture a
request, else 400 `too_many_images` (antiwork/gumroad pull request 4709); pictures of at most 20 MB, and categories
marked "text only" say nothing of pictures (OpenAI's moderation guide, April 2026).
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from retouch.domain.errors import Code, RetouchError, UpstreamFailure
from retouch.domain.moderation import Subject, not_allowed, undecided
from retouch.domain.picture import Format, Picture, Size
from retouch.engines.upstream import (
    Base64,
    Client,
    base64_json,
    bearer,
    find_key,
    refusal_of,
    refused,
    unusable,
)
from retouch.pixels import encode, flatten, forwardable, load, scale

_log = logging.getLogger("retouch.moderation")

_NAME = "moderation"
BASE_URL = "https://api.openai.com/v1"
MODEL = "omni-moderation-latest"

#: Forwarded as they are up to so many bytes: base64 makes 20 MB of it. What is larger is sent smaller.
_LARGEST = 14_000_000
_EDGE = 2048
_QUALITY = 90

#: A verdict is asked for again, because it costs nothing and changes nothing: pauses in seconds.
_PAUSES = (0.25, 1.0, None)
_RETRY_AFTER = 5.0
_SECONDS = 20.0
_AT_ONCE = 4
_ANSWER_BYTES = 1_000_000


class OpenAIModeration:
    """Judges by OpenAI's moderation model.

    Settings: `api_key` (else OPENAI_API_KEY), `base_url` including /v1, `model`, `seconds` for a verdict. Raises
    ValueError without a key.
    """

    def __init__(self, settings: Mapping[str, Any], client: Client, environ: Mapping[str, str]) -> None:
        key = find_key(settings, environ, "OPENAI_API_KEY")
        base_url = settings.get("base_url")
        if not key and not base_url:
            raise ValueError("moderation.api_key (or OPENAI_API_KEY) must be set for moderation by openai")
        self._client = client
        self._url = f"{str(base_url or BASE_URL).rstrip('/')}/moderations"
        self._headers = {"accept": "application/json", **bearer(key)}
        self._model = str(settings.get("model") or MODEL)
        self._seconds = float(settings.get("seconds") or _SECONDS)

    async def judge(self, subject: Subject, deadline: float) -> None:
        """Ask about the prompt with the first picture, and about each other picture; the first verdict against it
        decides."""
        deadline = min(deadline, time.monotonic() + self._seconds)
        first, rest = subject.pictures[:1], subject.pictures[1:]
        questions = [_Question(subject.prompt, *(first[0] if first else ("", None)))]
        questions += [_Question(None, field, picture) for field, picture in rest]
        places = asyncio.Semaphore(_AT_ONCE)

        async def ask(question: _Question) -> None:
            async with places:
                await self._ask(question, deadline)

        try:
            async with asyncio.TaskGroup() as group:
                for question in questions:
                    group.create_task(ask(question))
        except ExceptionGroup as failures:
            raise min(failures.exceptions, key=_weight) from None

    async def _ask(self, question: "_Question", deadline: float) -> None:
        parts = await asyncio.to_thread(question.parts)
        for pause in _PAUSES:
            try:
                result = await self._send(parts, deadline)
                break
            except UpstreamFailure as failure:
                _log.warning("no verdict: %s", failure.cause)
                if pause is None or not failure.elsewhere or time.monotonic() + pause >= deadline:
                    raise _told(failure) from None
                await asyncio.sleep(pause)
        if result.flagged:
            raise not_allowed(result.flagged, question.param(result))

    async def _send(self, parts: list[dict[str, Any]], deadline: float) -> "_Result":
        body = base64_json({"model": self._model, "input": parts})
        async with self._client.send(
            _NAME, "POST", self._url, deadline=deadline, headers=self._headers, body=body
        ) as answer:
            if answer.status != 200:
                raise refused(_NAME, await refusal_of(answer))
            return _read(bytes(await answer.read(_ANSWER_BYTES)))


@dataclass(frozen=True, slots=True)
class _Result:
    """What was flagged, and what of the input each category was found in: text, image or both."""

    flagged: list[str]
    applied: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class _Question:
    """What one request asks about. `field` is where the picture came in."""

    text: str | None
    field: str
    picture: Picture | None

    def parts(self) -> list[dict[str, Any]]:
        """As `input` has it. Decodes and encodes where the picture cannot be sent as it is."""
        parts: list[dict[str, Any]] = []
        if self.text is not None:
            parts.append({"type": "text", "text": self.text})
        if self.picture is not None:
            parts.append({"type": "image_url", "image_url": {"url": _data_uri(self.field, self.picture)}})
        return parts

    def param(self, result: _Result) -> str | None:
        """The field at fault, where it is one alone."""
        if self.text is None:
            return self.field
        kinds = {kind for category in result.flagged for kind in result.applied.get(category, ())}
        return "prompt" if kinds == {"text"} else self.field if kinds == {"image"} else None


def _data_uri(field: str, picture: Picture) -> Base64:
    """What an engine would see of it: upright, the first frame, without metadata."""
    plain = forwardable(picture)
    if plain is not None and memoryview(plain.data).nbytes <= _LARGEST:
        return Base64.data_uri(plain.data, f"image/{plain.format}")
    pixels = flatten(load(picture, param=field))
    shrink = min(1.0, _EDGE / max(pixels.shape[:2]))
    small = Size(*(max(1, round(edge * shrink)) for edge in (pixels.shape[1], pixels.shape[0])))
    return Base64.data_uri(encode(scale(pixels, small), Format.JPEG, _QUALITY), Format.JPEG.media_type)


def _read(body: bytes) -> _Result:
    """The verdict. An answer that does not say clearly that nothing was found is none."""
    try:
        [result] = orjson.loads(body)["results"]
        flagged, categories = result["flagged"], result["categories"]
        names = sorted(name for name, found in categories.items() if found is True)
        applied = result.get("category_applied_input_types") or {}
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise unusable(_NAME, "it is no verdict") from error
    if flagged is False and not names:
        return _Result([], {})
    if flagged is not True and flagged is not False:
        raise unusable(_NAME, "it is no verdict")
    return _Result(names or ["unnamed"], applied)


def _told(failure: UpstreamFailure) -> RetouchError:
    """Why there is no verdict, as far as it is the caller's business: whether it helps to come back."""
    if failure.code in {Code.OVERLOADED, Code.UPSTREAM_TIMEOUT}:
        return undecided(Code.OVERLOADED, failure.retry_after or _RETRY_AFTER)
    return undecided(Code.UPSTREAM_ERROR)


def _weight(error: Exception) -> int:
    """A verdict weighs more than that there was none."""
    return 0 if isinstance(error, RetouchError) and error.code is Code.CONTENT_POLICY_VIOLATION else 1
