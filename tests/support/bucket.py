"""A bucket: moto's S3 in a process of its own, forgotten when it ends."""

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

from support.server import free_port

NAME = "pictures"
START_SECONDS = 60.0


@dataclass(frozen=True)
class Bucket:
    """Where an S3 listens, with one empty bucket."""

    endpoint: str

    @property
    def url(self) -> str:
        """For RETOUCH_STORAGE_URL: a folder of the bucket."""
        return f"s3://{NAME}/below"

    @property
    def environment(self) -> Mapping[str, str]:
        """What AWS's own clients read."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "id",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
        }


@contextmanager
def running_bucket() -> Iterator[Bucket]:
    """Start it, and stop it at the end."""
    port = free_port()
    bucket = Bucket(f"http://127.0.0.1:{port}")
    with tempfile.TemporaryDirectory(prefix="retouch-moto-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            _make(bucket, process, log)
            yield bucket
        finally:
            process.terminate()
            process.wait(30)


def _make(bucket: Bucket, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    request = urllib.request.Request(f"{bucket.endpoint}/{NAME}", method="PUT")
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=10):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"moto did not start:\n{log.read_text()}")
