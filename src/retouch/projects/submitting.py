"""From what is asked for to a project in line: pictures kept, charged and put on the queue, or refused."""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from retouch.admission.keys import Caller
from retouch.domain.edit import EditRequest, ImageInput
from retouch.domain.errors import Code, RetouchError
from retouch.domain.ledger import Rate
from retouch.domain.project import Input, Order, Project, ProjectStatus
from retouch.editing import Editing
from retouch.fetch import Reserve
from retouch.projects.changes import Changes
from retouch.projects.requests import kept
from retouch.stores.database import Connection, Database
from retouch.stores.ids import new_id
from retouch.stores.ledger import Ledger
from retouch.stores.objects import Objects
from retouch.stores.projects import Projects
from retouch.stores.queue import TICKET, Queue

_log = logging.getLogger("retouch.projects")

#: Where the pictures of unsettled projects lie.
INPUTS = "inputs"


@dataclass(frozen=True, slots=True)
class Submission:
    """An edit that is wanted later. `route` is where it came in; `name` is its owner's.

    `attempt` is how often its client has tried before, None for one that does not count: see `Editing.begin`.
    """

    request: EditRequest
    route: str
    name: str | None = None
    idempotency_key: str | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """The project, the limit of requests a minute, and how it was found if it was there already."""

    project: Project
    rate: Rate | None
    joined: bool
    replayed: bool


class Submitting:
    """What the owner of projects asks for."""

    def __init__(
        self,
        database: Database,
        *,
        editing: Editing,
        ledger: Ledger,
        objects: Objects,
        queue: Queue,
        changes: Changes,
    ) -> None:
        self._database = database
        self._projects = Projects(database)
        self._editing = editing
        self._ledger = ledger
        self._objects = objects
        self._queue = queue
        self._changes = changes

    async def submit(self, wanted: Submission, caller: Caller, *, reserve: Reserve | None = None) -> Submitted:
        """Accept and charge a project, or find the one that this request asks for again.

        Raises RetouchError; nothing is charged and nothing kept then.
        """
        order: Order | None = None
        taken = False

        async def keep(request: EditRequest) -> None:
            nonlocal order
            order = _order(request)
            await self._put(order, request)

        async def also(connection: Connection, edit_id: str) -> None:
            nonlocal taken
            assert order is not None, "it is kept before it is charged"  # noqa: S101
            await self._projects.add(connection, edit_id, caller.account_id, wanted.name, order)
            await self._queue.defer(connection, TICKET)
            await self._changes.tell(connection, edit_id, ProjectStatus.QUEUED)
            taken = True

        try:
            accepted = await self._editing.later.accept(
                wanted.request,
                caller,
                wanted.route,
                keep=keep,
                also=also,
                attempt=wanted.attempt,
                idempotency_key=wanted.idempotency_key,
                reserve=reserve,
            )
        finally:
            # Once the transaction was begun nobody but the database knows whether it was committed: what it did not
            # take is found by the sweep.
            if order is not None and not taken:
                await self._drop(order)
        project = await self.find(accepted.edit_id, caller)
        return Submitted(project, accepted.rate, accepted.joined, accepted.replayed)

    async def find(self, id_: str, caller: Caller) -> Project:
        """A project of the caller's account. Raises NOT_FOUND."""
        found = await self._projects.find(id_, caller.account_id)
        if found is None:
            raise RetouchError(Code.NOT_FOUND, "There is no such project.")
        return found

    async def list(self, caller: Caller, *, after: str | None, limit: int) -> list[Project]:
        """The projects of the caller's account, newest first."""
        return await self._projects.list(caller.account_id, after=after, limit=limit)

    async def cancel(self, id_: str, caller: Caller) -> Project:
        """Stop a project: at once while it waits, and otherwise as soon as its process hears of it.

        What a provider has taken on runs on unless the provider confirms that it costs nothing. Raises NOT_FOUND.
        """
        if not await self._projects.ask_to_cancel(id_, caller.account_id):
            raise RetouchError(Code.NOT_FOUND, "There is no such project.")
        await self._cancel_queued(id_)
        return await self.find(id_, caller)

    async def delete(self, id_: str, caller: Caller) -> None:
        """Stop a project and take away what it has made, for good. Raises NOT_FOUND."""
        async with self._database.transaction() as connection:
            if not await self._projects.delete(connection, id_, caller.account_id):
                raise RetouchError(Code.NOT_FOUND, "There is no such project.")
            await self._queue.defer(connection, "tidy", project_id=id_)
        await self._cancel_queued(id_)

    async def _cancel_queued(self, id_: str) -> None:
        if record := await self._ledger.find(id_):
            await self._editing.later.cancel(record)

    async def _put(self, order: Order, request: EditRequest) -> None:
        for place, source in zip(_places(order), _sources(request), strict=True):
            assert source.data is not None, "pictures were read before"  # noqa: S101
            await self._objects.put(place.key, source.data)

    async def _drop(self, order: Order) -> None:
        for place in _places(order):
            try:
                await self._objects.delete(place.key)
            except RetouchError as error:
                _log.warning("%s stays until the next sweep: %s", place.key, error.message)


def _order(request: EditRequest) -> Order:
    day = datetime.now(UTC).date().isoformat()
    folder = f"{INPUTS}/{day}/{new_id('in')}"
    images = [Input(key=f"{folder}/{number}", field=image.field) for number, image in enumerate(request.images)]
    mask = Input(key=f"{folder}/mask", field=request.mask.field) if request.mask else None
    return Order(request=kept(replace(request, stream=False)), folder=folder, images=images, mask=mask)


def _places(order: Order) -> list[Input]:
    return [*order.images, *filter(None, [order.mask])]


def _sources(request: EditRequest) -> list[ImageInput]:
    return [*request.images, *filter(None, [request.mask])]
