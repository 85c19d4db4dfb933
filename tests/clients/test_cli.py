"""`retouch edit` and `models` as typed in a shell."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from support.images import decoded, encoded, mask, photo
from support.server import PLUGIN, clean_environment


def retouch(*arguments: object, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = clean_environment()
    command = [sys.executable, "-m", "retouch", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=cwd,
        env={**kept, "PYTHONPATH": str(PLUGIN), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.png").write_bytes(encoded(photo()))
    (tmp_path / "b.jpg").write_bytes(encoded(photo(80, 80), "JPEG"))
    (tmp_path / "mask.png").write_bytes(mask())
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    return tmp_path


def test_an_edit_lands_beside_its_input(folder: Path) -> None:
    done = retouch("edit", "a.png", "--prompt", "make it black and white", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "a-edited.png\n")
    pixels = decoded((folder / "a-edited.png").read_bytes())
    assert pixels.shape[:2] == (64, 96)
    assert np.ptp(pixels.astype(int), axis=-1).max() == 0
    assert {path.name for path in folder.iterdir()} == {"a.png", "a-edited.png", "b.jpg", "mask.png", "broken.png"}


def test_a_mask_a_seed_and_several_images(folder: Path) -> None:
    """With -n, one file each; the same seed gives the same bytes."""
    given = ("edit", "a.png", "-p", "remove it", "--mask", "mask.png", "-n", 2, "--seed", 4)
    for output in ("x.png", "y.png"):
        assert retouch(*given, "-o", output, cwd=folder).returncode == 0
    for number in (1, 2):
        assert (folder / f"x-{number}.png").read_bytes() == (folder / f"y-{number}.png").read_bytes()
        assert np.array_equal(decoded((folder / f"x-{number}.png").read_bytes())[:20, :, :3], photo()[:20])


def test_several_inputs_go_into_a_folder(folder: Path) -> None:
    done = retouch("edit", "a.png", "b.jpg", "-p", "sepia", "-o", "out", "--format", "webp", cwd=folder)
    assert done.returncode == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a.webp", "b.webp"]


def test_one_image_goes_to_standard_output(folder: Path) -> None:
    """As a file would be, and nothing else with it; no file is made."""
    before = {path.name for path in folder.iterdir()}
    command = [sys.executable, "-m", "retouch", "edit", "a.png", "-p", "sepia", "-o", "-", "--format", "webp"]
    done = subprocess.run(command, cwd=folder, env=clean_environment(), capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith(b"RIFF")
    assert decoded(done.stdout).shape[:2] == (64, 96)
    assert {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize("given", [("a.png", "-n", 2), ("a.png", "b.jpg")])
def test_several_images_do_not_go_to_standard_output(folder: Path, given: tuple[object, ...]) -> None:
    refused = retouch("edit", *given, "-p", "sepia", "-o", "-", cwd=folder)
    assert refused.returncode == 2
    assert refused.stderr == "retouch: -o -: standard output takes one image, and 2 would be made.\n"


def test_the_format_follows_the_output_name(folder: Path) -> None:
    assert retouch("edit", "a.png", "-p", "sepia", "-o", "new/c.jpg", "--size", "33x44", cwd=folder).returncode == 0
    data = (folder / "new" / "c.jpg").read_bytes()
    assert data.startswith(b"\xff\xd8")
    assert decoded(data).shape == (44, 33, 3)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("broken.png", "-p", "sepia"), 3, "cut off"),
        (("a.png", "-p", "add a cat"), 3, "cat"),
        (("a.png", "-p", "remove the person"), 3, "mask"),
        (("a.png", "-p", "sepia", "--size", "big"), 2, "size"),
        (("a.png", "-p", "sepia", "--model", "none"), 3, "none"),
        (("missing.png", "-p", "sepia"), 2, "missing.png"),
        (("a.png", "-p", "fail UPSTREAM_ERROR", "--model", "repaint"), 1, "told to fail"),
    ],
)
def test_exit_statuses(folder: Path, arguments: tuple[str, ...], status: int, message: str) -> None:
    """0 done, 1 failed, 2 wrong usage, 3 refused; the reason goes to standard error."""
    (folder / "retouch.toml").write_text('[models.repaint]\nroutes = [{ engine = "repaint", model = "any" }]\n')
    done = retouch("edit", *arguments, cwd=folder, RETOUCH_CONFIG="retouch.toml")
    assert done.returncode == status, done.stderr
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a.png", "-o", "out.bmp"), ".png, .jpg, .jpeg or .webp"),
        (("a.png", "-o", "out.jpg", "--format", "png"), "-o out.jpg says jpeg, --format says png"),
        (("a.png", "b.jpg", "-o", "out.png"), "names a folder"),
        (("a.png", "new/a.png"), "one after the other"),
    ],
)
def test_a_file_is_never_written_under_a_name_that_says_another_format(
    folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    """Nor two results under one name; the answer says what is allowed, and nothing is written."""
    (folder / "new").mkdir()
    (folder / "new" / "a.png").write_bytes((folder / "a.png").read_bytes())
    before = set(folder.rglob("*"))
    given = (*arguments, "-o", "same") if len(arguments) == 2 else arguments
    done = retouch("edit", *given, "-p", "sepia", cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert set(folder.rglob("*")) == before


def test_an_output_without_an_ending_gets_one(folder: Path) -> None:
    done = retouch("edit", "a.png", "-p", "sepia", "-o", "many", "-n", 2, "--format", "webp", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "many-1.webp\nmany-2.webp\n")
    assert (folder / "many-2.webp").read_bytes()[8:12] == b"WEBP"


def test_what_is_wrong_is_one_line_however_narrow_the_terminal(folder: Path) -> None:
    """So that it can be copied and searched for."""
    for arguments in (("a.png", "-p", "add a cat"), ("a.png", "-p", "sepia", "--size", "big"), ("none.png", "-p", "a")):
        done = retouch("edit", *arguments, cwd=folder, COLUMNS="40", TERMINAL_WIDTH="40")
        told = max(done.stderr.splitlines(), key=len)
        assert "│" not in done.stderr
        assert len(told) > 40
        assert told.endswith(".")


def test_one_bad_input_does_not_stop_the_others(folder: Path) -> None:
    done = retouch("edit", "broken.png", "a.png", "-p", "sepia", cwd=folder)
    assert (done.returncode, done.stdout) == (3, "a-edited.png\n")


def test_models_says_what_works_and_what_is_missing(tmp_path: Path) -> None:
    done = retouch("models", cwd=tmp_path, COLUMNS="200")
    assert done.returncode == 0
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "available" in lines["retouch-classic"]
    assert "set OPENAI_API_KEY" in lines["gpt-image-1"]
    assert "set GEMINI_API_KEY or set FAL_KEY" in lines["nano-banana-pro"]


@pytest.mark.parametrize("arguments", [("--help",), ("models",)])
def test_a_command_that_edits_nothing_loads_nothing_that_edits(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """The web framework and finishing would cost every command a second."""
    told = retouch(*arguments, cwd=tmp_path, PYTHONPROFILEIMPORTTIME="1").stderr
    loaded = {line.rpartition("|")[2].strip() for line in told.splitlines()}
    assert "retouch.app" in loaded
    assert not loaded & {"fastapi", "retouch.editing", "retouch.finishing"}


def test_a_wrong_catalogue_entry_names_model_and_key(tmp_path: Path) -> None:
    (tmp_path / "retouch.toml").write_text("[models.mine]\nprize = 3\n")
    done = retouch("models", cwd=tmp_path, RETOUCH_CONFIG="retouch.toml")
    assert done.returncode == 2
    assert "mine" in done.stderr
    assert "prize" in done.stderr
