"""The storm: customers want things, and everything else goes wrong meanwhile."""

import asyncio
import random
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from retouch.domain.rights import Rights
from retouch.stores.database import Database
from support.bucket import Bucket
from support.money import Customer, customer
from support.torture.cast import Cast, playing
from support.torture.clients import ANSWER_SECONDS, Client, Told, intents
from support.torture.fleet import SERVERS, WORKERS, Fleet
from support.torture.verdict import Verdict, verdict, watch

#: Credits that a customer has: more than can be spent.
CREDITS = 1_000_000
#: Seconds between looks at how far the clients are.
LOOK_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of it. A process is killed every `kill_seconds`, or else `kills` in all, spread over the edits.

    `share` of the providers' answers are wrong. PostgreSQL is ended `restarts` times, by turns with -9 and SIGINT, and
    stays away for `away_seconds`.
    """

    edits: int
    accounts: int
    at_once: int
    restarts: int
    kill_seconds: float | None = None
    kills: int = 0
    away_seconds: float = 3
    share: float = 0.15
    seed: int = 1
    longest_seconds: float = 3600
    logs: Path | None = None
    bucket: Bucket | None = None


@dataclass(frozen=True)
class Storm:
    """What happened, and what is left."""

    size: Size
    told: Told
    cast: Cast
    fleet: Fleet
    verdict: Verdict
    seconds: float
    settling: float


async def torture(size: Size, say: Callable[[str], None] = lambda line: None) -> Storm:
    """Start everything, let it storm, wait until it is calm, look at what is left. Raises TimeoutError."""
    with tempfile.TemporaryDirectory(prefix="retouch-torture-", ignore_cleanup_errors=True) as folder:
        async with (
            asyncio.timeout(size.longest_seconds),
            playing(size.seed, size.share) as cast,
            Fleet(Path(folder), cast.config, size.bucket) as fleet,
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS), connector=aiohttp.TCPConnector(limit=0)
            ) as session,
        ):
            client = Client(session, fleet.urls, size.seed)
            customers = await _customers(size, fleet, session, cast)
            say(f"two servers and two workers are up; {len(customers)} accounts")
            started = time.monotonic()
            await _storm(size, fleet, client, customers, say)
            seconds = time.monotonic() - started
            say(f"every client has its answer after {seconds:.0f} s; now it has to settle")
            try:
                found = await verdict(fleet, cast, client.told)
            finally:
                if size.logs is not None:
                    fleet.keep_logs(size.logs)
            settling = time.monotonic() - started - seconds
            return Storm(size, client.told, cast, fleet, found, seconds, settling)


async def _customers(size: Size, fleet: Fleet, session: aiohttp.ClientSession, cast: Cast) -> list[Customer]:
    """Accounts with credits and a key that may do everything, and a webhook each."""
    rights = Rights(scopes=frozenset({"edit", "read", "manage"}))
    async with Database(fleet.database_url, connections=2) as database:
        await watch(database)
        customers = [await customer(database, CREDITS, rights) for _ in range(size.accounts)]
    for who in customers:
        headers = {"authorization": f"Bearer {who.key}"}
        async with session.post(
            f"{fleet.urls[0]}/v1/webhooks", json={"url": cast.receiver.url}, headers=headers
        ) as answer:
            assert answer.status == 201, await answer.text()
    return customers


async def _storm(
    size: Size, fleet: Fleet, client: Client, customers: Sequence[Customer], say: Callable[[str], None]
) -> None:
    wanted, done = intents(size.edits, customers, size.seed), 0

    async def clients() -> None:
        nonlocal done
        for intent in wanted:
            await client.want(intent)
            done += 1
            if done % max(1, size.edits // 20) == 0:
                say(
                    f"{done:5} of {size.edits}; {fleet.kills.total()} kills, {fleet.restarts} restarts; {_said(client)}"
                )

    async def until(share: float) -> None:
        """Wait until that share of the edits is done."""
        while done < share * size.edits:
            await asyncio.sleep(LOOK_SECONDS)

    async with asyncio.TaskGroup() as trouble:
        killer = trouble.create_task(_kill(size, fleet, until))
        restarter = trouble.create_task(_restart(size, fleet, until))
        async with asyncio.TaskGroup() as group:
            for _ in range(size.at_once):
                group.create_task(clients())
        await restarter
        killer.cancel()
    await fleet.all_up()


async def _kill(size: Size, fleet: Fleet, until: Callable[[float], Awaitable[None]]) -> None:
    dice, number = random.Random(size.seed), 0  # noqa: S311 - repeatable
    while size.kill_seconds is not None or number < size.kills:
        number += 1
        if size.kill_seconds is None:
            await until(number / (size.kills + 1))
        else:
            await asyncio.sleep(size.kill_seconds)
        await fleet.revive_ended()
        await fleet.kill(dice.choice((*SERVERS, *WORKERS)))


async def _restart(size: Size, fleet: Fleet, until: Callable[[float], Awaitable[None]]) -> None:
    for number in range(1, size.restarts + 1):
        await until(number / (size.restarts + 1))
        await fleet.restart_database(signal.SIGKILL if number % 2 else signal.SIGINT, size.away_seconds)


def _said(client: Client) -> str:
    return ", ".join(f"{name} {count}" for name, count in client.told.outcomes.most_common())
