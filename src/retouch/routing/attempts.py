"""An edit's images, made by calls that are tried on one route after the other.

Only what a provider surely did not take on is tried again (design.md, Retries by the SDKs); a provider that falls
silent after the body was sent is not asked again, and the next route only where the operator allows it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Generic, NamedTuple, Protocol, TypeVar

from retouch.domain.engine import Engine, EngineCall, EngineEvent, Made, Partial, Usage
from retouch.domain.errors import Accepted, Code, RetouchError, UpstreamFailure, withdrawn
from retouch.domain.ledger import LEFT
from retouch.domain.model import Route
from retouch.routing.circuit import Circuit
from retouch.routing.jobs import Jobs
from retouch.routing.plan import Plan
from retouch.routing.slots import Slots

#: How often all routes are gone through; the pause between, seconds, doubling; and the longest that is waited out.
ROUNDS = 3
PAUSE = 0.25
LONGEST_PAUSE = 10.0
#: Seconds beyond the deadline after which an engine is stopped that has not stopped by itself.
MOMENT = 1.0


Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


class Prepare(Protocol[Result_co]):
    """What lies between the edit and its calls."""

    async def call(self, seeds: tuple[int, ...]) -> EngineCall:
        """The call for some seeds, once a slot is free: nothing is decoded for an edit that still waits."""
        ...

    async def finish(self, event: Partial | Made) -> Result_co | None:
        """What was asked for, made of the engine's picture; None where nothing can be made of it, by any route.

        Raises UpstreamFailure for a picture that is of no use: another route may do better.
        """
        ...


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Result]):
    """A route that can serve the edit, with its plan and everything to call it."""

    plan: Plan
    engine: Engine
    slots: Slots
    circuit: Circuit
    prepare: Prepare[Result]


class News(NamedTuple, Generic[Result]):
    """What happened on a route: `event` of the edit's image number `image`, finished as `result`."""

    candidate: Candidate[Result]
    image: int
    event: EngineEvent
    result: Result | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one call, for the edit's record. `cause` is why it failed, or None where it did not.

    `made` counts the images that the provider gave, of use or not: those it charges for.
    """

    route: Route
    images: tuple[int, ...]
    seconds: float
    cause: str | None
    made: int


@dataclass(slots=True)
class Attempts(Generic[Result]):
    """The calls of one edit, and the record of their tries. `began` once a call has had its slot.

    Set `withdrawn` once nobody waits for the images any more: what no provider has taken on is then given up, and so is
    what a provider confirms to have cancelled without charge; the rest goes on.
    """

    candidates: Sequence[Candidate[Result]]
    deadline: float
    reroute_after_send: bool = False
    jobs: Jobs = field(default_factory=Jobs)
    record: list[Attempt] = field(default_factory=list)
    withdrawn: asyncio.Event = field(default_factory=asyncio.Event)
    began: bool = False
    _calls: dict[int, tuple[Route, tuple[int, ...], float]] = field(default_factory=dict)

    def under_way(self) -> list[Attempt]:
        """The calls under way, as if they were stopped now."""
        now = time.monotonic()
        return [Attempt(route, images, now - started, LEFT, 0) for route, images, started in self._calls.values()]

    async def run(self, images: Sequence[int]) -> AsyncGenerator[News[Result], None]:
        """Make the images of these numbers and yield what happens as it does, side by side.

        Images that fail are missing; where all fail, the first failure is raised. Closing stops every call.
        """
        events: asyncio.Queue[News[Result] | None] = asyncio.Queue()
        groups = self.jobs.groups(images)
        taken = {image for group in groups for image in group}
        left = [image for image in images if image not in taken]
        groups += _groups(left, self.candidates[0].plan.offer.images_per_call)
        calls = [asyncio.create_task(self._make(group, events)) for group in groups]
        at_work = set(calls)

        def ended(call: asyncio.Task[None]) -> None:
            at_work.discard(call)
            if not at_work:
                events.put_nowait(None)

        for call in calls:
            call.add_done_callback(ended)
        made = 0
        if not calls:  # another process had finished every image, and died before it could say so
            return
        try:
            while (item := await events.get()) is not None:
                made += isinstance(item.event, Made)
                yield item
            failures = [error for call in calls if (error := call.exception())]
            if failures and not made:
                raise failures[0]
        finally:
            for call in at_work:
                call.cancel()
            if at_work:
                await asyncio.wait(at_work)

    async def _make(self, images: tuple[int, ...], events: "asyncio.Queue[News[Result] | None]") -> None:
        """Make these images, on whichever route does."""
        left = list(images)
        spent: set[Route] = set()
        failure: UpstreamFailure | None = None
        async with aclosing(self._turns(spent, images)) as turns:
            async for candidate in turns:
                try:
                    for group in list(_groups(left, candidate.plan.offer.images_per_call)):
                        async with aclosing(self._try(candidate, group)) as tried:
                            async for news in tried:
                                if isinstance(news.event, Made):
                                    left.remove(news.image)
                                events.put_nowait(news)
                except UpstreamFailure as error:
                    failure = error
                    if not self._goes_on(error):
                        raise
                    # A refusal that says itself that another try cannot mend it (a wrong key) is not asked for again.
                    if error.accepted is not Accepted.NO or error.retryable is False:
                        spent.add(candidate.plan.route)
                else:
                    return
        raise failure or self._all_open()

    async def _try(self, candidate: Candidate[Result], group: tuple[int, ...]) -> AsyncGenerator[News[Result], None]:
        """One call on one route."""
        started, cause, told, given = time.monotonic(), LEFT, False, 0
        unfit: UpstreamFailure | None = None
        try:
            async with AsyncExitStack() as slot:
                await self._turn(candidate, slot)
                started, self.began = time.monotonic(), True
                self._calls[group[0]] = (candidate.plan.route, group, started)
                call = await candidate.prepare.call(tuple(candidate.plan.seed(index) for index in group))
                route = candidate.plan.route
                call = replace(
                    call,
                    withdrawn=self.withdrawn,
                    submitted=self.jobs.keeper(route, group),
                    job=self.jobs.take(route, group),
                )
                async with _in_time(self.deadline), aclosing(candidate.engine.run(call)) as source:
                    async for event in source:
                        if isinstance(event, Usage):
                            yield News(candidate, group[0], event, None)
                            continue
                        given += isinstance(event, Made)
                        try:
                            result = await candidate.prepare.finish(event)
                        except UpstreamFailure as failure:
                            if isinstance(event, Made):  # a preview may still be far from the picture
                                unfit = failure
                            continue
                        yield News(candidate, group[event.index], event, result)
            # The route is well, whatever it painted.
            candidate.circuit.succeeded()
            cause, told = unfit.cause if unfit else "", True
        except UpstreamFailure as failure:
            candidate.circuit.failed(failure)
            cause, told = failure.cause, True
            raise
        except RetouchError as error:
            cause = error.code.value
            raise
        finally:
            if not told:
                candidate.circuit.left()
            self._calls.pop(group[0], None)
            seconds = time.monotonic() - started
            self.record.append(Attempt(candidate.plan.route, group, seconds, cause or None, given))
        if unfit:
            raise unfit

    async def _turn(self, candidate: Candidate[Result], slot: AsyncExitStack) -> None:
        """Wait for a place on the route, which `slot` gives back; not beyond the deadline, nor for nobody."""
        try:
            async with asyncio.timeout(max(0.0, self.deadline - time.monotonic())):
                await slot.enter_async_context(candidate.slots.run())
        except TimeoutError:
            raise RetouchError(Code.UPSTREAM_TIMEOUT, "The edit did not get its turn in time.") from None
        if self.withdrawn.is_set():
            raise withdrawn("not sent: nobody waited any more")

    async def _turns(self, spent: set[Route], images: tuple[int, ...]) -> AsyncGenerator[Candidate[Result], None]:
        """The routes to try, those left alone or spent passed over; round after round while there is time.

        Before all others the one where the images were asked for already.
        """
        for candidate in self.candidates:
            if self.jobs.waits_at(candidate.plan.route, images):
                yield candidate
        for number in range(ROUNDS):
            if number:
                waits = [one.circuit.opens_in for one in self.candidates if one.plan.route not in spent]
                pause = max(PAUSE * 2 ** (number - 1), min(waits, default=LONGEST_PAUSE + 1))
                if pause > LONGEST_PAUSE or time.monotonic() + pause >= self.deadline:
                    return
                await asyncio.sleep(pause)
            for candidate in self.candidates:
                if candidate.plan.route not in spent and candidate.circuit.allows():
                    yield candidate

    def _goes_on(self, failure: UpstreamFailure) -> bool:
        if not failure.elsewhere or self.withdrawn.is_set() or time.monotonic() >= self.deadline:
            return False
        return failure.accepted is not Accepted.UNKNOWN or self.reroute_after_send

    def _all_open(self) -> RetouchError:
        wait = min(one.circuit.opens_in for one in self.candidates)
        return RetouchError(
            Code.OVERLOADED, "Every route of this model is failing at the moment.", retry_after=max(1.0, wait)
        )


def _groups(images: Sequence[int], size: int) -> Iterator[tuple[int, ...]]:
    for start in range(0, len(images), size):
        yield tuple(images[start : start + size])


@asynccontextmanager
async def _in_time(deadline: float) -> AsyncIterator[None]:
    """Up to the deadline, and a moment longer: that it passed is the engine's to tell first."""
    try:
        async with asyncio.timeout(max(0.0, deadline + MOMENT - time.monotonic())):
            yield
    except TimeoutError:
        raise UpstreamFailure(
            Code.UPSTREAM_TIMEOUT,
            "The edit was not done in time.",
            accepted=Accepted.UNKNOWN,
            elsewhere=True,
            cause="no answer in time",
            retryable=False,
        ) from None
