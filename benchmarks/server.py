"""The server alone: one edit on an engine that does nothing, one megabyte up and two back."""

import asyncio
import os
import subprocess
import sys
import time
import urllib.request

from benchmarks.load import Load, measure, multipart
from support.images import encoded, photo
from support.server import KEY, free_port, running_server

REQUESTS = 300


def main() -> None:
    """Print latency, throughput and CPU of Retouch beside bare uvicorn."""
    # A real header and a megabyte behind it: nothing decodes it, because nothing needs finishing.
    image = encoded(photo(1024, 1024))[:1000] + os.urandom(1_000_000)
    body = multipart({"model": "null", "prompt": "anything", "response_format": "b64_json"}, image)
    bare = _bare(body)
    with running_server() as server:
        ours = _both(f"{server.url}/v1/images/edits", server.process.pid, body)
    print(f"{'one edit, 1 MB up, 2 MB back':32}{'p50 ms':>9}{'p99 ms':>9}{'req/s at 16':>13}{'CPU ms':>9}")
    for name, (one, many) in (("uvicorn, bare", bare), ("Retouch, null engine", ours)):
        print(f"{name:32}{one.p50:9.2f}{one.p99:9.2f}{many.per_second:13.0f}{one.cpu:9.2f}")
    print(f"{'ratio':32}{ours[0].p50 / bare[0].p50:9.2f}{'':22}{ours[0].cpu / bare[0].cpu:9.2f}")


def _both(url: str, pid: int, body: bytes) -> tuple[Load, Load]:
    async def run() -> tuple[Load, Load]:
        await measure(url, KEY, body, pid, requests=20, at_once=1)
        one = await measure(url, KEY, body, pid, requests=REQUESTS, at_once=1)
        return one, await measure(url, KEY, body, pid, requests=REQUESTS, at_once=16)

    return asyncio.run(run())


def _bare(body: bytes) -> tuple[Load, Load]:
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
        return _both(url, process.pid, body)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
