"""`retouch backup` of a running server, `retouch restore` onto a fresh machine, and the same service goes on there."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import openai

from support.http import exchange
from support.images import encoded, photo
from support.server import KEY, clean_environment, running_server

OTHER_KEY = "rt-another-key-that-is-not-set-in-the-backup-0123456789"


def retouch(*arguments: object, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "retouch", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=clean_environment(), capture_output=True, text=True, check=False)


def test_a_backup_of_a_running_server_serves_on_a_fresh_machine(tmp_path: Path) -> None:
    """Keys, links and money are as they were; the command says what it did, the bars go to standard error."""
    file = tmp_path / "all.tar.gz"
    with running_server(data=tmp_path / "old") as server:
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client:
            answer = client.images.edit(
                model="retouch-classic", image=encoded(photo()), prompt="sepia", response_format="url"
            )
        assert answer.data
        link = urlsplit(answer.data[0].url or "")
        picture = exchange(f"{server.url}{link.path}?{link.query}").body
        body, headers = json.dumps({"name": "mine"}).encode(), {"authorization": f"Bearer {KEY}"}
        key = json.loads(exchange(f"{server.url}/v1/keys", "POST", body, headers).body)["key"]
        made = retouch("backup", file, "--data", "old", cwd=tmp_path)
        assert (made.returncode, made.stderr.count("pictures")) == (0, 1), made.stderr
        assert made.stdout.startswith(f"{file}: ")
        assert made.stdout.endswith(", 1 files\n")

    done = retouch("restore", file, "--data", "new", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    again = retouch("restore", file, "--data", "new", cwd=tmp_path)
    assert (again.returncode, "--force" in again.stderr) == (1, True)
    check = retouch("credits", "check", "--data", "new", cwd=tmp_path)
    assert check.returncode == 0, check.stdout + check.stderr

    with running_server({"RETOUCH_API_KEY": OTHER_KEY}, data=tmp_path / "new") as server:
        assert exchange(f"{server.url}{link.path}?{link.query}").body == picture
        bearer = {"authorization": f"Bearer {key}"}
        assert exchange(f"{server.url}/v1/models", headers=bearer).status == 200


def test_what_cannot_be_done_is_told_in_a_sentence(tmp_path: Path) -> None:
    """No database where one is named, a file that is no backup; and nothing is made on the way."""
    none = retouch("backup", "all.tar", "--data", "nowhere", cwd=tmp_path)
    assert (none.returncode, "there is no database" in none.stderr) == (2, True)
    (tmp_path / "text").write_text("hello")
    wrong = retouch("restore", "text", "--data", "new", cwd=tmp_path)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 1), wrong.stderr
    assert "not a whole backup" in wrong.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["text"]
