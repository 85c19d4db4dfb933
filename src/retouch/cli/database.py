"""The database that a command works on: the one that the server has, never one made by mistake."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from retouch.app.storage import open_database
from retouch.cli.settings import USAGE, read_settings
from retouch.settings import Settings
from retouch.stores.database import Database

Result = TypeVar("Result")

#: Where the server's data are; for every command that works on its database.
Data = Annotated[Path | None, typer.Option(help="The server's data folder. (default: data)")]


def existing(data: Path | None) -> Settings:
    """The settings of a server that has a database.

    Ends the command with a sentence when there is none: a command typed in the wrong folder must not make one there.
    """
    settings = read_settings(data=data)
    if settings.database_url is None and not (settings.data / "postgres").is_dir():
        where = settings.data.absolute()
        message = (
            f"retouch: there is no database in {where}: name the server's data folder by --data or RETOUCH_DATA, or "
            "its database by RETOUCH_DATABASE_URL. (`retouch serve` makes a new one.)"
        )
        typer.echo(message, err=True)
        raise typer.Exit(USAGE)
    return settings


def with_database(data: Path | None, work: Callable[[Database, Settings], Awaitable[Result]]) -> Result:
    """Do something in the server's database, embedded or not, whether the server runs or not."""
    settings = existing(data)

    async def run() -> Result:
        async with open_database(settings) as database:
            return await work(database, settings)

    return asyncio.run(run())
