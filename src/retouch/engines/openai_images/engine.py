"""OpenAI's image models as an engine."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from retouch.domain.edit import Background
from retouch.domain.engine import EngineCall, EngineEvent, Made, Offer, Reached, Wish
from retouch.domain.picture import Format
from retouch.domain.via import onward
from retouch.engines.openai_images.families import LONGEST_PROMPT, family_of
from retouch.engines.openai_images.form import edit_form
from retouch.engines.upstream import (
    Answer,
    Client,
    Question,
    bearer,
    find_key,
    model_ids,
    open_base64,
    reach,
    read_events,
    read_images,
    refusal_of,
    refused,
)

BASE_URL = "https://api.openai.com/v1"
#: Images from one call, and images that one call reads.
MOST = 10
MOST_INPUTS = 16


class OpenAIImages:
    """GPT image models, by OpenAI's own API or a server that speaks exactly it.

    Settings: `api_key` (else OPENAI_API_KEY), `base_url` including /v1, `organization` and `project` (else
    OPENAI_ORG_ID and OPENAI_PROJECT_ID, as the SDK reads them). Raises ValueError for a key that no header can hold.
    """

    name = "openai"

    def __init__(self, settings: Mapping[str, Any], client: Client, environ: Mapping[str, str]) -> None:
        self._client = client
        self._key = find_key(settings, environ, "OPENAI_API_KEY")
        self._base_url = str(settings.get("base_url") or BASE_URL).rstrip("/")
        self._elsewhere = bool(settings.get("base_url"))
        self._headers = {"accept": "application/json", **bearer(self._key)}
        for setting, variable in (("organization", "OPENAI_ORG_ID"), ("project", "OPENAI_PROJECT_ID")):
            if value := settings.get(setting) or environ.get(variable):
                self._headers[f"openai-{setting}"] = str(value)

    def missing(self) -> str | None:
        """The key, where there is none."""
        return None if self._key else "set OPENAI_API_KEY"

    def offer(self, wish: Wish) -> Offer:
        """What the model's family does by itself. A stream of several images does not say which one it previews."""
        family = family_of(wish.model)
        return Offer(
            images_per_call=1 if wish.partial_images else MOST,
            sizes=family.sizes,
            fits=family.fits,
            keeps_size=False,
            mask=True,
            transparent=Background.TRANSPARENT in family.backgrounds,
            partials=3,
            max_images=MOST_INPUTS,
            formats=frozenset(Format),
            input_formats=frozenset({"png", "jpeg", "webp"}),
            hints=frozenset({"quality", "user", "safety_identifier"})
            | ({"input_fidelity"} if family.input_fidelity else set()),
            detached=True,
            longest_prompt=LONGEST_PROMPT,
        )

    async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
        """One request. Fewer images than asked are passed on as they came; none at all is a failure."""
        family = family_of(call.model)
        body = edit_form(call, family) if call.mask is None else await asyncio.to_thread(edit_form, call, family)
        url = f"{self._base_url}/images/edits"
        async with self._client.send(
            self.name, "POST", url, deadline=call.deadline, headers=self._sent(), body=body
        ) as answer:
            del body
            if answer.status != 200:
                raise refused(self.name, await refusal_of(answer))
            async with aclosing(self._events(answer, len(call.seeds))) as events:
                async for event in events:
                    yield event

    async def reach(self, deadline: float) -> Reached:
        """GET /models: free, and refused without a valid key (openai 3.52.0, resources/models.py)."""
        asked = Question(
            url=f"{self._base_url}/models",
            headers=self._sent(),
            key="OPENAI_API_KEY",
            base="RETOUCH_ENGINES__OPENAI__BASE_URL",
            models=model_ids,
        )
        return await reach(self._client, self.name, asked, deadline=deadline)

    def _sent(self) -> dict[str, str]:
        return {**self._headers, **(onward() if self._elsewhere else {})}

    async def _events(self, answer: Answer, images: int) -> AsyncGenerator[EngineEvent, None]:
        if answer.media_type == "text/event-stream":
            async with aclosing(read_events(self.name, answer, images)) as events:
                async for event in events:
                    yield event
            return
        found, usage = await read_images(self.name, answer, images)
        for index, image in enumerate(found[:images]):
            # GPT image models answer base64 alone.
            yield Made(index, open_base64(self.name, image.base64 or b""), image.revised_prompt)
        if usage is not None:
            yield usage

    async def close(self) -> None:
        """Nothing of its own: the client is the application's."""
