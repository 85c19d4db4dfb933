"""Self-hosted, OpenAI-compatible servers as engines: one per table of the operator's."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from yarl import URL

from retouch.domain.engine import EngineCall, EngineEvent, Made, MaskKind, Offer, Reached, Wish
from retouch.domain.picture import Picture
from retouch.domain.via import onward
from retouch.engines.compatible.form import edit_body
from retouch.engines.compatible.kinds import KINDS, Kind, Way
from retouch.engines.compatible.prompts import refuse_controls
from retouch.engines.compatible.settings import Instance, instances
from retouch.engines.upstream import (
    Answer,
    Answered,
    Client,
    Question,
    download,
    open_base64,
    reach,
    read_events,
    read_images,
    refusal_of,
    refused,
)


def build(settings: Mapping[str, Mapping[str, Any]], client: Client) -> list["Compatible"]:
    """An engine for each table under `engines` that has a `kind`, and always `compatible` (see `settings`).

    Raises ValueError naming the setting that is wrong.
    """
    return [Compatible(instance, client) for instance in instances(settings)]


class Compatible:
    """One server, of one kind."""

    def __init__(self, instance: Instance, client: Client) -> None:
        self.name = instance.name
        self._instance = instance
        self._client = client
        self._kind = _told(KINDS[instance.kind], instance)

    def missing(self) -> str | None:
        """The address, where there is none."""
        if self._instance.base_url:
            return None
        if not self.name.isidentifier():
            return f"set engines.{self.name}.base_url"
        return f"set RETOUCH_ENGINES__{self.name.upper()}__BASE_URL"

    def offer(self, wish: Wish) -> Offer:
        """What this kind of server does by itself.

        Raises INVALID_REQUEST for a prompt that would command the server.
        """
        kind = self._kind
        refuse_controls(wish.prompt, wish.negative_prompt, kind.controls)
        way = self._way(wish.mask is not MaskKind.NONE, len(wish.images))
        return Offer(
            images_per_call=way.per_call,
            sizes=None if way.only is None else (way.only,),
            keeps_size=way.only is None,
            mask=way.mask is not None,
            varied=way.varied,
            seed=way.seeded or "seed" in way.sends,
            negative_prompt=way.negated or "negative_prompt" in way.sends,
            transparent=kind.transparent,
            partials=kind.partials,
            max_images=way.most_images,
            formats=kind.formats,
            input_formats=kind.input_formats,
            hints=kind.hints,
            detached=True,
            longest_prompt=kind.longest_prompt,
        )

    async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
        """One request. Fewer images than asked are passed on as they came; none at all is a failure."""
        # Planning has asked the offer; a command to the operator's server is worth asking twice.
        refuse_controls(call.prompt, call.negative_prompt, self._kind.controls)
        way = self._way(call.mask is not None, len(call.images))
        body = await asyncio.to_thread(edit_body, call, self._kind, way)
        headers = {"accept": "application/json", **self._instance.headers, **onward()}
        url = self._instance.base_url + way.path
        async with self._client.send(
            self.name, "POST", url, deadline=call.deadline, headers=headers, body=body
        ) as answer:
            del body
            if answer.status != 200:
                raise refused(self.name, await refusal_of(answer))
            async with aclosing(self._events(answer, call, way)) as events:
                async for event in events:
                    yield event

    async def _events(self, answer: Answer, call: EngineCall, way: Way) -> AsyncGenerator[EngineEvent, None]:
        if answer.media_type == "text/event-stream":
            async with aclosing(read_events(self.name, answer, len(call.seeds))) as events:
                async for event in events:
                    yield event
            return
        found, usage = await read_images(self.name, answer, len(call.seeds))
        for index, image in enumerate(found[: len(call.seeds)]):
            # Some servers call the prompt as it was sent revised; ours may hold a tag that we added.
            revised = image.revised_prompt if image.revised_prompt != way.prompt(call) else None
            yield Made(index, await self._picture(image, call.deadline), revised)
        if usage is not None:
            yield usage

    async def _picture(self, image: Answered, deadline: float) -> Picture:
        if image.base64 is not None:
            return open_base64(self.name, image.base64)
        address = image.url or ""
        if self._kind.own_paths and not address.startswith("data:"):
            address = URL(address).raw_path
        hosts, headers = self._instance.hosts, self._instance.headers
        return await download(self._client, self.name, address, hosts, deadline=deadline, headers=headers)

    async def reach(self, deadline: float) -> Reached:
        """GET /models: not every such server has it, and not every one that has it asks for the key there."""
        name = self.name.upper()
        asked = Question(
            url=f"{self._instance.base_url}/models",
            headers={"accept": "application/json", **self._instance.headers, **onward()},
            key=f"RETOUCH_ENGINES__{name}__API_KEY",
            base=f"RETOUCH_ENGINES__{name}__BASE_URL",
            absent={404, 405, 501},
            proves=False,
        )
        return await reach(self._client, self.name, asked, deadline=deadline)

    def _way(self, masked: bool, images: int) -> Way:
        """The way with a mask where there is one to read it; without, planning emulates the mask."""
        way = self._kind.masked
        return way if masked and way is not None and images <= way.most_images else self._kind.edit

    async def close(self) -> None:
        """Nothing of its own: the client is the application's."""


def _told(kind: Kind, instance: Instance) -> Kind:
    """The kind as the operator knows this server."""
    masked = kind.masked if (kind.reads_masks if instance.mask is None else instance.mask) else None
    edit = _seeded(kind.edit, instance)
    return replace(kind, edit=edit, masked=masked and _seeded(masked, instance))


def _seeded(way: Way, instance: Instance) -> Way:
    return replace(way, sends=(*way.sends, "seed")) if instance.seed and "seed" not in way.sends else way
