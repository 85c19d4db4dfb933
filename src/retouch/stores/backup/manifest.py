"""What a backup says of itself, in its first entry and in its last."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from retouch.domain.errors import Code, RetouchError

#: Raised with every change to the file that an older Retouch could not read.
FORMAT = 1

#: Entries of the file. `END` is there only if everything before it is.
MANIFEST, TABLES, OBJECTS, END = "retouch-backup.json", "tables", "objects", "end.json"

#: Told of what is done: `rows` of tables, or `bytes` of objects.
Progress = Callable[[str, int], None]


class BackupError(RetouchError):
    """A backup that cannot be made or restored; the message says why and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.INVALID_REQUEST, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table's columns and how many rows of it are in the backup."""

    name: str
    columns: Sequence[str]
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is in a backup: migrations by number, tables in the order of loading, counters, objects and their bytes."""

    version: str
    made_at: str
    migrations: Mapping[int, str]
    tables: Sequence[Table]
    sequences: Mapping[str, int]
    objects: int
    object_bytes: int
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)

    def dump(self) -> bytes:
        """As JSON."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)


def read_manifest(data: bytes) -> Manifest:
    """A manifest from its JSON. Raises BackupError."""
    try:
        found: dict[str, Any] = orjson.loads(data)
        if found["format"] != FORMAT:
            raise BackupError(f"The backup was made by another Retouch ({found['version']}): restore it with that one.")
        tables = [Table(**table) for table in found.pop("tables")]
        migrations = {int(number): name for number, name in found.pop("migrations").items()}
        return Manifest(**found, tables=tables, migrations=migrations)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackupError("The file is not a backup of Retouch.") from error
