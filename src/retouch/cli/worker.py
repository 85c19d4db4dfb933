"""`retouch worker`."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated, Any

import typer

from retouch.app import work
from retouch.app.engines import idle_chooser
from retouch.cli.settings import read_settings
from retouch.logs import start_logging
from retouch.settings import Settings


def worker(
    data: Annotated[Path | None, typer.Option(help="Folder for database and images. (default: data)")] = None,
    running: Annotated[int | None, typer.Option(min=1, help="Projects at a time. (default: 8)")] = None,
) -> None:
    """Run projects beside the server, until it is stopped.

    Any number of these may run, on any machine that reaches the database and the store of images.
    """
    typed: dict[str, Any] = {"data": data}
    settings = read_settings(**typed)
    if running is not None:
        queue = settings.queue.model_copy(update={"running": running})
        settings = settings.model_copy(update={"queue": queue})
    idle_chooser(settings)  # what is wrong with engines or models is told before anything is started
    start_logging()
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await work(settings, stopping)
