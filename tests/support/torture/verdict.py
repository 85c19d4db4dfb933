"""What must be true after a storm, and what is counted beside it."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, LiteralString

from psycopg.rows import scalar_row, tuple_row

from retouch.projects import Tidying
from retouch.stores.credits import Credits
from retouch.stores.database import Database
from retouch.stores.objects import Objects
from retouch.stores.queue import Queue
from retouch.stores.storage_mark import KEY
from support.torture.cast import Cast
from support.torture.clients import Told
from support.torture.fleet import Fleet

#: Seconds within which everything has to be settled, and within which those that a killed process has left end.
SETTLE_SECONDS, ORPHAN_SECONDS = 240.0, 30.0

#: What still has to happen, each a number of rows.
_WAITS: dict[str, LiteralString] = {
    "edits that run or wait": "select count(*) from edits where state in ('queued', 'running')",
    "projects whose pictures are not taken away": "select count(*) from projects where tidied_at is null",
    "messages to webhooks": "select count(*) from deliveries where state = 'pending'",
}
_STATES: LiteralString = """
select case when resumable then 'projects ' else 'edits ' end || state, count(*) from edits group by 1 order by 1
"""
#: Wanted once and paid for more than once.
_TWICE: LiteralString = """
select coalesce(idempotency_key, end_user) from edits where refunded < charged group by 1 having count(*) > 1
"""
#: A client that was told of an image has an edit that is paid for, one that was told of failure has not.
_TOLD_WRONG: LiteralString = """
select id from edits where (id = any(%(complete)s) and (state <> 'complete' or refunded >= charged))
    or (id = any(%(paid_back)s) and (state not in ('failed', 'canceled') or (state = 'failed' and refunded <> charged)))
"""
_OUTPUTS: LiteralString = """
select one->>'key' from edits cross join lateral jsonb_array_elements(outputs) one
"""
_UPLOADS: LiteralString = "select key from uploads"
#: Where the pictures of every project that was accepted lay: the project itself forgets it when they are taken away.
_WATCH: LiteralString = """
create table torture_inputs (folder text primary key);
create function torture_watch() returns trigger language plpgsql as $$
begin
    insert into torture_inputs values (new.inputs->>'folder');
    return null;
end $$;
create trigger torture_watch after insert on projects for each row execute function torture_watch();
"""
_INPUTS: LiteralString = "select folder from torture_inputs"
#: Who has to hear what: a project that came to an end, and its account's webhook.
_TO_HEAR: LiteralString = """
select p.id, case e.state when 'complete' then 'image.completed' else 'image.errored' end
from projects p join edits e on e.id = p.id where e.state in ('complete', 'failed')
"""
_MONEY: LiteralString = """
select count(*) filter (where kind = 'charge'), count(*) filter (where kind = 'refund'),
    coalesce(-sum(amount) filter (where kind = 'charge'), 0)::bigint / 1000000,
    coalesce(sum(amount) filter (where kind = 'refund'), 0)::bigint / 1000000
from entries
"""
_TRIES: LiteralString = """
select count(*), count(*) filter (where attempt > 1), coalesce(sum(deaths), 0) from edits where resumable
"""


@dataclass
class Verdict:
    """`broken`: every promise that was broken, with its cases. `figures`: what is counted beside."""

    broken: dict[str, list[str]] = field(default_factory=dict)
    figures: dict[str, object] = field(default_factory=dict)

    def must_be_none(self, what: str, cases: Sequence[object]) -> None:
        """Note the cases of something that must not be."""
        if cases:
            self.broken[what] = [str(case) for case in cases]


async def watch(database: Database) -> None:
    """To be called before anything is asked for."""
    await database.run(_WATCH.encode())


async def verdict(fleet: Fleet, cast: Cast, told: Told) -> Verdict:
    """Wait until all is settled, within bounds, and look. The processes are stopped meanwhile."""
    found = Verdict()
    async with Database(fleet.database_url, connections=2) as database:
        found.must_be_none("not settled in time", await _unsettled(database))
        found.must_be_none("processes left by those that were killed", await _left_behind(fleet))
        await fleet.stop()
        await _money(database, found, told)
        await _messages(database, found, cast)
        await _pictures(database, found, fleet.objects())
    found.must_be_none("answers that were wrong", told.wrong)
    found.must_be_none("errors that nobody expected", _crashes(fleet))
    return found


async def _unsettled(database: Database) -> list[str]:
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        left = {what: (await _column(database, statement))[0] for what, statement in _WAITS.items()}
        if not any(left.values()) or time.monotonic() > deadline:
            return [f"{count} {what}" for what, count in left.items() if count]
        await asyncio.sleep(0.2)


async def _left_behind(fleet: Fleet) -> list[str]:
    deadline = time.monotonic() + ORPHAN_SECONDS
    while (left := fleet.left_behind()) and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
    return left


async def _money(database: Database, found: Verdict, told: Told) -> None:
    found.must_be_none("faults of `retouch credits check`", await Credits(database).check())
    found.must_be_none("wanted once and paid for more than once", await _column(database, _TWICE))
    asked = {"complete": list(told.complete), "paid_back": list(told.paid_back)}
    found.must_be_none("clients told otherwise than the ledger", await _column(database, _TOLD_WRONG, asked))
    for what, count in await database.all(tuple_row, _STATES.encode()):
        found.figures[f"{what}"] = count
    [(charges, refunds, charged, refunded)] = await database.all(tuple_row, _MONEY.encode())
    found.figures["charges"] = f"{charges} ({charged} credits)"
    found.figures["refunds"] = f"{refunds} ({refunded} credits)"
    [(projects, again, deaths)] = await database.all(tuple_row, _TRIES.encode())
    found.figures["projects taken up again"] = f"{again} of {projects}; {deaths} times their process had died"


async def _messages(database: Database, found: Verdict, cast: Cast) -> None:
    received = Counter((message.json["payload"]["id"], message.json["type"]) for message in cast.receiver.received)
    due = set(await database.all(tuple_row, _TO_HEAR.encode()))
    ends = {pair for pair in received if pair[1] != "image.started"}
    found.must_be_none("messages lost", sorted(due - ends))
    found.must_be_none("messages of what did not happen", sorted(ends - due))
    found.figures["messages"] = f"{len(received)}, sent {received.total()} times, {cast.moods.refused} times refused"


async def _pictures(database: Database, found: Verdict, objects: Objects) -> None:
    """Everything that is kept belongs to a row, and everything that a row names is kept."""
    outputs, uploads = set(await _column(database, _OUTPUTS)), set(await _column(database, _UPLOADS))
    kept = [one.key async for one in objects.list() if one.key != KEY]
    found.must_be_none("pictures lost", sorted(outputs - set(kept)))
    strays = set(kept) - outputs - uploads
    accepted = set(await _column(database, _INPUTS))
    found.must_be_none(
        "pictures handed in for projects that have ended", [key for key in kept if key.rpartition("/")[0] in accepted]
    )
    found.figures["pictures kept"] = len(kept)
    found.figures["strays before the hourly sweep"] = f"{len(strays)} ({_kinds(strays)})"
    tidying = Tidying(database, objects=objects, queue=Queue(database), keep=timedelta(days=1))
    await tidying.take_strays(timedelta(0))
    after = {one.key async for one in objects.list() if one.key != KEY}
    found.must_be_none("pictures that belong to nothing", sorted(after - outputs - uploads))
    found.must_be_none("pictures lost to the sweep", sorted((outputs & set(kept)) - after))


def _kinds(keys: set[str]) -> str:
    counted = Counter(key.partition("/")[0] for key in keys)
    return ", ".join(f"{kind} {count}" for kind, count in counted.items()) or "none"


def _crashes(fleet: Fleet) -> list[str]:
    """What the processes have logged as errors of their own, told apart from a database that is away."""
    found = Counter[str]()
    for name in fleet.kills.keys() | {"serve-1", "serve-2", "worker-1", "worker-2"}:
        for line in fleet.log(name).splitlines():
            if " failed" in line and "ERROR retouch: request" in line:
                found[name] += 1
    return [f"{name}: {count} requests failed inside" for name, count in found.items()]


async def _column(database: Database, statement: LiteralString, params: dict[str, Any] | None = None) -> list[Any]:
    return await database.all(scalar_row, statement.encode(), params)
