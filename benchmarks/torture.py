"""Whether every edit and every credit survives a storm.

    PYTHONPATH=tests python -m benchmarks.torture [--edits N] [--accounts N] [--at-once N] [--kill-seconds S]
        [--restarts N] [--away-seconds S] [--share P] [--seed N] [--bucket] [--logs FOLDER]

Two `retouch serve` and two `retouch worker` on one PostgreSQL, which is started for this and for nothing else. Clients
that retry as the SDKs do ask for edits and projects of four models. The providers are stand-ins that speak the real
ones' protocols; they answer 429, 500, slowly, half or with fewer images. Meanwhile every few seconds one of the
processes is killed with -9 and started again, and PostgreSQL is ended, by turns with -9 and politely. The exit status
is 1 if a promise was broken.
"""

import argparse
import asyncio
import os
import platform
import time
from contextlib import ExitStack
from pathlib import Path

from support.bucket import running_bucket
from support.torture import Size, Storm, torture


def report(storm: Storm) -> None:
    """Print what happened, and what must not have."""
    told, fleet = storm.told, storm.fleet
    rows: dict[str, object] = {
        "asked for": f"{storm.size.edits} by {storm.size.accounts} accounts, {storm.size.at_once} at once",
        "seconds": f"{storm.seconds:.0f}, and {storm.settling:.0f} until all was settled",
        "killed with -9": ", ".join(f"{name} {count}" for name, count in sorted(fleet.kills.items())),
        "starts that met no database": fleet.deaths.total(),
        "PostgreSQL ended": fleet.restarts,
        "wrong answers of providers": storm.cast.faults,
        "retries of clients": f"{told.retries}, {told.joined} joined an edit, {told.replayed} were replayed",
        "what they met": ", ".join(f"{name} {count}" for name, count in told.troubles.most_common()),
        "longest wait of a client": f"{told.longest:.0f} s",
        **{f"told: {name}": count for name, count in told.outcomes.most_common()},
        **storm.verdict.figures,
    }
    width = max(map(len, rows))
    for name, value in rows.items():
        print(f"{name:<{width}}  {value}")
    for what, cases in storm.verdict.broken.items():
        print(f"BROKEN: {len(cases)} {what}: {'; '.join(cases[:10])}")
    print("every promise was kept" if not storm.verdict.broken else "promises were broken")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=2000)
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--kill-seconds", type=float, default=4)
    parser.add_argument("--restarts", type=int, default=2)
    parser.add_argument("--away-seconds", type=float, default=3, help="how long PostgreSQL stays away")
    parser.add_argument("--share", type=float, default=0.15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bucket", action="store_true", help="keep pictures in an S3 (moto's) instead of a folder")
    parser.add_argument("--logs", type=Path, help="keep what the processes have said")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}", flush=True)
    with ExitStack() as stack:
        size = Size(
            edits=asked.edits,
            accounts=asked.accounts,
            at_once=asked.at_once,
            kill_seconds=asked.kill_seconds,
            restarts=asked.restarts,
            away_seconds=asked.away_seconds,
            share=asked.share,
            seed=asked.seed,
            logs=asked.logs,
            bucket=stack.enter_context(running_bucket()) if asked.bucket else None,
        )
        started = time.monotonic()
        storm = asyncio.run(
            torture(size, lambda line: print(f"{time.monotonic() - started:6.0f} s  {line}", flush=True))
        )
    report(storm)
    raise SystemExit(1 if storm.verdict.broken else 0)


if __name__ == "__main__":
    main()
