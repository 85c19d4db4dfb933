"""Files by key, on a folder, in memory, and on a bucket."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from obstore.store import MemoryStore

from retouch.domain.errors import Code, RetouchError
from retouch.stores.objects import Objects
from support.bucket import Bucket, running_bucket

KEY = "outputs/2026-11-21/edit_1/0.png"
LONG = timedelta(days=1)


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with running_bucket() as bucket:
        yield bucket


@pytest.fixture(params=["folder", "memory", "bucket"])
def objects(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Objects:
    """A folder, obstore's memory, and an S3: each test has a store of its own."""
    if request.param == "memory":
        return Objects(MemoryStore(), "memory")
    if request.param == "folder":
        return Objects.open(tmp_path / "objects")
    bucket: Bucket = request.getfixturevalue("bucket")
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    return Objects.open(tmp_path, f"{bucket.url}/{uuid4()}")


async def code_of(call: Callable[[], object]) -> Code:
    with pytest.raises(RetouchError) as caught:
        await call()  # type: ignore[misc]
    return caught.value.code


@pytest.mark.parametrize("data", [b"picture", bytearray(b"picture"), memoryview(b"a picture")[2:]])
async def test_what_is_put_is_got(objects: Objects, data: bytes) -> None:
    """Any kind of buffer; again in place of the first."""
    await objects.put(KEY, b"former")
    await objects.put(KEY, data)
    assert await objects.get(KEY) == b"picture"
    assert await objects.get_range(KEY, 1, 4) == b"ict"
    info = await objects.head(KEY)
    assert (info.key, info.size) == (KEY, 7)
    assert info.etag


async def test_a_tag_changes_with_the_content(objects: Objects) -> None:
    """So that a cache can ask whether its copy is good."""
    await objects.put(KEY, b"one")
    first = (await objects.head(KEY)).etag
    assert (await objects.head(KEY)).etag == first
    await objects.put(KEY, b"other")
    assert (await objects.head(KEY)).etag != first


async def test_what_is_not_there_is_not_found(objects: Objects) -> None:
    """Never there, or deleted; deleting twice is no error."""
    await objects.put(KEY, b"picture")
    await objects.delete(KEY)
    await objects.delete(KEY)
    assert await code_of(lambda: objects.get(KEY)) is Code.NOT_FOUND
    assert await code_of(lambda: objects.head(KEY)) is Code.NOT_FOUND
    assert await code_of(lambda: objects.get_range(KEY, 0, 1)) is Code.NOT_FOUND
    assert await code_of(lambda: objects.get("outputs")) is Code.NOT_FOUND


HOSTILE = [
    "",
    "/",
    "/etc/passwd",
    "..",
    "outputs/../../secret",
    "outputs/./0.png",
    "outputs//0.png",
    "outputs/",
    "outputs/.hidden",
    "outputs\\..\\secret",
    "outputs/%2e%2e/secret",
    "outputs/0.png\x00",
    "outputs/0.png\n",
    "outputs/0.png#1",
    "outputs/é.png",
    "x" * 513,
]


@pytest.mark.parametrize("key", HOSTILE)
async def test_no_key_leads_out_of_the_store(objects: Objects, key: str) -> None:
    """Such a key is not found, whatever is asked of it."""
    assert await code_of(lambda: objects.get(key)) is Code.NOT_FOUND
    assert await code_of(lambda: objects.head(key)) is Code.NOT_FOUND
    assert await code_of(lambda: objects.get_range(key, 0, 1)) is Code.NOT_FOUND
    assert await code_of(lambda: objects.delete(key)) is Code.NOT_FOUND
    assert await code_of(lambda: objects.put(key, b"x")) is Code.NOT_FOUND
    assert await code_of(lambda: objects.delete_older_than(key, LONG)) is Code.NOT_FOUND


async def test_a_folder_is_listed_and_only_what_is_old_in_it_goes(objects: Objects) -> None:
    """By whole names: `out` is not a folder of `outputs`."""
    for name in ("outputs/a/0.png", "outputs/b/0.png", "uploads/a.png"):
        await objects.put(name, b"x")
    assert {found.key async for found in objects.list("outputs")} == {"outputs/a/0.png", "outputs/b/0.png"}
    assert [found async for found in objects.list("out")] == []
    assert await objects.delete_older_than("outputs", LONG) == 0
    assert await objects.delete_older_than("outputs", -LONG) == 2
    assert [found.key async for found in objects.list("uploads")] == ["uploads/a.png"]


async def test_files_of_this_machine_are_private(tmp_path: Path) -> None:
    """And nothing is left of what was deleted, not even its folder."""
    folder = tmp_path / "new" / "objects"
    objects = Objects.open(folder)
    await objects.put(KEY, b"picture")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / KEY).stat().st_mode) == 0o600
    await objects.delete(KEY)
    assert list(folder.iterdir()) == []


async def test_what_must_outlast_a_loss_of_power_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First the file, under another name; then the folder, which has the name. What need not be waits for no disk."""
    synced: list[tuple[bool, list[str]]] = []

    def fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append((is_folder, [path.name for path in tmp_path.rglob("*.png")]))

    monkeypatch.setattr(os, "fsync", fsync)
    objects = Objects.open(tmp_path)
    await objects.put(KEY, b"picture")
    assert synced == []
    await objects.delete(KEY)
    await objects.put(KEY, b"picture", durable=True)
    assert synced == [(False, []), (True, ["0.png"])]


async def test_writing_beside_a_clean_up_loses_nothing(tmp_path: Path) -> None:
    """A folder that empties while another file comes into it."""
    objects = Objects.open(tmp_path)
    for _ in range(50):
        await objects.put("outputs/day/a.png", b"a")
        await asyncio.gather(objects.delete("outputs/day/a.png"), objects.put("outputs/day/b.png", b"b"))
        assert await objects.get("outputs/day/b.png") == b"b"
        await objects.delete("outputs/day/b.png")


@pytest.mark.parametrize("gone", ["2026-11-21", "edit_1"])
async def test_a_folder_may_be_tidied_away_as_soon_as_it_is_made(
    gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a clean-up does beside it, at any of the steps between the first folder and the file: it is made again."""
    objects, make = Objects.open(tmp_path), Path.mkdir
    tidied: list[Path] = []

    def made(folder: Path, *given: Any, **named: Any) -> None:
        make(folder, *given, **named)
        if folder.name == gone and len(tidied) < 3:
            tidied.append(folder)
            folder.rmdir()

    monkeypatch.setattr(Path, "mkdir", made)
    await objects.put(KEY, b"picture")
    assert await objects.get(KEY) == b"picture"
    assert len(tidied) == 3


async def test_a_url_can_name_a_folder(tmp_path: Path) -> None:
    """With spaces and other alphabets, quoted as URLs are."""
    folder = tmp_path / "Bilder und 画像"
    objects = Objects.open(tmp_path / "unused", folder.as_uri())
    await objects.put(KEY, b"picture")
    assert (folder / KEY).read_bytes() == b"picture"
    assert not (tmp_path / "unused").exists()


def test_a_url_that_cannot_be_used_is_told_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(RetouchError, match=r"RETOUCH_STORAGE_URL \(nothing://bucket\) cannot be used"):
        Objects.open(tmp_path, "nothing://bucket")


async def test_a_store_that_is_away_says_when_to_come_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A bucket behind an address where nobody listens."""
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    objects = Objects.open(tmp_path, "s3://bucket/below")
    with pytest.raises(RetouchError) as caught:
        await objects.get(KEY)
    assert caught.value.code is Code.OVERLOADED
    assert caught.value.retry_after


ENDS = """
import asyncio, sys
from pathlib import Path
from retouch.stores.objects import Objects

async def main():
    objects = Objects.open(Path(sys.argv[1]))
    await objects.put("a.txt", b"a")
    assert [found.key async for found in objects.list()] == ["a.txt"]
    await objects.delete("a.txt")

asyncio.run(main())
"""


def test_a_command_that_ends_with_an_answer_ends_in_peace(tmp_path: Path) -> None:
    """Without a pause at the end, a busy machine sees one in eight aborted by a thread of obstore's."""

    def status(number: int) -> int:
        return subprocess.run([sys.executable, "-c", ENDS, str(tmp_path / str(number))], check=False).returncode

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(status, range(60))) == {0}
