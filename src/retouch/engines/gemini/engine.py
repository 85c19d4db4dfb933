"""Google's Gemini image models as an engine."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any
from urllib.parse import quote

from retouch.domain.engine import EngineCall, EngineEvent, Made, Offer, Reached, Wish
from retouch.domain.units import MB
from retouch.engines.gemini.answer import PROVIDER, read_answer
from retouch.engines.gemini.models import model_names, model_of
from retouch.engines.gemini.problem import google_refusal
from retouch.engines.gemini.request import edit_body
from retouch.engines.upstream import IMAGE_BYTES, Client, Lifting, Question, find_key, reach, refused

BASE_URL = "https://generativelanguage.googleapis.com"
#: One finished image and the drafts among its thoughts.
_ANSWER_BYTES = IMAGE_BYTES + 32 * MB


class Gemini:
    """Settings: `api_key` (else GEMINI_API_KEY), `base_url` (the host; /v1beta is added).

    Raises ValueError for a key that no header can hold.
    """

    name = PROVIDER

    def __init__(self, settings: Mapping[str, Any], client: Client, environ: Mapping[str, str]) -> None:
        self._client = client
        self._key = find_key(settings, environ, "GEMINI_API_KEY")
        self._url = str(settings.get("base_url") or BASE_URL).rstrip("/") + "/v1beta/models"

    def missing(self) -> str | None:
        """The key, where there is none."""
        return None if self._key else "set GEMINI_API_KEY"

    def offer(self, wish: Wish) -> Offer:
        """One image a call in one of the model's own sizes; no mask, no transparency.

        No seed: Google takes one and does not promise that it repeats an image, and a caller's seed is a promise.
        No quality: a tier is a size, and the size is what the caller asked for. No formats: the model decides.
        """
        model = model_of(wish.model)
        return Offer(
            sizes=model.shapes.sizes,
            keeps_size=False,
            max_images=model.images,
            input_formats=frozenset({"png", "jpeg", "webp", "heic"}),
            detached=True,
        )

    async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
        """One request, one image and its tokens. Raises UpstreamFailure, also for refusals that come as HTTP 200."""
        url = f"{self._url}/{quote(call.model, safe='')}:generateContent"
        headers = {"accept": "application/json", "x-goog-api-key": self._key}
        async with self._client.send(
            PROVIDER, "POST", url, deadline=call.deadline, headers=headers, body=edit_body(call)
        ) as answer:
            if answer.status != 200:
                raise refused(PROVIDER, await google_refusal(answer))
            body = Lifting("data")
            await answer.each(body.add, _ANSWER_BYTES)
        picture, usage = read_answer(body)
        del body
        yield Made(0, picture)
        yield usage

    async def reach(self, deadline: float) -> Reached:
        """GET /v1beta/models: free, and refused without a valid key (Gemini API reference, models.list)."""
        asked = Question(
            url=f"{self._url}?pageSize=1000",
            headers={"accept": "application/json", "x-goog-api-key": self._key},
            key="GEMINI_API_KEY",
            base="RETOUCH_ENGINES__GEMINI__BASE_URL",
            refusal=google_refusal,
            models=model_names,
        )
        return await reach(self._client, PROVIDER, asked, deadline=deadline)

    async def close(self) -> None:
        """Nothing of its own: the client is the application's."""
