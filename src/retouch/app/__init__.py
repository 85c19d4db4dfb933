"""Builds every part, connects them, opens and closes them. Beside this module, what each is made of:

engines.py    which engines there are, and which models    storage.py    database, pictures, secrets
editing.py    the story of an edit, with all it needs      addresses.py  which addresses of callers are visited
works.py      what edits, now and later                    parts.py      what the routes are given
"""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from retouch.admission.ledger import NoLedger
from retouch.app.storage import open_address, open_database
from retouch.logs import start_logging
from retouch.settings import Settings

# What edits and serves is loaded where it is opened (hence imports within functions), so that the other commands start
# sooner.
if TYPE_CHECKING:
    from fastapi import FastAPI

    from retouch.editing import Editing
    from retouch.wire.request_id import RequestId


def create() -> "RequestId":
    """The ASGI application, from file and environment: what every server process runs."""
    from retouch.app.parts import open_parts  # noqa: PLC0415 - loaded when it is needed
    from retouch.app.works import end_works, open_works, work_on  # noqa: PLC0415 - loaded when it is needed
    from retouch.wire.app import build_wire  # noqa: PLC0415 - loaded when it is needed
    from retouch.wire.request_id import RequestId  # noqa: PLC0415 - loaded when it is needed

    start_logging()  # one of several processes was started anew, and knows nothing of what the first one set
    settings = Settings()

    @asynccontextmanager
    async def lifespan(app: "FastAPI") -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            works = await open_works(settings, stack, places=max(1, settings.queue.running // settings.workers))
            parts = app.state.parts = await open_parts(settings, stack, works)
            working = asyncio.create_task(work_on(works)) if settings.queue.serve else None
            if settings.workers > 1:
                stack.callback(asyncio.create_task(_end_with_parent(os.getppid())).cancel)
            # What was built by now lives as long as the process: the collector need not look at it time and again.
            gc.collect()
            gc.freeze()
            yield
            # The server has stopped listening and has waited: edits that outlive their client get the same grace.
            parts.stopping.set()
            await end_works(works, working, settings.grace_seconds)

    return RequestId(build_wire(lifespan))


async def _end_with_parent(parent: int) -> None:
    """One of several server processes stops when the one that started them is gone: uvicorn's would run on."""
    while os.getppid() == parent:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


async def work(settings: Settings, stopping: asyncio.Event) -> None:
    """`retouch worker`: run projects, and what else is on the queue, until `stopping`."""
    from retouch.app.works import end_works, open_works, work_on  # noqa: PLC0415 - loaded when it is needed

    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(open_address(settings))
        settings = settings.model_copy(update={"database_url": address, "workers": 1})
        async with open_database(settings):
            pass  # brought up to date
        works = await open_works(settings, stack, places=settings.queue.running)
        working = asyncio.create_task(work_on(works))
        await stopping.wait()
        await end_works(works, working, settings.grace_seconds)


@asynccontextmanager
async def local_editing(settings: Settings) -> AsyncIterator["Editing"]:
    """Edits with no server and no database, for the command line."""
    from retouch.app.editing import open_editing  # noqa: PLC0415 - loaded when it is needed

    async with AsyncExitStack() as stack:
        yield await open_editing(settings, stack, None, NoLedger())
