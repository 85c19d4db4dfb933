"""`make browser` where it cannot do what it is for: it says what to do, and fails."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def step(environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """What `make browser` runs."""
    given = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), **environment}
    command = [sys.executable, str(ROOT / "scripts" / "browser.py")]
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False, timeout=120)


def test_a_browser_that_does_not_start_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    done = step({"CHROMIUM": str(broken)})
    assert done.returncode == 1
    assert f"{broken} does not start" in done.stderr


def test_where_none_can_be_fetched_it_says_how_else_to_get_one(tmp_path: Path) -> None:
    """Nothing listens where it is to be fetched from."""
    nowhere = {"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path), "PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:9"}
    done = step({"PATH": str(tmp_path), "CHROMIUM": "", **nowhere})
    assert done.returncode == 1
    assert "apt-get install chromium" in done.stderr
