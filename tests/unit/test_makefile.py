"""The set-up of `make run` and `make test`: a virtual environment that does not work is made anew."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[2] / "Makefile"
MAKE = shutil.which("make")
#: The Python that made the environment of these tests; a venv made from it is a venv of the same.
BASE = getattr(sys, "_base_executable", sys.executable)


def make(folder: Path, *arguments: str, **environment: str) -> None:
    """Have the Makefile provide .venv, without installing anything into it."""
    assert MAKE
    kept = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    command = [MAKE, "-s", "-f", str(MAKEFILE), *arguments, ".venv/bin/python"]
    subprocess.run(command, cwd=folder, env={**kept, **environment}, check=True, timeout=120)


def prefix_of(folder: Path) -> Path:
    """Where the environment's Python says that it belongs."""
    code = "import sys; print(sys.prefix)"
    done = subprocess.run([folder / ".venv/bin/python", "-c", code], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def nothing_yet(venv: Path) -> None:
    shutil.rmtree(venv)


def no_python(venv: Path) -> None:
    for file in (venv / "bin").glob("python*"):
        file.unlink()


def a_python_that_is_gone(venv: Path) -> None:
    no_python(venv)
    (venv / "bin" / "python").symlink_to("/usr/bin/a-python-that-was-replaced")


def no_configuration(venv: Path) -> None:
    (venv / "pyvenv.cfg").unlink()


def no_folder(venv: Path) -> None:
    shutil.rmtree(venv)
    venv.touch()


def a_set_up_that_was_killed(venv: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    (venv / "unfinished").write_text(f"{ended.pid}\n")


@pytest.mark.skipif(MAKE is None, reason="make is not installed")
@pytest.mark.parametrize(
    "broken", [nothing_yet, no_python, a_python_that_is_gone, no_configuration, no_folder, a_set_up_that_was_killed]
)
def test_an_environment_that_does_not_work_is_made_anew(tmp_path: Path, broken: object) -> None:
    """On a path with a space, too."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    make(folder, f"PYTHON={BASE}")
    (folder / ".venv" / "mark").touch()
    assert callable(broken)
    broken(folder / ".venv")
    make(folder, f"PYTHON={BASE}")
    assert not (folder / ".venv" / "mark").exists()
    assert prefix_of(folder) == folder / ".venv"


@pytest.mark.skipif(MAKE is None, reason="make is not installed")
def test_an_environment_that_works_is_kept(tmp_path: Path) -> None:
    """Whatever is installed in it, and also where it is active, so that `python3` is its own."""
    make(tmp_path, f"PYTHON={BASE}")
    mark = tmp_path / ".venv" / "mark"
    mark.touch()
    make(tmp_path, PATH=f"{tmp_path / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert mark.exists()


@pytest.mark.skipif(MAKE is None, reason="make is not installed")
def test_an_environment_that_is_being_set_up_is_left_alone(tmp_path: Path) -> None:
    """The other make, which is alive, is waited for."""
    make(tmp_path, f"PYTHON={BASE}")
    (tmp_path / ".venv" / "unfinished").write_text(f"{os.getpid()}\n")
    with pytest.raises(subprocess.CalledProcessError):
        make(tmp_path, f"PYTHON={BASE}")
    assert (tmp_path / ".venv" / "unfinished").exists()
