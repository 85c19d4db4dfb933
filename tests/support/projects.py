"""Projects over HTTP, and worker processes."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.http import Answer, exchange, request
from support.images import encoded, photo
from support.money import Customer
from support.server import CONFIG, PLUGIN, STOP_SECONDS, Server, clean_environment

#: A condition that does not come about within this time is a failure.
BOUND = 60.0
FINAL = {"complete", "error", "canceled"}


async def ask(
    server: Server,
    who: Customer,
    method: str,
    path: str,
    body: object = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request with a key and JSON, in a thread."""
    return await request(server.url + path, method, body, key=who.key, headers=headers)


async def upload(server: Server, who: Customer, data: bytes | None = None) -> str:
    """Hand in a picture; its path."""
    asked = await ask(server, who, "POST", "/v1/files/upload-urls", {"items": [{"type": "image", "extension": "png"}]})
    assert asked.status == 200, asked.body
    (item,) = json.loads(asked.body)["items"]
    put = await asyncio.to_thread(exchange, item["upload_url"], "PUT", encoded(photo()) if data is None else data)
    assert put.status == 200, put.body
    path: str = item["file_path"]
    return path


async def create(
    server: Server, who: Customer, path: str, prompt: str = "paint it", model: str = "repaint", **more: Any
) -> Answer:
    """Ask for a project."""
    headers = more.pop("headers", None)
    body = {"model": model, "style": {"prompt": prompt}, "assets": {"image_file_paths": [path]}, **more}
    return await ask(server, who, "POST", "/v1/ai-image-editor", body, headers=headers)


async def created(server: Server, who: Customer, path: str, prompt: str = "paint it", **more: Any) -> str:
    """The id of a new project."""
    answer = await create(server, who, path, prompt, **more)
    assert answer.status == 200, answer.body
    project_id: str = json.loads(answer.body)["id"]
    return project_id


async def project(server: Server, who: Customer, id_: str) -> dict[str, Any]:
    """A project as it stands."""
    answer = await ask(server, who, "GET", f"/v1/image-projects/{id_}")
    assert answer.status == 200, answer.body
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def until(server: Server, who: Customer, id_: str, *statuses: str) -> dict[str, Any]:
    """A project once it has one of these statuses, or has ended."""
    deadline = time.monotonic() + BOUND
    while True:
        found = await project(server, who, id_)
        if found["status"] in statuses:
            return found
        assert found["status"] not in FINAL, found
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)


async def happens(condition: Callable[[], bool]) -> None:
    """Wait for something that can only be looked at."""
    deadline = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


@dataclass
class WorkerProcess:
    """A running `retouch worker`."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def kill(self) -> None:
        """As the kernel does when memory runs out."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_SECONDS)

    def stop(self) -> int:
        """Ask it to stop, and wait for its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


@contextmanager
def running_worker(server: Server, environment: Mapping[str, str], folder: Path) -> Iterator[WorkerProcess]:
    """Start `retouch worker` beside a server, with the same settings."""
    number = len(list(folder.glob("worker-*.log")))
    config = folder / "worker.toml"
    if not config.exists():
        config.write_text(CONFIG)
    given = {
        "RETOUCH_CONFIG": str(config),
        "RETOUCH_DATA": str(server.data),
        "PYTHONPATH": os.pathsep.join([str(PLUGIN), *filter(None, [os.environ.get("PYTHONPATH")])]),
        **environment,
    }
    log = folder / f"worker-{number}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "retouch", "worker"],
            env={**clean_environment(), **given},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield WorkerProcess(process, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)
