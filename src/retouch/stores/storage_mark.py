"""Which store of pictures belongs to a database. Either has the same mark, laid at the first start.

Servers with stores of their own on one database would take each other's projects without having their pictures, and one
store under two databases would lose what only one of them knows.
"""

from dataclasses import dataclass

from psycopg.rows import class_row

from retouch.domain.errors import Code, RetouchError
from retouch.stores.database import Database, fetch_one
from retouch.stores.ids import new_id
from retouch.stores.objects import Objects, why
from retouch.stores.queries import query

_INSERT, _REPLACE, _FIND, _LOCK, _NOTE = map(
    query, ("insert_storage", "replace_storage", "find_storage", "lock_storage", "note_storage")
)

#: The object that holds the mark, in its first line.
KEY = "retouch-storage.txt"
_TEXT = """{mark}

These pictures belong to the Retouch database that has the same mark. Whoever moves them takes this file along.
"""

_UNMARKED = "{place} is not where this database has its pictures: the mark of that store, {key}, is missing"
_FOREIGN = "{place} is not where this database has its pictures: it is marked, in {key}, for another database"
_SHARE = (
    "Servers and workers on one database need one store: give all of them the same RETOUCH_STORAGE_URL, a bucket or a "
    "folder that all see (file:///...). If it was moved, copy every file, {key} too. To leave the pictures of the "
    "former store behind and go on with this one: retouch adopt-storage"
)
_PART = (
    "Two databases must not share one store, they would delete each other's pictures: give this one another folder "
    "(RETOUCH_DATA) or another path of the bucket (RETOUCH_STORAGE_URL), or connect to the database that has been used "
    "with this store. If that is gone for good: retouch adopt-storage --force"
)


class WrongStorage(RuntimeError):  # noqa: N818 - it names what was found
    """The store of pictures is not the one that belongs to the database: what was found, and what to do."""

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(f"{found}. {advice}")
        self.found, self.advice = found, advice


@dataclass(frozen=True, slots=True)
class Mark:
    """What the database knows. It is `laid` once it lies in a store."""

    mark: str
    laid: bool


async def claim(database: Database, objects: Objects) -> None:
    """Make sure that a store belongs to a database; at the first start of all, let it.

    A process that is killed anywhere in between leaves nothing that the next start does not bring to its end.
    Raises WrongStorage; RetouchError (OVERLOADED) where the store does not answer.
    """
    await database.run(_INSERT, {"mark": new_id("storage")})
    async with database.transaction() as connection:
        known = await fetch_one(connection, class_row(Mark), _LOCK)
        assert known is not None, "inserted above, and never deleted"  # noqa: S101
        found = await laid_mark(objects)
        if wrong := compare(known, found, objects.place):
            raise wrong
        if found is None:
            await _lay(objects, known.mark)
        await connection.execute(_NOTE)


async def known_mark(database: Database) -> Mark:
    """The database's mark, which is of no store before the first start."""
    return await database.one(class_row(Mark), _FIND) or Mark("", laid=False)


async def laid_mark(objects: Objects) -> str | None:
    """A store's mark, if it has one. Raises RetouchError (OVERLOADED)."""
    try:
        text = await objects.get(KEY)
    except RetouchError as error:
        if error.code is Code.NOT_FOUND:
            return None
        raise _unusable(objects, error) from error
    return text.decode("utf-8", "replace").partition("\n")[0].strip()


async def _lay(objects: Objects, mark: str) -> None:
    try:
        await objects.put(KEY, _TEXT.format(mark=mark).encode(), durable=True)
    except RetouchError as error:
        raise _unusable(objects, error) from error


def _unusable(objects: Objects, error: RetouchError) -> RetouchError:
    said = why(error.__cause__ or error)
    return RetouchError(error.code, f"The store of pictures, {objects.place}, cannot be used: {said}")


def compare(known: Mark, found: str | None, place: str) -> WrongStorage | None:
    """Why a start with the store at `place`, in which that mark was found, is refused; None where it is not."""
    if found == known.mark or (found is None and not known.laid):
        return None
    text = _UNMARKED if found is None else _FOREIGN
    return WrongStorage(text.format(place=place, key=KEY), (_SHARE if known.laid else _PART).format(key=KEY))


async def adopt(database: Database, objects: Objects, *, force: bool = False) -> None:
    """Let a store belong to a database from now on, and no other store.

    Raises WrongStorage for a store that belongs to another database, unless `force`; RetouchError (OVERLOADED).
    """
    found = await laid_mark(objects)
    if found is None or found != (await known_mark(database)).mark:
        if found is not None and not force:
            raise WrongStorage(_FOREIGN.format(place=objects.place, key=KEY), _PART)
        await database.run(_REPLACE, {"mark": new_id("storage")})
        await objects.delete(KEY)
    await claim(database, objects)
