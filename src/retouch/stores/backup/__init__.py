"""Everything that Retouch keeps, in one file, and back: the database's tables and the objects, secrets included.

    tables.py    which tables, and their rows in and out      manifest.py   what a backup says of itself
    archive.py   the file: a tar, written and read as a stream
    save.py      backup                                       load.py       restore

The tables are read in one snapshot while the server runs. Rows travel as PostgreSQL's own COPY text: a backup of
the embedded database can be restored into any PostgreSQL, and the other way round. The schema is not in the file; a
restore runs the very migrations that the backup names, loads the rows, and then runs what has been added since.
"""

from retouch.stores.backup.load import look, restore
from retouch.stores.backup.manifest import BackupError, Manifest
from retouch.stores.backup.save import backup

__all__ = ["BackupError", "Manifest", "backup", "look", "restore"]
