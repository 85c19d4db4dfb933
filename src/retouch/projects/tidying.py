"""What nobody needs any more is taken away: pictures of settled projects, outputs of deleted ones, old uploads."""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from retouch.domain.project import ProjectStatus
from retouch.editing import edit_of
from retouch.projects.changes import Change
from retouch.projects.submitting import INPUTS
from retouch.projects.uploads import UPLOADS
from retouch.stores.database import Connection, Database
from retouch.stores.objects import Objects
from retouch.stores.projects import Projects
from retouch.stores.queue import Queue
from retouch.stores.uploads import Uploads

_log = logging.getLogger("retouch.projects")

#: How long an upload can be used.
KEEP_UPLOADS = timedelta(days=7)
#: Pictures of which nobody knows are left alone so long: an edit may be about to be accepted, or settled.
STRAY = timedelta(hours=1)
#: Pictures that are looked up at a time.
BATCH = 1000

_FINAL = frozenset({ProjectStatus.COMPLETE, ProjectStatus.ERROR, ProjectStatus.CANCELED})


class Tidying:
    """Keeps the store in step with the database. `keep` is how long finished pictures stay."""

    def __init__(self, database: Database, *, objects: Objects, queue: Queue, keep: timedelta) -> None:
        self._database = database
        self._projects = Projects(database)
        self._uploads = Uploads(database)
        self._objects = objects
        self._queue = queue
        self._keep = keep

    async def ended(self, connection: Connection, change: Change) -> None:
        """A listener of changes: a project that has ended is to be tidied, surely."""
        if change.status in _FINAL:
            await self._queue.defer(connection, "tidy", project_id=change.project_id)

    async def tidy(self, project_id: str) -> None:
        """Take away what a settled project does not need. Doing it again, or before its end, changes nothing."""
        async with self._database.transaction() as connection:
            left = await self._projects.leftovers(connection, project_id)
            if left is None:
                return
            kept = set[str]() if left.deleted else set(left.outputs)
            unwanted = {*left.inputs, *left.outputs}
            if left.restarted:  # a process may have died between putting an image and noting it
                unwanted |= {found.key async for found in self._objects.list(left.folder)}
            for key in unwanted - kept:
                await self._objects.delete(key)
            await self._projects.tidied(connection, project_id, left)

    async def expire(self) -> None:
        """Take away what is too old: outputs, uploads, and what belongs to nothing."""
        deleted = await self._objects.delete_older_than("outputs", self._keep)
        await self._uploads.forget(KEEP_UPLOADS)
        deleted += await self.take_strays()
        if deleted:
            _log.info("%d expired pictures deleted", deleted)

    async def take_strays(self, age: timedelta = STRAY) -> int:
        """Take away pictures that are older and that nobody knows of; how many.

        A process that is killed leaves them: after it has put a picture, and before it has written that down.
        """
        await self._uploads.give_up_dead_writers()
        # Listed first: what is put meanwhile is not looked at.
        limit = datetime.now(UTC) - age
        inputs = await self._older(INPUTS, limit)
        used = await self._projects.folders_in_use() if inputs else set()
        strays = [key for key in inputs if key.rpartition("/")[0] not in used]
        for batch in _batches(await self._older("outputs", limit)):
            kept, unsettled = await self._projects.outputs_in_use({edit_of(key) for key in batch})
            strays += [key for key in batch if key not in kept and edit_of(key) not in unsettled]
        for batch in _batches(await self._older(UPLOADS, limit)):
            known = await self._uploads.in_use(batch)
            strays += [key for key in batch if key not in known]
        for key in strays:
            await self._objects.delete(key)
        return len(strays)

    async def _older(self, folder: str, limit: datetime) -> list[str]:
        return [found.key async for found in self._objects.list(folder) if found.modified < limit]


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[at : at + BATCH] for at in range(0, len(keys), BATCH))
