"""What the logs say while a real PostgreSQL is stopped under a busy server and worker: that, and little more."""

import asyncio
import os
import re
import signal
import tempfile
from contextlib import ExitStack
from pathlib import Path

from retouch.stores.database import Database
from retouch.stores.embedded import Embedded
from stores.processes import answers, postmaster, runs
from support.images import encoded, photo
from support.money import customer
from support.projects import ask, create, created, happens, running_worker, until, upload
from support.server import running_server

AWAY, BACK = "WARNING retouch.database: the database is away: ", "WARNING retouch.database: the database is back, after"
QUEUE_AWAY, QUEUE_BACK = (
    "WARNING retouch.worker: the queue is away: ",
    "WARNING retouch.worker: the queue is back, after",
)

LOUD = re.compile(r" (WARNING|ERROR) (retouch|procrastinate|psycopg\.pool)\b")


async def test_a_database_that_goes_and_comes_is_one_line_each_and_no_traceback(tmp_path: Path) -> None:
    """Leases, webhooks, refunds, keys and the queue all miss it; it stays away until each has missed it."""
    with tempfile.TemporaryDirectory(prefix="retouch-outage-") as folder:
        embedded = Embedded.start(Path(folder), durable=True)
        try:
            logs = await _logs_of_an_outage(embedded, Path(folder), tmp_path)
        finally:
            embedded.stop()
    for log in logs:
        assert "Traceback" not in log
        for away, back in ((AWAY, BACK), (QUEUE_AWAY, QUEUE_BACK)):
            lines = [line for line in log.splitlines() if away in line or back in line]
            # While it goes, one connection may still be answered after another was cut.
            assert 2 <= len(lines) <= 4, lines
            assert all(away in line for line in lines[::2])
            assert all(back in line for line in lines[1::2])
        rest = [line for line in log.splitlines() if LOUD.search(line)]
        assert [line for line in rest if " is away: " not in line and " is back, " not in line] == []


async def _logs_of_an_outage(embedded: Embedded, folder: Path, home: Path) -> list[str]:
    go = home / "go"
    settings = {"RETOUCH_DATABASE_URL": embedded.conninfo, "RETOUCH_STORAGE_URL": (home / "pictures").as_uri()}
    with ExitStack() as stack:
        server = await asyncio.to_thread(stack.enter_context, running_server(settings))
        stack.callback(go.touch)
        worker = stack.enter_context(running_worker(server, settings, home))
        logs = [server.log, worker.log]
        async with Database(embedded.conninfo) as database:
            who = await customer(database, 100)
        path = await upload(server, who, encoded(photo()))
        held = [await created(server, who, path, f"hold {go}") for _ in range(12)]
        await asyncio.gather(*(until(server, who, id_, "rendering") for id_ in held))

        pid = postmaster(folder)
        os.kill(pid, signal.SIGINT)  # fast: every connection is cut
        await happens(lambda: not runs(pid))
        await happens(lambda: all(QUEUE_AWAY in log.read_text() for log in logs))
        for _ in range(2):  # each waits as long as a connection may take, and so does whatever works beside it
            assert (await create(server, who, path)).status == 503
        assert await asyncio.to_thread(embedded.revive)
        await happens(lambda: answers(embedded.conninfo))
        go.touch()
        await happens(lambda: all(QUEUE_BACK in log.read_text() and BACK in log.read_text() for log in logs))
        await asyncio.gather(*(until(server, who, id_, "complete") for id_ in held))
        assert (await ask(server, who, "GET", "/v1/account")).status == 200
        assert (server.stop(), worker.stop()) == (0, 0)
        return [log.read_text() for log in logs]
