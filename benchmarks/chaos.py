"""What is left of a server after a storm: a provider that fails in 30 cases of 100, with another behind it.

    PYTHONPATH=tests python -m benchmarks.chaos [--edits N] [--at-once N] [--rounds N] [--share P] [--seed N]

ok      edits answered with their image; `typed` those with an error of the API, each code counted below the table
faults  what the first provider did wrong: hung up, refused, was busy, broke off, answered nonsense or nothing
left    edits inside the server, calls under way and tasks above those at rest, once the round has settled
MB      resident memory of the server's process
"""

import argparse
import asyncio
from collections import Counter

from support.chaos import DEADLINE, SHARE, chaos


async def storm(edits: int, at_once: int, rounds: int, share: float, seed: int) -> bool:
    """Print a line for each round; whether every promise was kept."""
    kept, resident, codes = True, [], Counter[str]()
    async with chaos(seed, share) as one:
        rest = await one.rest(at_once)
        print(f"{'round':>5}{'edits':>7}{'ok':>6}{'typed':>7}{'faults':>8}{'longest s':>11}{'left':>6}{'MB':>7}")
        for number in range(1, rounds + 1):
            done = await one.round(edits, at_once)
            now = await one.settled(rest)
            left = sum(max(0.0, now[name] - rest[name]) for name in rest)
            resident.append(one.resident() / 2**20)
            ok = done.codes.pop("ok")
            codes += done.codes
            typed = done.codes.total()
            line = (
                f"{number:5}{edits:7}{ok:6}{typed:7}{done.faults:8}{done.longest:11.1f}{left:6.0f}{resident[-1]:7.0f}"
            )
            print(line, flush=True)
            kept = kept and ok + typed == edits and done.longest < DEADLINE and left == 0
    print("errors:", ", ".join(f"{code} {count}" for code, count in codes.items()) or "none")
    growth = resident[-1] / resident[0]
    print(f"memory after the last round: {growth:.2f} times that after the first")
    return kept and growth <= 1.1


def main() -> None:
    """Run it; the exit status is 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--at-once", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--share", type=float, default=SHARE)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    kept = asyncio.run(storm(asked.edits, asked.at_once, asked.rounds, asked.share, asked.seed))
    raise SystemExit(0 if kept else 1)


if __name__ == "__main__":
    main()
