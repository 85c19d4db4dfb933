"""`retouch keys create|list|revoke`: API keys of the owner's account."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import typer

from retouch.admission.keys import hash_key, new_key, shown
from retouch.app import open_database
from retouch.cli.settings import read_settings
from retouch.cli.tables import plain_table, show
from retouch.domain.rights import Rights
from retouch.stores.accounts import Accounts
from retouch.stores.api_keys import ApiKey, ApiKeys
from retouch.stores.database import Database

Result = TypeVar("Result")

app = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
    minutes: Annotated[float | None, typer.Option(help="Let it expire after so many minutes.", min=0.01)] = None,
) -> None:
    """Make a key and print it: it is not shown again."""
    key = new_key()

    async def add(database: Database) -> None:
        owner = await Accounts(database).owner()
        rights = Rights(expires_at=None if minutes is None else datetime.now(UTC) + timedelta(minutes=minutes))
        await ApiKeys(database).add(owner.id, hash_key(key), shown(key), name=name, rights=rights)

    _with_database(add)
    typer.echo(key)


@app.command("list")
def list_() -> None:
    """Show every key by its first letters, never whole."""
    table = plain_table("id", "key", "name", "created", "state")
    for key in _with_database(lambda database: ApiKeys(database).list()):
        table.add_row(key.id, key.prefix + "…", key.name, f"{key.created_at:%Y-%m-%d %H:%M}", _state(key))
    show(table)


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(help="The id that `retouch keys list` shows.")]) -> None:
    """Make a key useless at once."""
    if not _with_database(lambda database: ApiKeys(database).revoke(key_id)):
        typer.echo(f"retouch: there is no valid key {key_id}; see `retouch keys list`", err=True)
        raise typer.Exit(1)
    typer.echo(f"{key_id} is revoked")


def _state(key: ApiKey) -> str:
    if key.revoked_at:
        return "revoked"
    if key.expires_at is None:
        return "valid"
    return "expired" if key.expires_at <= datetime.now(UTC) else f"valid until {key.expires_at:%Y-%m-%d %H:%M}"


def _with_database(work: Callable[[Database], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with open_database(read_settings()) as database:
            return await work(database)

    return asyncio.run(run())
