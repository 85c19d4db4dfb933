"""What an edit is once accepted, and what it tells while it runs."""

from dataclasses import dataclass

from retouch.admission.running import Running
from retouch.domain.engine import MaskKind, Usage
from retouch.finishing import Finished
from retouch.routing.attempts import Attempts
from retouch.routing.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An edit that was accepted: what the answer's head says of it.

    `asked_model` is the id that the caller named, which answers echo. `created` is in Unix seconds.
    """

    id: str
    created: int
    asked_model: str
    attempts: Attempts[Finished]
    mask: MaskKind

    @property
    def plan(self) -> Plan:
        """What was planned on the first route; on others engine and emulation may differ, the answer may not."""
        return self.attempts.candidates[0].plan

    @property
    def served_by(self) -> tuple[Plan, ...]:
        """The plans that images were made by so far, else the first."""
        served = {attempt.route for attempt in self.attempts.record if attempt.cause is None}
        return tuple(one.plan for one in self.attempts.candidates if one.plan.route in served) or (self.plan,)


@dataclass(frozen=True, slots=True)
class PartialImage:
    """A finished preview of image `index`; `step` counts from 0."""

    index: int
    step: int
    image: Finished


@dataclass(frozen=True, slots=True)
class FinalImage:
    """Image `index`, finished; `key` names it in the store where a link was asked for."""

    index: int
    image: Finished
    key: str | None
    revised_prompt: str | None


@dataclass(frozen=True, slots=True)
class Completed:
    """The last event: what it took."""

    usage: Usage


EditEvent = PartialImage | FinalImage | Completed
RunningEdit = Running[Edit, EditEvent]
