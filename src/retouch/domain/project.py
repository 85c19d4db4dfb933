"""A project: an edit that is made later, as its owner sees it; and the pictures that are handed in for one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from retouch.domain.ledger import EditState, Output


class ProjectStatus(StrEnum):
    """Where a project stands, in Magic Hour's words (magic_hour 0.90.0; `draft` is not used here)."""

    QUEUED = "queued"
    RENDERING = "rendering"
    COMPLETE = "complete"
    ERROR = "error"
    CANCELED = "canceled"


STATUSES: Mapping[EditState, ProjectStatus] = {
    EditState.QUEUED: ProjectStatus.QUEUED,
    EditState.RUNNING: ProjectStatus.RENDERING,
    EditState.COMPLETE: ProjectStatus.COMPLETE,
    EditState.FAILED: ProjectStatus.ERROR,
    EditState.CANCELED: ProjectStatus.CANCELED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project and what came of it. It has the id of its edit; amounts are micro-credits, refunds not taken off."""

    id: str
    account_id: str
    name: str | None
    state: EditState
    images_asked: int
    charged: int
    refunded: int
    outputs: Sequence[Output]
    error: Mapping[str, Any] | None
    cancel_asked_at: datetime | None
    deleted_at: datetime | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def status(self) -> ProjectStatus:
        """Where it stands."""
        return STATUSES[self.state]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A picture that an unsettled project needs: where it lies, and what the caller called it."""

    key: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done for a project: where its pictures lie, and everything else that was asked for, as JSON."""

    request: Mapping[str, Any]
    folder: str
    images: Sequence[Input]
    mask: Input | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A picture to be handed in, or handed in: `path` is its name in requests, `key` where it lies.

    Whoever receives it now has ended by `receiving_until`, dead or alive.
    """

    path: str
    account_id: str
    key: str
    max_bytes: int
    state: str
    expires_at: datetime
    receiving_until: datetime | None
