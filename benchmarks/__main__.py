"""`make bench`: every benchmark, one after the other, in one run."""

import os
import platform

from benchmarks import finishing, inpainting, server, studio


def main() -> None:
    """Print every table."""
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}. Read ratios within this run.\n")
    for benchmark in (server, finishing, inpainting, studio):
        benchmark.main()
        print()


if __name__ == "__main__":
    main()
