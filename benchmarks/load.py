"""A closed-loop load generator on plain sockets, cheap enough to share two cores with what it measures."""

import asyncio
import os
import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
BOUNDARY = "retouch-benchmark"


@dataclass(frozen=True)
class Load:
    """What a run of requests cost: latencies in ms, CPU of the server in ms a request."""

    p50: float
    p99: float
    per_second: float
    cpu: float


def multipart(fields: dict[str, str], image: bytes) -> bytes:
    """A body as the SDKs send it."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    return "".join(parts).encode() + head.encode() + image + f"\r\n--{BOUNDARY}--\r\n".encode()


async def measure(url: str, key: str, body: bytes, pid: int, *, requests: int, at_once: int) -> Load:
    """Send a body `requests` times over `at_once` connections. Raises RuntimeError unless every answer is 200."""
    address = urlsplit(url)
    head = (
        f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    request = head.encode() + body
    taken: list[float] = []
    left = iter(range(requests))

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1 << 22)
        for _ in left:
            started = time.perf_counter()
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in answer[:16]:
                raise RuntimeError(answer[:300].decode(errors="replace"))
            length = _LENGTH.search(answer)
            await reader.readexactly(int(length[1]) if length else 0)
            taken.append((time.perf_counter() - started) * 1000)
        writer.close()

    cpu, started = cpu_seconds(pid), time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(at_once)))
    wall = time.perf_counter() - started
    taken.sort()
    spent = (cpu_seconds(pid) - cpu) * 1000 / requests
    return Load(taken[len(taken) // 2], taken[int(len(taken) * 0.99)], requests / wall, spent)


def cpu_seconds(pid: int) -> float:
    """CPU that a process and its threads have used. Linux only."""
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - not a file on a disk
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
