"""Two servers and two workers on one PostgreSQL, each killed with -9 and started again, the database too."""

import asyncio
import os
import shutil
import signal
import sys
import time
from asyncio.subprocess import Process
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from retouch.stores.embedded import Embedded
from retouch.stores.objects import Objects
from support.bucket import Bucket
from support.server import KEY, clean_environment, free_port

SERVERS, WORKERS = ("serve-1", "serve-2"), ("worker-1", "worker-2")
START_SECONDS, STOP_SECONDS = 120.0, 60.0


class Fleet:
    """The processes by name, and their database. `kills` and `deaths`: by us, and by themselves while starting."""

    def __init__(self, home: Path, config: str, bucket: Bucket | None) -> None:
        """Pictures go to the bucket, or without one to a folder."""
        self.home = home
        self._storage = bucket.url if bucket else f"file://{home / 'objects'}"
        self._credentials = bucket.environment if bucket else {}
        self.kills: Counter[str] = Counter()
        self.deaths: Counter[str] = Counter()
        self.restarts = 0
        self.urls = [f"http://127.0.0.1:{free_port()}" for _ in SERVERS]
        self.sessions: set[int] = set()
        self._processes: dict[str, Process] = {}
        self._config = home / "retouch.toml"
        self._config.write_text(config)

    async def __aenter__(self) -> Self:
        self._embedded = await asyncio.to_thread(Embedded.start, self.home / "data")
        self.database_url = self._embedded.conninfo
        try:
            await self.start(SERVERS[0])  # makes the tables and the owner
            for name in (*SERVERS[1:], *WORKERS):
                await self._spawn(name)
            await self.all_up()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        await self.stop()
        await asyncio.to_thread(self._embedded.stop)

    async def start(self, name: str) -> None:
        """Start a process and wait until it answers."""
        await self._spawn(name)
        await self.all_up()

    async def kill(self, name: str) -> None:
        """Kill it with -9 as it is, and start it again."""
        self.kills[name] += 1
        process = self._processes[name]
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await self._spawn(name)

    async def revive_ended(self) -> None:
        """Start again what has ended by itself, because its database was away when it started."""
        for name, process in list(self._processes.items()):
            if process.returncode is not None:
                self.deaths[name] += 1
                await self._spawn(name)

    async def all_up(self) -> None:
        """Wait until every server answers and every worker lives. Raises AssertionError."""
        deadline = time.monotonic() + START_SECONDS
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            for name in self._processes:
                while not await self._answers(name, session):
                    assert time.monotonic() < deadline, f"{name} did not start:\n{self.log(name)[-3000:]}"
                    await asyncio.sleep(0.05)
                    await self.revive_ended()

    async def restart_database(self, number: signal.Signals, away: float) -> None:
        """End PostgreSQL by a signal, leave it away for some seconds, and start it again."""
        postmaster = int((self.home / "data" / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, number)
        await asyncio.sleep(away)
        deadline = time.monotonic() + START_SECONDS
        while not await asyncio.to_thread(self._embedded.revive):
            assert time.monotonic() < deadline, "PostgreSQL did not end"
            await asyncio.sleep(0.1)
        self.restarts += 1

    async def stop(self) -> None:
        """Ask all to end, and wait."""
        running = [process for process in self._processes.values() if process.returncode is None]
        for process in running:
            process.terminate()
        for process in running:
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()

    def left_behind(self) -> list[str]:
        """Processes of those that have ended: what a parent that was killed has left."""
        ended = self.sessions - {one.pid for one in self._processes.values() if one.returncode is None}
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                name, _, rest = stat.read_text().rpartition(")")
                state, _, _, session = rest.split()[:4]
                if state != "Z" and int(session) in ended:
                    found.append(name)
        return found

    def log(self, name: str) -> str:
        """What a process has said, in all its lives."""
        return (self.home / f"{name}.log").read_text()

    def objects(self) -> Objects:
        """What they keep."""
        os.environ.update(self._credentials)  # as AWS's own clients read them
        return Objects.open(self.home / "elsewhere", self._storage)

    def keep_logs(self, folder: Path) -> None:
        """Copy what all have said."""
        folder.mkdir(parents=True, exist_ok=True)
        for log in self.home.glob("*.log"):
            shutil.copy(log, folder)

    async def _spawn(self, name: str) -> Process:
        environment = {
            **clean_environment(),
            **self._credentials,
            "RETOUCH_CONFIG": str(self._config),
            "RETOUCH_DATABASE_URL": self.database_url,
            "RETOUCH_STORAGE_URL": self._storage,
            "RETOUCH_DATA": str(self.home / "elsewhere"),
            "RETOUCH_API_KEY": KEY,
        }
        port = ["--port", self._url(name).rpartition(":")[2]] if name in SERVERS else []
        command = [sys.executable, "-m", "retouch", name.partition("-")[0], *port]
        with (self.home / f"{name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        self._processes[name] = process
        self.sessions.add(process.pid)
        return process

    async def _answers(self, name: str, session: aiohttp.ClientSession) -> bool:
        """Whether it is up; a worker is if it lives, because nobody can ask it."""
        if name not in SERVERS:
            return self._processes[name].returncode is None
        with suppress(aiohttp.ClientError, TimeoutError):
            async with session.get(f"{self._url(name)}/readyz") as answer:
                return answer.status == 200
        return False

    def _url(self, name: str) -> str:
        return self.urls[SERVERS.index(name)]
