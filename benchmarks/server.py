"""The server alone: one edit on an engine that does nothing, one megabyte up and two back."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.family import Family
from benchmarks.gateway import pictures
from benchmarks.load import Load, load, multipart
from support.server import KEY, free_port, running_server

REQUESTS = 300


def main() -> None:
    """Print latency, throughput and CPU of Retouch beside bare uvicorn."""
    fields = {"model": "null", "prompt": "anything", "response_format": "b64_json"}
    body = multipart(fields, ("image", pictures.sent(0)))
    with _bare() as (url, family):
        bare = _measured(url, family, body)
    with running_server() as server:
        ours = _measured(f"{server.url}/v1/images/edits", Family(server.process.pid, server.data), body)
    print(f"{'one edit, 1 MB up, 2 MB back':32}{'p50 ms':>9}{'p99 ms':>9}{'req/s at 16':>13}{'CPU ms':>9}")
    for name, (one, many, cpu) in (("uvicorn, bare", bare), ("Retouch, null engine", ours)):
        print(f"{name:32}{one.at(0.5):9.2f}{one.at(0.99):9.2f}{many.per_second:13.0f}{cpu:9.2f}")
    print(f"{'ratio':32}{ours[0].at(0.5) / bare[0].at(0.5):9.2f}{'':22}{ours[2] / bare[2]:9.2f}")


def _measured(url: str, family: Family, body: bytes) -> tuple[Load, Load, float]:
    """One request at a time; sixteen at a time, and CPU ms a request of those."""
    load(url, KEY, body, requests=20, at_once=1)
    one = load(url, KEY, body, requests=REQUESTS, at_once=1)
    before = family.cpu()
    many = load(url, KEY, body, requests=REQUESTS, at_once=16)
    return one, many, (family.cpu() - before) / REQUESTS


@contextmanager
def _bare() -> Iterator[tuple[str, Family]]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.bare:app", "--port", str(port), "--log-level", "error"]
    process = subprocess.Popen(command)
    try:
        url = f"http://127.0.0.1:{port}/"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(url, data=b"x", timeout=5).read()
                break
            except OSError:
                time.sleep(0.05)
        yield url, Family(process.pid)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
