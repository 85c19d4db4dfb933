"""A real `retouch serve` in a process of its own, on a database of its own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PLUGIN = Path(__file__).parent.parent / "plugin"
KEY = "rt-a-key-for-tests-that-is-long-enough-0123456789"
START_SECONDS = 60.0
STOP_SECONDS = 60.0

#: Contracts on the test engine that repaints everything, as an operator would route them.
CONFIG = """
[models.gpt-image-1]
routes = [{ engine = "repaint", model = "fixed-sizes" }]

[models.dall-e-2]
routes = [{ engine = "repaint", model = "any" }]

[models.gemini-25-flash-image-preview]
routes = [{ engine = "repaint", model = "fixed-sizes" }]

[models.repaint]
summary = "Repaints everything, in any size"
alpha_as_mask = true
routes = [{ engine = "repaint", model = "any" }]

[models.repaint-attached]
summary = "Repaints everything, and stops when its client leaves"
routes = [{ engine = "repaint", model = "stops" }]

[models.null]
routes = [{ engine = "null", model = "null" }]
"""


@dataclass
class Server:
    """A running server: where it answers, where its data lie, and what it has logged."""

    url: str
    data: Path
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def files(self) -> set[str]:
        """Every stored object, as paths below the data folder."""
        # Unlike rglob, this bears folders that go away meanwhile.
        found = os.walk(self.data / "objects")
        return {str((Path(folder) / name).relative_to(self.data)) for folder, _, names in found for name in names}

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop, and wait for its exit status."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)


@contextmanager
def running_server(
    environment: Mapping[str, str] | None = None,
    *,
    data: Path | None = None,
    arguments: tuple[str, ...] = (),
    port: int | None = None,
) -> Iterator[Server]:
    """Start `retouch serve`, on a free port if none is given, and wait until it is ready; stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="retouch-test-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        config = home / "retouch.toml"
        config.write_text(CONFIG)
        port = port or free_port()
        given = {
            "RETOUCH_CONFIG": str(config),
            "RETOUCH_API_KEY": KEY,
            "RETOUCH_DATA": str(data or home / "data"),
            "PYTHONPATH": str(PLUGIN),
            **(environment or {}),
        }
        kept = clean_environment()
        command = [sys.executable, "-m", "retouch", "serve", "--port", str(port), *arguments]
        log = home / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(command, env={**kept, **given}, stdout=output, stderr=subprocess.STDOUT)
        server = Server(f"http://127.0.0.1:{port}", Path(given["RETOUCH_DATA"]), process, log)
        try:
            _wait_until_ready(server)
            yield server
        finally:
            if process.poll() is None:
                server.stop()


def clean_environment() -> dict[str, str]:
    """The environment without anything that configures Retouch or pays a provider."""
    ours = ("RETOUCH_", "OPENAI_", "GEMINI_", "FAL_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{server.url}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise AssertionError(f"the server did not start:\n{server.log.read_text()}")
