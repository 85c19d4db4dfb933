"""Where files are written from: the event loop while the disk keeps up, threads while it does not."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from retouch.stores.local_file import BRIEF_BYTES, HELD_UP, WARY, Writing

PICTURE = b"picture"


class Disk:
    """A clock that a write moves on by `takes` seconds, and whether each write was the loop's own."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.takes = 0.0
        self.in_place: list[bool] = []

    def clock(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk, loop, write = Disk(), threading.get_ident(), os.write

    def watched(file: int, data: memoryview) -> int:
        disk.in_place.append(threading.get_ident() == loop)
        disk.now += disk.takes
        return write(file, data)

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", watched)
        yield disk


async def test_a_small_file_is_written_right_here(tmp_path: Path, disk: Disk) -> None:
    writing = Writing(in_place=True, clock=disk.clock)
    await writing.write(tmp_path / "a.png", PICTURE, durable=False)
    assert (disk.in_place, (tmp_path / "a.png").read_bytes()) == ([True], PICTURE)


@pytest.mark.parametrize(
    ("data", "durable", "near"),
    [(bytes(BRIEF_BYTES + 1), False, True), (PICTURE, True, True), (PICTURE, False, False)],
    ids=["a large file", "one that must be on the disk", "a folder that may be behind a network"],
)
async def test_what_may_take_its_time_is_left_to_a_thread(
    tmp_path: Path, disk: Disk, data: bytes, durable: bool, near: bool
) -> None:
    writing = Writing(in_place=near, clock=disk.clock)
    await writing.write(tmp_path / "a.png", data, durable=durable)
    assert (disk.in_place, (tmp_path / "a.png").read_bytes()) == ([False], data)


async def test_a_disk_that_holds_the_loop_up_does_so_once_in_a_while(tmp_path: Path, disk: Disk) -> None:
    """After one write that took long, threads wait for the disk; half a minute later one of them finds it well."""
    writing = Writing(in_place=True, clock=disk.clock)
    disk.takes = 5 * HELD_UP
    for number in range(3):
        await writing.write(tmp_path / f"{number}.png", PICTURE, durable=False)
    assert disk.in_place == [True, False, False]
    disk.now += WARY
    for number in range(3):
        await writing.write(tmp_path / f"{number}.png", PICTURE, durable=False)
    assert disk.in_place[3:] == [False, True, False]


async def test_a_disk_that_takes_a_little_too_long_each_time_is_noticed(tmp_path: Path, disk: Disk) -> None:
    """And one write in many that does, as where another program has had its turn meanwhile, means nothing."""
    writing = Writing(in_place=True, clock=disk.clock)
    for number in range(40):
        disk.takes = 2 * HELD_UP if number % 8 == 0 else HELD_UP / 10
        await writing.write(tmp_path / f"{number}.png", PICTURE, durable=False)
    assert disk.in_place == [True] * 40
    disk.takes = 2 * HELD_UP
    for number in range(5):
        await writing.write(tmp_path / f"{number}.png", PICTURE, durable=False)
    assert disk.in_place[-1] is False


async def test_a_disk_that_is_stuck_is_not_tried_again_while_threads_wait_for_it(tmp_path: Path, disk: Disk) -> None:
    """The loop stands once, not again for each half minute that goes by."""
    writing = Writing(in_place=True, clock=disk.clock)
    disk.takes = WARY / 5
    for number in range(20):
        await writing.write(tmp_path / f"{number}.png", PICTURE, durable=False)
    assert disk.in_place == [True] + [False] * 19


@pytest.mark.parametrize(("durable", "takes"), [(True, 1.5), (False, 0.2)])
async def test_a_thread_that_meets_a_disk_that_is_stuck_warns_the_loop(
    tmp_path: Path, disk: Disk, durable: bool, takes: float
) -> None:
    """With a file that must be on the disk, or with a large one: the next small one does not stop the loop."""
    writing = Writing(in_place=True, clock=disk.clock)
    disk.takes = takes
    await writing.write(tmp_path / "a.png", PICTURE if durable else bytes(BRIEF_BYTES + 1), durable=durable)
    await writing.write(tmp_path / "b.png", PICTURE, durable=False)
    assert disk.in_place == [False, False]


async def test_a_write_that_fails_after_a_long_wait_counts_too(tmp_path: Path, disk: Disk) -> None:
    """A full disk: the error is told, and the loop does not wait for it again."""
    writing = Writing(in_place=True, clock=disk.clock)
    disk.takes = 5 * HELD_UP
    (tmp_path / "a.png").mkdir()  # a file cannot take its place
    with pytest.raises(OSError, match="directory"):
        await writing.write(tmp_path / "a.png", PICTURE, durable=False)
    await writing.write(tmp_path / "b.png", PICTURE, durable=False)
    assert disk.in_place == [True, False]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]
