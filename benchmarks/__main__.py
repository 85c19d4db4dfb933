"""`make bench`: every benchmark, one after the other, in one run of about ten minutes."""

import os
import platform

from benchmarks import finishing, inpainting, mask_emulation, server
from benchmarks.gateway import __main__ as gateway


def main() -> None:
    """Print every table."""
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}. Read ratios within this run.\n")
    for benchmark in (server, gateway, finishing, inpainting, mask_emulation):
        benchmark.main()
        print()


if __name__ == "__main__":
    main()
