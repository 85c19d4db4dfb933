"""What the ledger is told of an edit and what it says: admission, settlement, and the record that stays.

Amounts are whole micro-credits (`domain.model.MICRO` to a credit), times are in UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

#: Calls that were tried for an edit, as JSON has them; a cost that nobody knows is None.
Calls = Sequence[Mapping[str, Any]]
#: The causes of calls that say nothing of their provider: stopped, or under way, and under way when its process ended.
LEFT = "left"
ENDED = "the server that made this call ended"


class EditState(StrEnum):
    """Where an edit stands. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def final(self) -> bool:
        """Whether nothing changes any more."""
        return self not in {EditState.QUEUED, EditState.RUNNING}


class Outcome(StrEnum):
    """What admission came to. REPLAY and CONFLICT are about the idempotency key, JOINED is a retry that continues an
    earlier edit; the rest after them are refusals.
    """

    ACCEPTED = "accepted"
    REPLAY = "replay"
    CONFLICT = "conflict"
    JOINED = "joined"
    NO_ACCOUNT = "no_account"
    REQUESTS = "requests"
    CONCURRENT = "concurrent"
    IMAGES = "images"
    KEY_CAP = "key_cap"
    ACCOUNT_CAP = "account_cap"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLimits:
    """How much an account may ask for; None is no limit (or, of an account, the settings' default).

    spend_cap: micro-credits in all, refunds taken off.
    """

    requests_per_minute: int | None = None
    concurrent_edits: int | None = None
    images_per_day: int | None = None
    spend_cap: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """An edit that asks to be accepted, and what it will cost: `price` for each of `images`.

    `queued` is accepted for later (`start` runs it), anything else runs from now on. `detached` runs on when its
    client leaves. `parameters` is what was asked for, without image bytes; `answer` what the answer's head will say.
    `retry` is how often its client has tried before, which may have started it already; 0 where that does not count.
    """

    edit_id: str
    account_id: str
    key_id: str
    route: str
    fingerprint: str
    idempotency_key: str | None
    images: int
    price: int
    queued: bool
    detached: bool
    asked_model: str
    model: str
    engine: str
    engine_model: str
    prompt: str
    parameters: Mapping[str, Any]
    end_user: str | None
    answer: Mapping[str, Any]
    retry: int = 0

    @property
    def total(self) -> int:
        """What is charged."""
        return self.price * self.images


@dataclass(frozen=True, slots=True)
class Rate:
    """The tightest limit of requests a minute: how many, how many are left, and in how many seconds all are again."""

    limit: int
    remaining: int
    reset: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The ledger's answer to an admission.

    edit_id: the edit accepted, or the earlier one of the same idempotency key or that a retry joins.
    have: what is left of the balance or the cap that does not suffice, or the limit that was reached.
    wait: seconds after which another try makes sense, where waiting helps.
    """

    outcome: Outcome
    edit_id: str | None
    balance: int
    have: int | None = None
    wait: float | None = None
    rate: Rate | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """An edit for later that was started just now: `attempt` is its fence; `deaths` processes have died with it."""

    edit_id: str
    attempt: int
    deaths: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One finished image of an edit, as the store has it. `key` is where; `background` is opaque or transparent."""

    index: int
    key: str
    width: int
    height: int
    format: str
    background: str
    revised_prompt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How an edit ended: `made` images are there, `due` are paid back.

    attempts: every call that was tried; cost: what providers are reckoned to ask, micro-dollars. answer: what the
    answer's head says, to be given again. error: the code, the message and whatever else the caller was told.
    """

    edit_id: str
    attempt: int
    state: EditState
    made: int
    due: int
    outputs: Sequence[Output] = ()
    attempts: Calls = ()
    cost: int = 0
    answer: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRecord:
    """Everything that is kept of an edit."""

    id: str
    account_id: str
    key_id: str
    state: EditState
    resumable: bool
    detached: bool
    attempt: int
    route: str
    fingerprint: str
    joined: Sequence[int]
    asked_model: str
    model: str
    engine: str
    engine_model: str
    prompt: str
    parameters: Mapping[str, Any]
    end_user: str | None
    images_asked: int
    images_made: int
    price: int
    charged: int
    refunded: int
    attempts: Calls
    cost: int
    outputs: Sequence[Output]
    answer: Mapping[str, Any]
    error: Mapping[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of an account's ledger. `balance` is the account's after it; grants and refunds are above 0."""

    id: int
    account_id: str
    kind: str
    amount: int
    balance: int
    edit_id: str | None
    note: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not add up: `what` in words, and the row's id."""

    what: str
    id: str
    detail: str
