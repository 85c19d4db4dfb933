"""Each engine's provider: is it reached, does it take the key, does it have the models; and what time is it there."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from statistics import median

from retouch.cli.doctor.findings import Finding, State
from retouch.domain.engine import Engine, Reachable, Reached
from retouch.routing.choose import Chooser

#: Seconds that clocks may differ: signed requests and tokens allow for minutes, and a date header is whole seconds.
DRIFT = 30.0


async def check_providers(engines: Mapping[str, Engine], chooser: Chooser, seconds: float) -> list[Finding]:
    """Ask every engine that can be asked, side by side, at most for so many seconds; and compare clocks."""
    asked = {name: engine for name, engine in engines.items() if isinstance(engine, Reachable)}
    ready = {name: engine for name, engine in asked.items() if engines[name].missing() is None}
    clocks: list[float] = []

    async def ask(engine: Reachable) -> Reached:
        try:
            async with asyncio.timeout(seconds + 1):
                answer = await engine.reach(time.monotonic() + seconds)
        except TimeoutError:
            return Reached(ok=False, found=f"no answer in {seconds:g} s", advice="try again later")
        if answer.date is not None:
            clocks.append(time.time() - answer.date)
        return answer

    answers = dict(zip(ready, await asyncio.gather(*map(ask, ready.values())), strict=True))
    findings = [_finding(name, engines[name], answers.get(name), chooser) for name in asked]
    return [*findings, *_clock(clocks)]


def _finding(name: str, engine: Engine, answer: Reached | None, chooser: Chooser) -> Finding:
    if answer is None:
        return Finding(name, State.OFF, "not set up", f"{engine.missing()} to use it")
    if not answer.ok:
        return Finding(name, State.PROBLEM, answer.found, answer.advice)
    absent = sorted(_routed(name, chooser) - answer.models) if answer.models else []
    if absent:
        advice = "ask the provider for access, or give these models other routes"
        return Finding(name, State.WARNING, f"{answer.found}, but not {', '.join(absent)}", advice)
    return Finding(name, State.OK, answer.found)


def _routed(engine: str, chooser: Chooser) -> set[str]:
    """The models that routes want from an engine, but those that another route stands in for."""
    last = [model.routes[-1] for model in chooser.catalog if model.routes]
    return {route.model for route in last if route.engine == engine}


def _clock(clocks: list[float]) -> Iterator[Finding]:
    if not clocks:
        return
    ahead = median(clocks)
    if abs(ahead) <= DRIFT:
        yield Finding("clock", State.OK, "as the providers' clocks")
        return
    found = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the providers' clocks"
    yield Finding("clock", State.PROBLEM, found, "set it by NTP: links, tokens and buckets go by the clock")
