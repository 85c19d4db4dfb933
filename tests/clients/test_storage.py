"""Servers on one database need one store of pictures: what is told to who starts one with another, and the ways out."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from urllib.parse import urlsplit

import openai
import pytest

from support.http import exchange
from support.images import encoded, photo
from support.server import KEY, Server, free_port, running_server
from support.shell import retouch


@pytest.fixture(scope="module")
def address(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def first(address: str) -> Iterator[Server]:
    """It has its own database's pictures in the data folder, as a server has that was told of nothing else."""
    with running_server({"RETOUCH_DATABASE_URL": address}) as server:
        yield server


def told(command: str, *arguments: str, at: Path, address: str, **more: str) -> "CompletedProcess[str]":
    """A command with a data folder of its own, on the same database."""
    port = str(free_port())
    given = {"RETOUCH_DATABASE_URL": address, "RETOUCH_DATA": "mine", "RETOUCH_PORT": port, **more}
    return retouch(command, *arguments, cwd=at, **given)


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_second_process_with_its_own_folder_does_not_start(
    first: Server, address: str, tmp_path: Path, command: str
) -> None:
    """It ends with a sentence that says what to do, having taken nothing; the first goes on."""
    refused = told(command, at=tmp_path, address=address)
    assert refused.returncode == 2
    [line] = refused.stderr.splitlines()
    assert line.startswith(f"retouch: {tmp_path / 'mine' / 'objects'} is not where this database has its pictures")
    assert "RETOUCH_STORAGE_URL" in line
    assert "retouch adopt-storage" in line
    assert exchange(f"{first.url}/readyz").status == 200


def test_the_doctor_says_so_before_and_makes_nothing(first: Server, address: str, tmp_path: Path) -> None:
    """Also of a folder that there is not yet; and that the first server's is well."""
    for existing in (False, True):
        if existing:
            (tmp_path / "mine" / "objects").mkdir(parents=True)
        found = told("doctor", "--json", at=tmp_path, address=address)
        [storage] = [row for row in json.loads(found.stdout)["findings"] if row["check"] == "storage"]
        assert (found.returncode, storage["state"]) == (1, "problem")
        assert "is not where this database has its pictures" in storage["found"]
        assert "RETOUCH_STORAGE_URL" in storage["advice"]
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    found = told("doctor", "--json", at=tmp_path, address=address, RETOUCH_DATA=str(first.data))
    [storage] = [row for row in json.loads(found.stdout)["findings"] if row["check"] == "storage"]
    assert (found.returncode, storage["state"]) == (0, "ok")


def test_with_the_same_folder_it_starts_and_serves_what_the_first_signed(first: Server, address: str) -> None:
    with openai.OpenAI(base_url=f"{first.url}/v1", api_key=KEY, max_retries=0) as client:
        answer = client.images.edit(
            model="retouch-classic", image=encoded(photo()), prompt="sepia", response_format="url"
        )
    assert answer.data
    link = urlsplit(str(answer.data[0].url))
    shared = {"RETOUCH_DATABASE_URL": address, "RETOUCH_STORAGE_URL": (first.data / "objects").as_uri()}
    with running_server(shared) as second:
        assert exchange(f"{second.url}{link.path}?{link.query}").status == 200


def test_a_folder_that_was_copied_goes_on_and_an_empty_one_has_to_be_adopted(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    """Then the former store no longer starts, and another database's is taken only by force."""
    own = {"RETOUCH_DATABASE_URL": new_database()}
    with running_server(own, data=tmp_path / "old"):
        pass
    shutil.copytree(tmp_path / "old" / "objects", tmp_path / "copy" / "objects")
    with running_server(own, data=tmp_path / "copy"):
        pass

    adopted = retouch("adopt-storage", "--data", "mine", cwd=tmp_path, **own)
    assert (adopted.returncode, adopted.stderr) == (0, "")
    assert adopted.stdout.startswith(f"{tmp_path / 'mine' / 'objects'} is the store")
    with running_server(own, data=tmp_path / "mine"):
        former = retouch("worker", "--data", "old", cwd=tmp_path, **own)
        assert (former.returncode, "for another database" in former.stderr) == (2, True)

    other = {"RETOUCH_DATABASE_URL": new_database()}
    refused = retouch("adopt-storage", "--data", "mine", cwd=tmp_path, **other)
    assert (refused.returncode, "adopt-storage --force" in refused.stderr) == (2, True)
    assert retouch("adopt-storage", "--force", "--data", "mine", cwd=tmp_path, **other).returncode == 0
    with running_server(other, data=tmp_path / "mine"):
        pass
