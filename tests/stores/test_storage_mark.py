"""One store of pictures to one database: who may start with which, and what is told to who may not."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from retouch.domain.errors import RetouchError
from retouch.stores.database import Database
from retouch.stores.objects import Objects
from retouch.stores.storage_mark import KEY, WrongStorage, adopt, claim


@pytest.fixture
def ours(tmp_path: Path) -> Objects:
    return Objects.open(tmp_path / "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Objects:
    return Objects.open(tmp_path / "theirs")


async def mark(objects: Objects) -> bytes:
    return (await objects.get(KEY)).splitlines()[0]


async def test_the_first_store_is_the_databases_own_and_no_other(
    database: Database, ours: Objects, theirs: Objects
) -> None:
    await claim(database, ours)
    laid = await mark(ours)
    assert laid.startswith(b"storage_")
    await claim(database, ours)
    assert await mark(ours) == laid
    with pytest.raises(WrongStorage, match=rf"{theirs.place} is not where .* is missing.*RETOUCH_STORAGE_URL"):
        await claim(database, theirs)
    assert [file async for file in theirs.list()] == []


async def test_of_many_that_start_at_once_with_two_stores_one_store_wins(
    database: Database, ours: Objects, theirs: Objects
) -> None:
    """Those of the one all start, those of the other all do not."""
    many = [ours, theirs] * 6
    ended = await asyncio.gather(*(claim(database, objects) for objects in many), return_exceptions=True)
    refused = {objects.place for objects, error in zip(many, ended, strict=True) if isinstance(error, WrongStorage)}
    started = {objects.place for objects, error in zip(many, ended, strict=True) if error is None}
    assert len(refused) == len(started) == 1
    assert refused != started


async def test_a_store_of_another_database_is_refused_even_at_the_first_start(
    database: Database, ours: Objects, new_database: Callable[[], str]
) -> None:
    """Else the second would delete, as strays, what only the first knows."""
    async with Database(new_database()) as other:
        await claim(other, ours)
        with pytest.raises(WrongStorage, match=r"for another database.*Two databases must not share one store"):
            await claim(database, ours)
        await claim(other, ours)


@pytest.mark.parametrize("laid", [True, False])
async def test_a_first_start_that_was_killed_is_brought_to_its_end(
    database: Database, ours: Objects, theirs: Objects, laid: bool
) -> None:
    """After the mark was laid, or before: the database has not noted it."""
    await claim(database, ours)
    await database.run(b"update storage set marked_at = null")
    if not laid:
        await ours.delete(KEY)
    await claim(database, ours)
    assert await mark(ours)
    with pytest.raises(WrongStorage):
        await claim(database, theirs)


async def test_a_store_that_was_moved_with_its_mark_is_the_same(
    database: Database, ours: Objects, theirs: Objects
) -> None:
    await claim(database, ours)
    await theirs.put(KEY, await ours.get(KEY))
    await claim(database, theirs)


async def test_an_adopted_store_takes_the_place_of_the_former(
    database: Database, ours: Objects, theirs: Objects
) -> None:
    await claim(database, ours)
    former = await mark(ours)
    await adopt(database, theirs)
    await claim(database, theirs)
    with pytest.raises(WrongStorage, match="marked"):
        await claim(database, ours)
    assert await mark(ours) == former != await mark(theirs)
    taken = await mark(theirs)
    await adopt(database, theirs)
    assert await mark(theirs) == taken


async def test_a_store_that_cannot_be_used_is_named_and_nothing_is_decided(
    database: Database, ours: Objects, theirs: Objects, tmp_path: Path
) -> None:
    """A folder where the mark should be a file; the next start may still choose."""
    (tmp_path / "ours" / KEY).mkdir()
    with pytest.raises(RetouchError, match=ours.place):
        await claim(database, ours)
    await claim(database, theirs)


async def test_a_store_of_another_database_is_adopted_by_force_alone(
    database: Database, ours: Objects, new_database: Callable[[], str]
) -> None:
    async with Database(new_database()) as other:
        await claim(other, ours)
        with pytest.raises(WrongStorage, match="adopt-storage --force"):
            await adopt(database, ours)
        await claim(other, ours)
        await adopt(database, ours, force=True)
        await claim(database, ours)
        with pytest.raises(WrongStorage):
            await claim(other, ours)
