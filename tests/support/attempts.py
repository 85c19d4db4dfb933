"""Routes with engines that do what they are told, for tests of what is tried on them."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence

from retouch.domain.edit import Tier
from retouch.domain.engine import EngineCall, EngineEvent, Made, Offer, Partial, Usage, Wish
from retouch.domain.errors import Accepted, Code, UpstreamFailure
from retouch.domain.model import Model, Route
from retouch.domain.picture import Format, Picture, Size
from retouch.routing.attempts import Attempts, Candidate
from retouch.routing.circuit import Circuit
from retouch.routing.plan import Plan
from retouch.routing.slots import Slots

PICTURE = Picture(b"x", "png", Size(1, 1))
REFUSED = {"accepted": Accepted.NO, "elsewhere": True}
SILENT = {"accepted": Accepted.UNKNOWN, "elsewhere": True}
BROKE = {"accepted": Accepted.YES, "elsewhere": True}
CALLERS_FAULT = {"accepted": Accepted.NO, "elsewhere": False}


def failure(kind: dict[str, object], **more: object) -> UpstreamFailure:
    return UpstreamFailure(Code.UPSTREAM_ERROR, "failed", cause="failed", **{**kind, **more})  # type: ignore[arg-type]


class Scripted:
    """An engine that does what it is told, call by call; then it serves."""

    def __init__(self, name: str, script: Sequence[Exception | None] = ()) -> None:
        self._name = name
        self._script = list(script)
        self.calls: list[tuple[int, ...]] = []
        self.on_call: Callable[[], None] = lambda: None
        self.inside = 0
        self.unfit: set[str] = set()
        self.breaks_after: int | None = None

    @property
    def name(self) -> str:
        return self._name

    def missing(self) -> str | None:
        return None

    def offer(self, wish: Wish) -> Offer:
        return Offer()

    async def call(self, seeds: tuple[int, ...]) -> EngineCall:
        return EngineCall(model="m", prompt="p", images=(PICTURE,), seeds=seeds, deadline=0)

    async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
        self.calls.append(call.seeds)
        self.on_call()
        self.inside += 1
        try:
            await asyncio.sleep(0)
            outcome = self._script.pop(0) if self._script else None
            if outcome:
                raise outcome
            for index, seed in enumerate(call.seeds):
                if index == self.breaks_after:
                    raise failure(BROKE)
                yield Made(index, PICTURE, revised_prompt=f"{self.name} {seed}")
            yield Usage(output_image=1)
        finally:
            self.inside -= 1

    async def finish(self, event: Partial | Made) -> str | None:
        """What is in `unfit` is of no use, though the engine did as it was asked."""
        assert isinstance(event, Made)
        if event.revised_prompt in self.unfit:
            raise failure(BROKE)
        return event.revised_prompt

    async def close(self) -> None:
        pass


def candidate(engine: Scripted, *, per_call: int = 1, circuit: Circuit | None = None) -> Candidate[str]:
    plan = Plan(
        model=Model(id="m", owned_by="o", summary="s"),
        route=Route(engine.name, "r"),
        offer=Offer(images_per_call=per_call),
        size=None,
        frame=None,
        ask=None,
        prompt="p",
        cut_out=False,
        mask_emulated=False,
        guided=False,
        images=1,
        first_seed=10,
        copies=1,
        tier=Tier.MEDIUM,
        format=Format.PNG,
        compression=100,
        delivery="both",
        partial_images=0,
        emulated=(),
        ignored_hints=(),
    )
    return Candidate(plan, engine, Slots("scripted", running=4, waiting=0), circuit or Circuit(), engine)


async def made(attempts: Attempts[str], images: int = 1) -> list[tuple[int, str | None]]:
    found = [news async for news in attempts.run(range(images))]
    return sorted((news.image, news.result) for news in found if isinstance(news.event, Made))


def tries(*candidates: Candidate[str], seconds: float = 60, reroute: bool = False) -> Attempts[str]:
    return Attempts(candidates, time.monotonic() + seconds, reroute)
