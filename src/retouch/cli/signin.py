"""`retouch signin`: a link that signs a browser in."""

import asyncio
from typing import Annotated

import typer

from retouch.admission.sessions import new_link
from retouch.app.storage import open_database
from retouch.cli.settings import read_settings
from retouch.server import reached_at
from retouch.settings import Settings
from retouch.stores.accounts import Accounts
from retouch.stores.sessions import Sessions


def signin(
    account: Annotated[str | None, typer.Option(help="Id of the account to sign in to. (default: the owner's)")] = None,
) -> None:
    """Print a link that signs a browser in to the studio, once, within ten minutes.

    Whoever opens it acts for the account: give it to nobody else.
    """
    link = asyncio.run(_link(read_settings(), account))
    if link is None:
        typer.echo(f"retouch: there is no account {account}", err=True)
        raise typer.Exit(1)
    typer.echo(link)


async def _link(settings: Settings, account: str | None) -> str | None:
    async with open_database(settings) as database:
        accounts = Accounts(database)
        found = await accounts.find(account) if account else await accounts.owner()
        base = settings.public_url or reached_at(settings.host, settings.port)
        return await new_link(Sessions(database), base, found.id) if found else None
