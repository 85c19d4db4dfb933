"""What an edit is once accepted, and what it tells while it runs."""

from dataclasses import dataclass

from retouch.admission.running import Running
from retouch.domain.engine import MaskKind, Usage
from retouch.finishing import Finished
from retouch.routing.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An edit that was accepted: what the answer's head says of it.

    `asked_model` is the id that the caller named, which answers echo. `created` is in Unix seconds.
    """

    id: str
    created: int
    asked_model: str
    plan: Plan
    mask: MaskKind


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
