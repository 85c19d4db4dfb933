"""Projects run: whose turn it is, by whatever process has the time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict

from retouch.domain.edit import EditRequest, ImageInput
from retouch.domain.errors import Code, DatabaseAway, RetouchError
from retouch.domain.ledger import Started
from retouch.domain.project import Input, ProjectStatus
from retouch.editing import Editing, RunningEdit
from retouch.projects.changes import Changes
from retouch.projects.requests import again
from retouch.routing.jobs import Keep, KeptJob
from retouch.stores.database import Connection, Database
from retouch.stores.ledger import Ledger
from retouch.stores.objects import Objects
from retouch.stores.projects import Projects

_log = logging.getLogger("retouch.projects")

#: Seconds between looks at whether the owner wants it stopped.
LOOK_SECONDS = 0.5
#: Seconds to wait where the line of an engine is full: others' edits are served meanwhile.
FULL_SECONDS = 1.0


class Runner:
    """Runs projects, `places` at a time, in this process."""

    def __init__(
        self,
        database: Database,
        *,
        editing: Editing,
        ledger: Ledger,
        objects: Objects,
        changes: Changes,
        places: int,
    ) -> None:
        self._projects = Projects(database)
        self._editing = editing
        self._ledger = ledger
        self._objects = objects
        self._changes = changes
        self._places = asyncio.Semaphore(places)
        self._under_way: set[asyncio.Task[None]] = set()

    async def run_next(self) -> None:
        """Run the project whose turn it is, if one waits, to its end.

        The work does not stop with the caller: a queue that goes away and comes back leaves it alone. `stop` does.
        """
        await self._places.acquire()
        work = asyncio.create_task(self._run_next())
        self._under_way.add(work)
        work.add_done_callback(self._ended)
        await asyncio.shield(work)

    def _ended(self, work: asyncio.Task[None]) -> None:
        self._under_way.discard(work)
        self._places.release()
        if not work.cancelled() and (error := work.exception()) and not isinstance(error, DatabaseAway):
            _log.error("a project could not be run; it is tried again", exc_info=error)

    async def stop(self) -> None:
        """Put back what this process runs; call it when edits under way have had their grace."""
        for work in self._under_way:
            work.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _run_next(self) -> None:
        started = await self._ledger.start_next(self._tell_started)
        if started is None:
            return
        task = asyncio.current_task()
        assert task is not None, "this is a coroutine"  # noqa: S101
        self._editing.leases.hold(started.edit_id, started.attempt, task.cancel)
        try:
            running = await self._begin(started)
        except RetouchError as error:
            # Settled and told to the owner, or put back.
            _log.info("%s did not begin: %s", started.edit_id, error.message)
            if error.code is Code.OVERLOADED:
                await asyncio.sleep(FULL_SECONDS)
            return
        await self._until_ended(running)

    async def _tell_started(self, connection: Connection, edit_id: str) -> None:
        await self._changes.tell(connection, edit_id, ProjectStatus.RENDERING)

    async def _begin(self, started: Started) -> RunningEdit:
        try:
            request, jobs = await self._order(started.edit_id)
        except BaseException as error:
            await asyncio.shield(self._not_read(started, error))
            raise
        live = await self._editing.later.resume(started, request, jobs=jobs, keep=self._keeper(started))
        return live.running

    async def _not_read(self, started: Started, error: BaseException) -> None:
        """A store that is away comes back; pictures that are gone do not."""
        if isinstance(error, RetouchError) and error.code is Code.NOT_FOUND:
            _log.error("%s: its pictures are gone", started.edit_id)
            await self._editing.later.give_up(started, error)
        else:
            await self._editing.later.put_back(started)

    async def _order(self, id_: str) -> tuple[EditRequest, list[KeptJob]]:
        order, jobs = await self._projects.order(id_)
        images = [await self._read(image) for image in order.images]
        mask = await self._read(order.mask) if order.mask else None
        found = [KeptJob(job["engine"], job["model"], tuple(job["images"]), job["job"]) for job in jobs]
        return again(order.request, tuple(images), mask), found

    async def _read(self, place: Input) -> ImageInput:
        return ImageInput(place.field, await self._objects.get(place.key))

    def _keeper(self, started: Started) -> Keep:
        async def keep(job: KeptJob) -> None:
            if not await self._projects.keep_job(started.edit_id, started.attempt, asdict(job)):
                raise RetouchError(Code.OVERLOADED, "The edit was taken up by another process.", retry_after=1)

        return keep

    async def _until_ended(self, running: RunningEdit) -> None:
        """Wait for the end, and tell the work if the owner wants it stopped."""
        asking = asyncio.create_task(self._stop_if_asked(running))
        try:
            # What ends it is settled and told by itself.
            await asyncio.wait({running.task})
        except asyncio.CancelledError:
            running.task.cancel()
            await asyncio.wait({running.task})
            raise
        finally:
            asking.cancel()

    async def _stop_if_asked(self, running: RunningEdit) -> None:
        while not await _suppressed(self._projects.cancel_asked, running.about.id):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(LOOK_SECONDS)
        await running.stop(running.about.attempts.withdrawn.set)


async def _suppressed(ask: Callable[[str], Awaitable[bool]], id_: str) -> bool:
    with suppress(RetouchError):  # the database may be away for a while
        return await ask(id_)
    return False
