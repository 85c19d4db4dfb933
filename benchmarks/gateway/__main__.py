"""What Retouch adds between a client and a provider, beside other gateways in the same run.

    python -m benchmarks.gateway [--litellm VENV] [--rounds N] [--workloads a b c d e]

a  one image, nothing to finish                 c  two images
b  one image and a mask                         e  a stream with two partial images
d  64 at once, each held back 2 s by the provider

A megabyte up and two down. `lean` is the least that a gateway in Python can do which still looks at its request
(lean.py). LiteLLM comes from a virtual environment of its own, because it must not share ours:

    python3 -m venv /tmp/litellm && /tmp/litellm/bin/pip install 'litellm[proxy]==1.106.2'

Every gateway takes its turn in every round; medians count. CPU is that of all a gateway's processes, with Retouch's
embedded PostgreSQL and the built-in editor's workers; so is memory (family.py says how). Answers are checked.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.family import Family
from benchmarks.gateway import pictures, targets
from benchmarks.gateway.targets import Start, Target
from benchmarks.load import Load, load, multipart, quantile

MODEL = "gpt-image-1"
ALONE, TOGETHER = 20, 64
FLOOD, HELD_BACK = 64, 2.0
#: More than what is stored and held in memory in one turn.
TAKEN_MB = 400
WORKLOADS = {
    "a": "one image, nothing to finish",
    "b": "one image and a mask",
    "c": "two images",
    "e": "a stream with two partial images",
}


@dataclass
class Score:
    """Of one gateway under one workload: latencies alone, ms; CPU ms a request; peak memory, MB; requests a second."""

    alone: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    failure: str = ""


Scores = dict[tuple[str, str], Score]


def body(workload: str) -> tuple[bytes, int]:
    """What a client sends, and how many image events are to come of it (0: a plain answer)."""
    fields = {"model": MODEL, "prompt": "Replace the sky with a calm sunset.", "size": "1024x1024", "n": "1"}
    if workload == "c":
        return multipart(fields, *(("image[]", pictures.sent(number)) for number in range(2))), 0
    files = [("image", pictures.sent(0))]
    if workload == "b":
        files.append(("mask", pictures.mask()))
    if workload == "e":
        return multipart({**fields, "stream": "true", "partial_images": "2"}, *files), 3
    return multipart(fields, *files), 0


def main() -> None:
    """Start everything, measure in turns, print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--litellm", type=Path, help="a virtual environment with LiteLLM")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workloads", nargs="+", choices=[*WORKLOADS, "d"], default=[*WORKLOADS, "d"])
    asked = parser.parse_args()
    starts: dict[str, Start] = {"direct": targets.direct, "lean": targets.lean, "retouch": targets.retouch}
    if asked.litellm:
        starts["litellm"] = targets.litellm(asked.litellm)
    scores: Scores = {}
    with targets.provider() as address:
        with ExitStack() as stack:
            running = {name: stack.enter_context(start(address)) for name, start in starts.items()}
            for name, target in running.items():
                warm_up(name, target)
            for number in range(asked.rounds):
                for workload in (one for one in asked.workloads if one != "d"):
                    for name in list(running)[:: 1 if number % 2 == 0 else -1]:
                        measure(running[name], workload, scores.setdefault((workload, name), Score()))
        for name, start in starts.items() if "d" in asked.workloads else ():
            with start(address) as target:
                warm_up(name, target)
                targets.hold_back(address, HELD_BACK)
                scores["d", name] = flood(target)
                targets.hold_back(address, 0)
    report(scores, list(starts), asked.workloads)


def warm_up(name: str, target: Target) -> None:
    """Answer enough edits that every pool is open, and wait until nothing is busy any more."""
    print(f"# {name}", flush=True)
    load(target.url, target.key, body("a")[0], requests=40, at_once=4)
    deadline = time.monotonic() + 20
    while target.family and time.monotonic() < deadline:
        before = target.family.cpu()
        time.sleep(1)
        if target.family.cpu() - before < 20:
            break


def measure(target: Target, workload: str, score: Score) -> None:
    """One turn: one request at a time for latency, then many at once for CPU and throughput."""
    if score.failure:
        return
    sent, events = body(workload)
    take_memory()
    try:
        score.alone += load(target.url, target.key, sent, requests=ALONE, at_once=1, events=events).taken
        with watched(target.family) as peak:
            before = target.family.cpu() if target.family else 0
            together = load(target.url, target.key, sent, requests=TOGETHER, at_once=16, events=events)
            score.cpu.append(((target.family.cpu() if target.family else 0) - before) / TOGETHER)
        score.per_second.append(together.per_second)
        score.memory.append(peak[0])
    except ExceptionGroup as failure:
        score.failure = str(failure.exceptions[0])[:90]


def flood(target: Target) -> Score:
    """64 requests at once, all held back: what one in flight costs in memory."""
    sent, _ = body("a")
    take_memory()
    idle = target.family.memory() if target.family else 0.0
    with watched(target.family) as peak:
        before = target.family.cpu() if target.family else 0
        run: Load = load(target.url, target.key, sent, requests=FLOOD, at_once=FLOOD)
        cpu = ((target.family.cpu() if target.family else 0) - before) / FLOOD
    return Score(alone=run.taken, cpu=[cpu], memory=[idle, peak[0]], per_second=[run.per_second])


def take_memory() -> None:
    """Have as much free memory as a turn needs be the machine's own.

    Many virtual machines give memory that lies free for seconds back to their host; the next to touch it pays for that
    several times what a page costs elsewhere (1.5 MB into a new file: 2.1 ms instead of 0.4), and whoever stores
    pictures touches most. What was written and freed a moment ago is still there.
    """
    block = bytes(2**20)
    with tempfile.TemporaryFile() as file:
        for _ in range(TAKEN_MB):
            file.write(block)


@contextmanager
def watched(family: Family | None) -> Iterator[list[float]]:
    """The most memory that a family held meanwhile, MB, looked at twenty times a second."""
    peak, ended = [0.0], threading.Event()

    def watch() -> None:
        while family and not ended.wait(0.05):
            peak[0] = max(peak[0], family.memory())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


def report(scores: Scores, names: list[str], workloads: list[str]) -> None:
    """The tables, each figure beside its ratio to the yardstick's."""
    for workload in (one for one in WORKLOADS if one in workloads):
        print(f"\n({workload}) {WORKLOADS[workload]}")
        print(f"{'':10}{'added p50':>11}{'added p99':>11}{'req/s at 16':>13}{'CPU ms':>9}{'x lean':>8}{'peak MB':>9}")
        base = sorted(scores[workload, "direct"].alone)
        lean = scores[workload, "lean"]
        for name in names[1:]:
            score = scores[workload, name]
            if score.failure:
                print(f"{name:10} fails: {score.failure}")
                continue
            alone, cpu = sorted(score.alone), statistics.median(score.cpu)
            added = [quantile(alone, share) - quantile(base, share) for share in (0.5, 0.99)]
            speed, memory = statistics.median(score.per_second), max(score.memory)
            ratio = cpu / statistics.median(lean.cpu)
            print(f"{name:10}{added[0]:11.1f}{added[1]:11.1f}{speed:13.0f}{cpu:9.2f}{ratio:8.2f}{memory:9.0f}")
    if "d" in workloads:
        print(f"\n(d) {FLOOD} at once, each held back {HELD_BACK:g} s")
        print(f"{'':10}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'idle MB':>9}{'peak MB':>9}{'MB each':>9}")
        for name in names[1:]:
            score = scores["d", name]
            idle, peak = score.memory
            times = [quantile(score.alone, share) for share in (0.5, 0.99)]
            each = (peak - idle) / FLOOD
            print(f"{name:10}{times[0]:9.0f}{times[1]:9.0f}{score.cpu[0]:9.2f}{idle:9.0f}{peak:9.0f}{each:9.2f}")


if __name__ == "__main__":
    main()
