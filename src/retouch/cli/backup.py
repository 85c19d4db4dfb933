"""`retouch backup FILE` and `retouch restore FILE`: database and objects in one file, and back."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from retouch.app.storage import open_address, open_objects
from retouch.cli.database import Data, existing
from retouch.cli.settings import read_settings
from retouch.settings import Settings
from retouch.stores import backup as stores
from retouch.stores.migrate import NewerDatabase

#: A backup or restore that could not be done; wrong usage is 2, as everywhere.
FAILED = 1

File = Annotated[Path, typer.Argument(metavar="FILE", help="A new tar file, compressed if its name ends in gz.")]


def backup(file: File, data: Data = None) -> None:
    """Write everything into one file: accounts, keys, credits, edits, secrets and pictures.

    Works while the server runs. The file holds secrets: only its owner can read it, keep it so.
    """
    settings = existing(data)
    with _shown() as progress:
        manifest = _done(_backup(settings, file, progress))
    typer.echo(f"{file}: {manifest.rows} rows, {manifest.objects} files")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `retouch backup` wrote.", exists=True)],
    data: Data = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what the target holds.")] = False,
) -> None:
    """Bring an empty data folder (or database and bucket) to what a backup holds. All or nothing.

    The server and its workers must be stopped.
    """
    settings = read_settings(data=data)
    _done(_look(file))
    with _shown() as progress:
        manifest = _done(_restore(settings, file, progress, force=force))
    typer.echo(f"{manifest.rows} rows and {manifest.objects} files, as of {manifest.made_at}")


def _done(work: Coroutine[Any, Any, stores.Manifest]) -> stores.Manifest:
    try:
        return asyncio.run(work)
    except (stores.BackupError, NewerDatabase, OSError) as error:
        typer.echo(f"retouch: {error}", err=True)
        raise typer.Exit(FAILED) from None


async def _backup(settings: Settings, file: Path, progress: "_Bars") -> stores.Manifest:
    async with open_address(settings) as address:
        return await stores.backup(address, open_objects(settings), file, progress)


async def _look(file: Path) -> stores.Manifest:
    """Before anything is made: whether this is a backup at all."""
    return stores.look(file)


async def _restore(settings: Settings, file: Path, progress: "_Bars", *, force: bool) -> stores.Manifest:
    async with open_address(settings) as address:
        return await stores.restore(address, open_objects(settings), file, progress, force=force)


class _Bars:
    """One bar for rows, one for bytes."""

    def __init__(self, rows: Progress, sizes: Progress) -> None:
        self._bars = {"rows": (rows, rows.add_task("tables")), "bytes": (sizes, sizes.add_task("pictures"))}

    def __call__(self, what: str, number: int) -> None:
        progress, task = self._bars[what.removesuffix(" in all")]
        if what.endswith(" in all"):
            progress.update(task, total=number)
        else:
            progress.advance(task, number)


@contextmanager
def _shown() -> Iterator[_Bars]:
    console = Console(stderr=True)
    head = (TextColumn("{task.description:>8}"), BarColumn())
    rows = Progress(*head, MofNCompleteColumn(), TimeElapsedColumn())
    sizes = Progress(*head, DownloadColumn(), TimeElapsedColumn())
    with Live(Group(rows, sizes), console=console):
        yield _Bars(rows, sizes)
