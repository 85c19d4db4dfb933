"""`retouch adopt-storage`."""

from typing import Annotated

import typer

from retouch.app.storage import open_objects
from retouch.cli.database import Data, with_database
from retouch.settings import Settings
from retouch.stores.database import Database
from retouch.stores.storage_mark import adopt


def adopt_storage(
    force: Annotated[bool, typer.Option("--force", help="Also a store that is another database's.")] = False,
    data: Data = None,
) -> None:
    """Let the store of pictures that the settings name be the one of this database, in place of the former.

    No picture is moved: links to what only the former one has no longer work.
    """

    async def work(database: Database, settings: Settings) -> str:
        objects = open_objects(settings)
        await adopt(database, objects, force=force)
        return objects.place

    place = with_database(data, work)
    typer.echo(f"{place} is the store of pictures of this database now: start its servers and workers with it")
