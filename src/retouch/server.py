"""`retouch serve`: a database, an owner with a key, and one or several processes that answer."""

import asyncio
import ipaddress
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import uvicorn
from uvicorn.supervisors import Multiprocess

from retouch.admission.keys import ensure_owner
from retouch.admission.sessions import new_link
from retouch.app.storage import open_database, open_own_objects
from retouch.logs import start_logging
from retouch.settings import Settings
from retouch.stores.accounts import Accounts
from retouch.stores.embedded import Embedded, EmbeddedError
from retouch.stores.sessions import Sessions

_log = logging.getLogger("retouch")

#: What every server process runs; a name, so that several processes can import it.
APPLICATION = "retouch.app:create"

#: A body is bounded while it is read; these bound connections that send nothing at all.
KEEP_ALIVE_SECONDS = 75


@dataclass(frozen=True)
class Welcome:
    """What is told once the server answers."""

    address: str
    key: str | None
    link: str | None

    def tell(self) -> None:
        """Print the address, a link to the studio, the first key if it was just made, and a curl to paste."""
        shown = self.key or "$RETOUCH_API_KEY"
        lines = ["", f"  Retouch answers on {self.address}   (API docs: {self.address}/docs)", ""]
        if self.link:
            lines += ["  Edit in the browser (this link works once, for ten minutes):", "", f"    {self.link}", ""]
        else:
            lines += [f"  Edit in the browser: {self.address}/studio/   (`retouch signin` prints a link)", ""]
        if self.key:
            lines += [f"  Your API key, shown this once: {self.key}", ""]
        else:
            lines += ["  An API key exists already; `retouch keys create` makes another.", ""]
        lines += [
            "  Edit a photo:",
            "",
            f"    curl {self.address}/v1/images/edits \\",
            f'      -H "Authorization: Bearer {shown}" \\',
            '      -F image=@sample/photo.jpg -F prompt="make it a pencil sketch" -F response_format=url',
            "",
        ]
        print("\n".join(lines), flush=True)  # noqa: T201 - this is the command's output


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; edits under way get `grace_seconds` to finish."""
    start_logging()
    # uvicorn raises the signal again once it has ended; without a handler of ours that would end this process
    # before the database is stopped.
    signal.signal(signal.SIGTERM, _exit)
    listener = _listen(settings)
    with _database(settings) as address, _shared_metrics(settings):
        # Server processes read their settings from the environment.
        os.environ["RETOUCH_DATABASE_URL"] = address
        host, port = listener.getsockname()[:2]
        here = reached_at(host, port)
        given = settings.model_copy(update={"database_url": address})
        welcome = asyncio.run(_welcome(given, settings.public_url or here))
        with _telling(welcome, here):
            _run(settings, listener)


def reached_at(host: str, port: int) -> str:
    """The address of a server that listens on `host`, for a browser on the same machine."""
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{shown}:{port}"


@contextmanager
def _telling(welcome: Welcome, here: str) -> Iterator[None]:
    """Tell how to use the server once it answers at `here`, in whichever process: until then nothing would work."""
    ended = threading.Event()
    opener = build_opener(ProxyHandler({}))  # this very machine is not reached through a proxy

    def tell() -> None:
        while not ended.wait(0.02):
            with suppress(OSError, HTTPException), opener.open(f"{here}/readyz", timeout=5):
                welcome.tell()
                return

    threading.Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _run(settings: Settings, listener: socket.socket) -> None:
    config = uvicorn.Config(
        APPLICATION,
        factory=True,
        workers=settings.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(settings.grace_seconds)),
    )
    if settings.workers == 1:
        uvicorn.Server(config).run([listener])
    else:
        Multiprocess(config, sockets=[listener]).run()


def _listen(settings: Settings) -> socket.socket:
    """The listening socket, taken before anything is started, so that a port in use is told at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        sys.exit(f"retouch: cannot listen on {settings.host}:{settings.port}: {error.strerror}")
    listener.set_inheritable(True)
    return listener


async def _welcome(settings: Settings, base: str) -> Welcome:
    """Make sure that there is an owner; and a link to the studio where only this machine can use it, or if asked."""
    wanted = _on_loopback(settings.host) and _on_loopback(urlsplit(base).hostname or "")
    async with open_database(settings) as database:
        await open_own_objects(settings, database)  # the wrong ones are told before any process is started
        accounts = Accounts(database)
        key = await ensure_owner(accounts, settings.api_key)
        link = None
        if wanted if settings.sign_in_link is None else settings.sign_in_link:
            link = await new_link(Sessions(database), base, (await accounts.owner()).id)
        return Welcome(base, key, link)


def _on_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """The address of the database: the operator's, or an embedded one that runs as long as this block."""
    if settings.database_url:
        yield settings.database_url
        return
    embedded = Embedded.start(settings.data)
    stopping = threading.Event()
    watch = threading.Thread(target=_keep_running, args=(embedded, stopping), daemon=True)
    watch.start()
    try:
        yield embedded.conninfo
    finally:
        stopping.set()
        watch.join()
        embedded.stop()


def _keep_running(embedded: Embedded, stopping: threading.Event) -> None:
    """Start the database again if it was killed."""
    told = ""
    while not stopping.wait(1):
        try:
            if embedded.revive():
                _log.warning("the database had ended and was started again")
                told = ""
        except EmbeddedError as error:
            if told != (told := str(error)):
                _log.error("the database has ended and does not start; it is tried again every second: %s", error)


@contextmanager
def _shared_metrics(settings: Settings) -> Iterator[None]:
    """A folder in which several processes add up their metrics."""
    if settings.workers == 1:
        yield
        return
    folder = Path(tempfile.mkdtemp(prefix="retouch-metrics-"))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _exit(number: int, frame: object) -> NoReturn:
    del number, frame
    sys.exit(0)
