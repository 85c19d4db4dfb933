"""Trying an edit's calls on one route after the other."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from retouch.domain.edit import Tier
from retouch.domain.engine import EngineCall, EngineEvent, Made, Offer, Partial, Usage, Wish
from retouch.domain.errors import Accepted, Code, RetouchError, UpstreamFailure
from retouch.domain.model import Model, Route
from retouch.domain.picture import Format, Picture, Size
from retouch.engines.upstream.failures import Refusal as ProviderRefusal
from retouch.engines.upstream.failures import refused
from retouch.routing import attempts as module
from retouch.routing.attempts import Attempts, Candidate
from retouch.routing.circuit import FAILURES, Circuit, State
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


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.001)


async def test_the_first_route_serves() -> None:
    one, two = Scripted("one"), Scripted("two")
    attempts = tries(candidate(one), candidate(two))
    assert await made(attempts) == [(0, "one 10")]
    assert two.calls == []
    assert [(tried.route.engine, tried.cause) for tried in attempts.record] == [("one", None)]


async def test_an_edit_of_which_nothing_is_missing_asks_nobody() -> None:
    """Another process had finished every image, and died before it could say so."""
    one = Scripted("one")
    attempts = tries(candidate(one))
    async with asyncio.timeout(30):
        assert await made(attempts, 0) == []
    assert (one.calls, attempts.record) == ([], [])


async def test_a_picture_of_no_use_goes_to_the_next_route_and_its_siblings_are_kept() -> None:
    """The route itself is well: its circuit does not count what it painted."""
    one, two = Scripted("one"), Scripted("two")
    one.unfit = {"one 11"}
    circuit = Circuit()
    for _ in range(FAILURES):
        attempts = tries(candidate(one, per_call=3, circuit=circuit), candidate(two))
        assert await made(attempts, 3) == [(0, "one 10"), (1, "two 11"), (2, "one 12")]
    assert circuit.state is State.CLOSED
    assert [(tried.images, tried.cause, tried.made) for tried in attempts.record] == [
        ((0, 1, 2), "failed", 3),  # what was of no use was given, and is charged for
        ((1,), None, 1),
    ]


async def test_the_record_counts_the_images_that_a_broken_off_call_had_given() -> None:
    """Two of three came before the provider broke off: two are paid for there, one on the next route."""
    one, two = Scripted("one"), Scripted("two")
    one.breaks_after = 2
    attempts = tries(candidate(one, per_call=3), candidate(two))
    assert await made(attempts, 3) == [(0, "one 10"), (1, "one 11"), (2, "two 12")]
    assert [(tried.cause, tried.made) for tried in attempts.record] == [("failed", 2), (None, 1)]


async def test_a_picture_of_no_use_on_every_route_is_the_failure() -> None:
    one = Scripted("one")
    one.unfit = {"one 10"}
    with pytest.raises(UpstreamFailure):
        await made(tries(candidate(one)))
    assert one.calls == [(10,)], "it was painted, and paid for: not asked again"


async def test_a_refused_call_goes_to_the_next_route() -> None:
    one, two = Scripted("one", [failure(REFUSED)]), Scripted("two")
    attempts = tries(candidate(one), candidate(two))
    assert await made(attempts) == [(0, "two 10")]
    assert [(tried.route.engine, tried.cause) for tried in attempts.record] == [("one", "failed"), ("two", None)]


async def test_a_refused_call_is_tried_again_where_there_is_no_other_route() -> None:
    one = Scripted("one", [failure(REFUSED), failure(REFUSED)])
    assert await made(tries(candidate(one))) == [(0, "one 10")]
    assert len(one.calls) == 3


@pytest.mark.parametrize("status", [401, 402, 403, 404])
async def test_a_refusal_that_no_other_try_mends_is_not_asked_for_again_there(status: int) -> None:
    """A key that has expired: the next route at once, and no second round on the first."""
    wrong_key = refused("one", ProviderRefusal(status=status))
    one, two = Scripted("one", [wrong_key]), Scripted("two", [failure(REFUSED)])
    assert await made(tries(candidate(one), candidate(two))) == [(0, "two 10")]
    assert (len(one.calls), len(two.calls)) == (1, 2)
    alone = Scripted("alone", [wrong_key])
    with pytest.raises(UpstreamFailure):
        await made(tries(candidate(alone)))
    assert len(alone.calls) == 1


async def test_a_busy_provider_is_asked_again() -> None:
    one = Scripted("one", [refused("one", ProviderRefusal(status=429))])
    assert await made(tries(candidate(one))) == [(0, "one 10")]


async def test_a_route_that_fell_silent_is_not_asked_again() -> None:
    """It may be working, and charging, still."""
    one, two = Scripted("one", [failure(SILENT)]), Scripted("two")
    with pytest.raises(UpstreamFailure):
        await made(tries(candidate(one), candidate(two)))
    assert (len(one.calls), len(two.calls)) == (1, 0)


async def test_the_operator_may_let_the_next_route_replace_a_silent_one() -> None:
    one, two = Scripted("one", [failure(SILENT)]), Scripted("two")
    assert await made(tries(candidate(one), candidate(two), reroute=True)) == [(0, "two 10")]
    assert len(one.calls) == 1


async def test_what_was_taken_on_and_failed_is_tried_elsewhere_but_not_there() -> None:
    one, two = Scripted("one", [failure(BROKE)]), Scripted("two", [failure(BROKE)])
    with pytest.raises(UpstreamFailure):
        await made(tries(candidate(one), candidate(two)))
    assert (len(one.calls), len(two.calls)) == (1, 1)


async def test_a_callers_own_mistake_is_told_at_once() -> None:
    one, two = Scripted("one", [failure(CALLERS_FAULT)]), Scripted("two")
    with pytest.raises(UpstreamFailure):
        await made(tries(candidate(one), candidate(two)))
    assert two.calls == []


async def test_images_that_fail_are_missing_from_those_that_are_made() -> None:
    one = Scripted("one", [None, failure(CALLERS_FAULT), None])
    assert [index for index, _ in await made(tries(candidate(one)), 3)] == [0, 2]


async def test_count_is_cut_into_calls_as_each_route_takes_them() -> None:
    """Two images that the first route refuses become two calls on a route that gives one per call."""
    one, two = Scripted("one", [failure(REFUSED)]), Scripted("two")
    attempts = tries(candidate(one, per_call=4), candidate(two))
    assert await made(attempts, 2) == [(0, "two 10"), (1, "two 11")]
    assert one.calls == [(10, 11)]
    assert two.calls == [(10,), (11,)]


async def test_closing_stops_every_call_and_gives_every_place_back() -> None:
    one = Scripted("one")
    them = candidate(one)
    events = tries(them).run(range(8))
    await anext(events)
    await events.aclose()
    assert one.inside == 0
    async with asyncio.timeout(5):
        for _ in range(4):
            async with them.slots.run():
                pass


async def test_an_open_circuit_is_passed_over() -> None:
    one, two, circuit = Scripted("one"), Scripted("two"), Circuit()
    for _ in range(FAILURES):
        circuit.failed(failure(REFUSED))
    assert await made(tries(candidate(one, circuit=circuit), candidate(two))) == [(0, "two 10")]
    assert one.calls == []


async def test_when_every_route_is_open_the_caller_is_told_when_to_come_back() -> None:
    circuit = Circuit()
    circuit.failed(failure(REFUSED, retry_after=60))
    with pytest.raises(RetouchError) as caught:
        await made(tries(candidate(Scripted("one"), circuit=circuit)))
    assert caught.value.code is Code.OVERLOADED
    assert caught.value.retry_after
    assert 50 < caught.value.retry_after <= 60


def test_a_circuit_opens_lets_one_call_try_and_closes() -> None:
    now = 100.0
    circuit = Circuit(lambda: now)
    for _ in range(FAILURES):
        assert circuit.allows()
        circuit.failed(failure(BROKE))
    assert [circuit.state] == [State.OPEN]
    assert not circuit.allows()
    now += circuit.opens_in
    assert [circuit.state] == [State.HALF_OPEN]
    assert circuit.allows()
    assert not circuit.allows()
    circuit.failed(failure(BROKE))
    assert [circuit.state] == [State.OPEN]
    now += circuit.opens_in
    assert circuit.allows()
    circuit.left()
    assert circuit.allows()
    circuit.succeeded()
    assert circuit.state is State.CLOSED


def test_a_callers_fault_says_nothing_of_a_routes_health() -> None:
    circuit = Circuit()
    for _ in range(FAILURES * 2):
        circuit.failed(failure(CALLERS_FAULT))
    assert circuit.state is State.CLOSED


class Stubborn(Scripted):
    """An engine that never ends by itself; `ended` once it was made to."""

    def __init__(self) -> None:
        super().__init__("stubborn")
        self.ended = asyncio.Event()

    async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
        self.calls.append(call.seeds)
        try:
            await asyncio.Event().wait()
            yield Usage()
        finally:
            self.ended.set()


async def test_an_engine_that_knows_no_deadline_is_stopped_soon_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether its provider goes on is not known, so nothing else is tried."""
    monkeypatch.setattr(module, "MOMENT", 0.01)
    one, two = Stubborn(), Scripted("two")
    attempts = tries(candidate(one), candidate(two), seconds=0.01)
    with pytest.raises(UpstreamFailure) as caught:
        await made(attempts)
    assert (caught.value.code, caught.value.accepted) == (Code.UPSTREAM_TIMEOUT, Accepted.UNKNOWN)
    assert one.ended.is_set()
    assert two.calls == []
    assert [tried.cause for tried in attempts.record] == ["no answer in time"]


async def test_an_edit_that_gets_no_turn_in_time_is_not_sent() -> None:
    one = Scripted("one")
    route = candidate(one)
    async with AsyncExitStack() as taken:
        for _ in range(4):
            await taken.enter_async_context(route.slots.run())
        with pytest.raises(RetouchError) as caught:
            await made(tries(route, seconds=0.01))
    assert caught.value.code is Code.UPSTREAM_TIMEOUT
    assert one.calls == []


async def test_engines_are_told_when_nobody_waits_any_more() -> None:
    """What is under way goes on unless its engine gives it up; what waits for a place, or for another try, does not."""
    seen: list[asyncio.Event | None] = []

    class Watching(Scripted):
        async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
            seen.append(call.withdrawn)
            attempts.withdrawn.set()
            async for event in super().run(call):
                yield event

    one = Watching("one")
    attempts = tries(replace(candidate(one), slots=Slots("narrow", running=1, waiting=0)))
    assert await made(attempts, 3) == [(0, "one 10")]
    assert seen == [attempts.withdrawn]
    assert [tried.cause for tried in attempts.record] == [None, *["not sent: nobody waited any more"] * 2]


async def test_nothing_is_tried_again_for_nobody() -> None:
    one, two = Scripted("one", [failure(REFUSED)]), Scripted("two")
    attempts = tries(candidate(one), candidate(two))
    one.on_call = attempts.withdrawn.set
    with pytest.raises(UpstreamFailure):
        await made(attempts)
    assert two.calls == []
