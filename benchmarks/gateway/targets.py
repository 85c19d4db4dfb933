"""The gateways under test: how each is started, called and stopped."""

import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.family import Family
from support.server import KEY, clean_environment, free_port, running_server

#: Seconds that a gateway may take until it answers.
START = 120.0
_LITELLM = """
model_list:
  - model_name: gpt-image-1
    litellm_params: {{ model: openai/gpt-image-1, api_base: "{provider}/v1", api_key: sk-provider }}
general_settings: {{ master_key: sk-benchmark }}
litellm_settings: {{ telemetry: false, num_retries: 0, request_timeout: 120 }}
"""


@dataclass(frozen=True)
class Target:
    """A running gateway, or the provider itself, whose cost is not ours to count."""

    url: str
    key: str
    family: Family | None = None


Start = Callable[[str], AbstractContextManager[Target]]


@contextmanager
def provider() -> Iterator[str]:
    """The stand-in provider; its address."""
    port = free_port()
    with _process([sys.executable, "-m", "benchmarks.gateway.provider", str(port)]) as process:
        _wait(process, f"http://127.0.0.1:{port}/wait/0")
        yield f"http://127.0.0.1:{port}"


def hold_back(address: str, seconds: float) -> None:
    """Have the provider hold each answer back so long."""
    urllib.request.urlopen(f"{address}/wait/{seconds}", timeout=10).read()


@contextmanager
def direct(address: str) -> Iterator[Target]:
    """The provider itself."""
    yield Target(f"{address}/v1/images/edits", "none")


@contextmanager
def lean(address: str) -> Iterator[Target]:
    """The yardstick."""
    port = free_port()
    with _process([sys.executable, "-m", "benchmarks.gateway.lean", str(port), address]) as process:
        _wait(process, f"http://127.0.0.1:{port}/")
        yield Target(f"http://127.0.0.1:{port}/v1/images/edits", "lean", Family(process.pid))


@contextmanager
def retouch(address: str) -> Iterator[Target]:
    """Retouch as an operator runs it, on its embedded PostgreSQL, with a place for each call of the flood."""
    settings = {
        "OPENAI_API_KEY": "sk-provider",
        "RETOUCH_ENGINES__OPENAI__BASE_URL": f"{address}/v1",
        "RETOUCH_ENGINES__OPENAI__RUNNING": "64",
        "RETOUCH_CONFIG": "",
    }
    with running_server(settings) as server:
        yield Target(f"{server.url}/v1/images/edits", KEY, Family(server.process.pid, server.data))


def litellm(folder: Path) -> Start:
    """LiteLLM from the virtual environment in `folder`."""

    @contextmanager
    def start(address: str) -> Iterator[Target]:
        port = free_port()
        with tempfile.TemporaryDirectory(prefix="retouch-litellm-") as home:
            config = Path(home, "litellm.yaml")
            config.write_text(_LITELLM.format(provider=address))
            command = [folder / "bin" / "litellm", "--config", config, "--host", "127.0.0.1", "--port", str(port)]
            production = {
                "HOME": home,
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
                "LITELLM_MODE": "PRODUCTION",
                "LITELLM_LOG": "ERROR",
            }
            options = ["--num_workers", "1", "--telemetry", "False"]
            with _process([*map(str, command), *options], production, cwd=home) as process:
                _wait(process, f"http://127.0.0.1:{port}/health/liveliness")
                yield Target(f"http://127.0.0.1:{port}/v1/images/edits", "sk-benchmark", Family(process.pid))

    return start


@contextmanager
def _process(
    command: list[str], environment: Mapping[str, str] | None = None, cwd: str | None = None
) -> "Iterator[subprocess.Popen[bytes]]":
    kept = {**clean_environment(), **(environment or {})}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=kept, cwd=cwd, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    """Until it answers anything at all."""
    deadline = time.monotonic() + START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).read()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{process.args!r} did not start")
