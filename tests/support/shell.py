"""The command line as typed in a shell."""

import subprocess
import sys
from pathlib import Path

from support.server import PLUGIN, clean_environment


def retouch(*arguments: object, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run `retouch` in a folder, with nothing in its environment but what is given, and wait for its end."""
    command = [sys.executable, "-m", "retouch", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=cwd,
        env={**clean_environment(), "PYTHONPATH": str(PLUGIN), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
