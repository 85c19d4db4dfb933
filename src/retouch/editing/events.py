"""What an edit is once accepted, and what it tells while it runs."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from retouch.admission.running import Running
from retouch.domain.engine import MaskKind, Usage
from retouch.domain.ledger import Admission, Output
from retouch.domain.moderation import Subject
from retouch.finishing import Finished
from retouch.routing.attempts import Attempts
from retouch.routing.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the answer's head and headers say, whoever gives the answer and however often.

    `created` is in Unix seconds, `charged` in micro-credits, refunds taken off. `mask` is how the area was read, or
    empty. `usage` is known once the edit has ended.
    """

    id: str
    created: int
    model: str
    quality: str
    delivery: str
    charged: int
    mask: str
    engines: tuple[str, ...] = ()
    emulated: tuple[str, ...] = ()
    ignored_hints: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)

    def kept(self) -> dict[str, Any]:
        """What is kept of it, as JSON has it."""
        # `asdict` copies every value, and this is done twice for each edit.
        return {**{one.name: getattr(self, one.name) for one in fields(self)}, "usage": asdict(self.usage)}

    @classmethod
    def of(cls, kept: Mapping[str, Any], charged: int) -> Self:
        """What was kept, with what is charged now."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
        }
        return cls(**{**values, "usage": Usage(**kept["usage"]), "charged": charged})


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An edit that was accepted and runs here. `attempt` is its fence: only the latest attempt may settle.

    `created` is in Unix seconds. `earlier` is what another process had finished of it.
    """

    admission: Admission
    attempt: int
    created: int
    attempts: Attempts[Finished]
    mask: MaskKind
    subject: Subject
    earlier: tuple[Output, ...] = ()

    @property
    def id(self) -> str:
        """The edit's id."""
        return self.admission.edit_id

    @property
    def plan(self) -> Plan:
        """What was planned on the first route; on others engine and emulation may differ, the answer may not."""
        return self.attempts.candidates[0].plan

    @property
    def served_by(self) -> tuple[Plan, ...]:
        """The plans that images were made by so far, else the first."""
        served = {attempt.route for attempt in self.attempts.record if attempt.cause is None}
        return tuple(one.plan for one in self.attempts.candidates if one.plan.route in served) or (self.plan,)

    def facts(self, *, charged: int | None = None, usage: Usage | None = None) -> Facts:
        """What the answer says; complete once every image is made."""
        planned = planned_facts(self.admission, self.plan, self.mask, self.created)
        plans = self.served_by
        return replace(
            planned,
            charged=self.admission.total if charged is None else charged,
            engines=_listed(plan.route.engine for plan in plans),
            emulated=_listed(name for plan in plans for name in plan.emulated),
            ignored_hints=_listed(name for plan in plans for name in plan.ignored_hints),
            usage=usage or Usage(),
        )


def planned_facts(admission: Admission, plan: Plan, mask: MaskKind, created: int) -> Facts:
    """What the answer will say if all goes as planned on the first route."""
    return Facts(
        id=admission.edit_id,
        created=created,
        model=admission.asked_model,
        quality=plan.tier.value,
        delivery=plan.delivery,
        charged=admission.total,
        mask="" if mask is MaskKind.NONE else mask.value,
        engines=(plan.route.engine,),
        emulated=plan.emulated,
        ignored_hints=plan.ignored_hints,
        notes=plan.offer.notes,
    )


def _listed(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class PartialImage:
    """A finished preview of image `index`; `step` counts from 0."""

    index: int
    step: int
    image: Finished


@dataclass(frozen=True, slots=True)
class FinalImage:
    """Image `index`, finished and settled; `key` names it in the store, where there is one."""

    index: int
    image: Finished
    key: str | None
    revised_prompt: str | None


@dataclass(frozen=True, slots=True)
class Completed:
    """The last event: the answer's head, now that everything is known."""

    facts: Facts


EditEvent = PartialImage | FinalImage | Completed
RunningEdit = Running[Edit, EditEvent]
