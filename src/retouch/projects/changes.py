"""The one place where a change of a project's status is told."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from psycopg.rows import scalar_row

from retouch.domain.ledger import EditState
from retouch.domain.project import STATUSES, ProjectStatus
from retouch.stores.database import Connection, fetch_one
from retouch.stores.queries import query

_STATE = query("edit_state")


@dataclass(frozen=True, slots=True)
class Change:
    """A project has got this status. A project that is taken up again is `rendering` more than once."""

    project_id: str
    status: ProjectStatus


Listener = Callable[[Connection, Change], Awaitable[None]]


class Changes:
    """Tells listeners of each change on the connection of the transaction that makes it: what they write there (a job
    on the queue, say) is there exactly if the change is. What a listener raises undoes the change.
    """

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = listeners

    async def ended(self, connection: Connection, project_id: str) -> None:
        """To be called in the transaction that settles a project's edit."""
        state: str | None = await fetch_one(connection, scalar_row, _STATE, {"id": project_id})
        assert state is not None, "it was settled just now"  # noqa: S101
        await self.tell(connection, project_id, STATUSES[EditState(state)])

    async def tell(self, connection: Connection, project_id: str, status: ProjectStatus) -> None:
        """To be called in the transaction that makes the change."""
        for listener in self._listeners:
            await listener(connection, Change(project_id, status))
