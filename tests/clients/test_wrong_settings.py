"""What is wrong in retouch.toml ends every command at once, with the file and the line."""

from pathlib import Path

import pytest

from support.shell import retouch

CASES = [
    ("port = 8080\n[models.mine]\nprize = 3\n", 3, "model mine, prize: there is no such key"),
    ("[engines.gpu1]\nkind = 'vllm'\n", 2, "engines.gpu1.kind is 'vllm'; it is one of vllm-omni"),
    ("\n\n[engines.openia]\nbase_url = 'x'\n", 3, "engines.openia: there is no such engine"),
    ("[engines.fal.endpoints.'a/b']\nimage = 2\n", 2, "engines.fal.endpoints.a/b.image: Extra inputs"),
    ("# mine\nport = 'high'\n", 2, "port: Input should be a valid integer"),
    ("[limits]\nbody_mb = 64\nimages = 0\n", 3, "limits.images: Input should be greater than or equal to 1"),
    ("[nothing]\nx = 1\n", 1, "nothing: Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("toml", "line", "words"), CASES, ids=[words[:30] for *_, words in CASES])
def test_the_file_and_the_line_are_told(tmp_path: Path, toml: str, line: int, words: str) -> None:
    (tmp_path / "retouch.toml").write_text(toml)
    done = retouch("models", cwd=tmp_path, RETOUCH_CONFIG="retouch.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"retouch: retouch.toml, line {line}: {words}")


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_nothing_is_started_with_a_wrong_catalogue(tmp_path: Path, command: str) -> None:
    (tmp_path / "retouch.toml").write_text(CASES[0][0])
    done = retouch(command, cwd=tmp_path, RETOUCH_CONFIG="retouch.toml")
    assert done.returncode == 2
    assert "retouch.toml, line 3" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "retouch.toml").write_text("port = 1\n[models.mine\n")
    done = retouch("models", cwd=tmp_path, RETOUCH_CONFIG="retouch.toml")
    assert done.returncode == 2
    assert "retouch.toml" in done.stderr
    assert "line 2" in done.stderr


def test_a_value_of_the_environment_is_told_by_its_variable(tmp_path: Path) -> None:
    """The file holds another value, so its line is not to blame."""
    (tmp_path / "retouch.toml").write_text("port = 1\n")
    done = retouch("models", cwd=tmp_path, RETOUCH_CONFIG="retouch.toml", RETOUCH_PORT="high")
    assert done.returncode == 2
    assert done.stderr.startswith("retouch: RETOUCH_PORT: ")
