"""`retouch accounts create|list|show|set`: who is charged, and what they may ask for."""

from dataclasses import replace
from typing import Annotated

import typer
from psycopg.errors import CheckViolation

from retouch.admission.credits import decimal
from retouch.cli.amounts import micro
from retouch.cli.database import Data, with_database
from retouch.cli.settings import USAGE
from retouch.cli.tables import plain_table, show
from retouch.domain.model import AccountTier
from retouch.settings import Settings
from retouch.stores.accounts import Account, Accounts
from retouch.stores.database import Database

app = typer.Typer(help="Make accounts, and set what they may ask for.", no_args_is_help=True)

AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT_ID", help="The id that `retouch accounts list` shows.")]

#: Typed in place of a limit: back to the settings' default.
DEFAULT = "default"


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who it is.")],
    tier: Annotated[AccountTier, typer.Option(help="What it has subscribed to.")] = AccountTier.FREE,
    starting: Annotated[
        str | None, typer.Option("--credits", help="What it starts with. (default: accounts.starting_credits)")
    ] = None,
    data: Data = None,
) -> None:
    """Make an account and print its id. `retouch keys create --account ID` makes a key for it."""

    async def make(database: Database, settings: Settings) -> Account:
        start = str(settings.accounts.starting_credits) if starting is None else starting
        return await Accounts(database).create(name, tier=tier.value, balance=micro("--credits", start, least=0))

    typer.echo(with_database(data, make).id)


@app.command("list")
def list_(data: Data = None) -> None:
    """Show every account with its tier and balance."""
    table = plain_table("id", "name", "tier", "balance", "spent", "created")
    for account in with_database(data, lambda database, _: Accounts(database).list()):
        balance = f"{decimal(account.balance)}{' (unlimited)' if account.unlimited else ''}"
        created = f"{account.created_at:%Y-%m-%d %H:%M}"
        table.add_row(account.id, account.name, account.tier, balance, str(decimal(account.spent)), created)
    show(table)


@app.command("show")
def show_(account_id: AccountId, data: Data = None) -> None:
    """Show one account with its limits."""
    _tell(_found(account_id, with_database(data, lambda database, _: Accounts(database).find(account_id))))


@app.command("set")
def set_(  # noqa: PLR0917 - each is an option
    account_id: AccountId,
    name: Annotated[str | None, typer.Option(help="Who it is.")] = None,
    tier: Annotated[AccountTier | None, typer.Option(help="What it has subscribed to.")] = None,
    unlimited: Annotated[
        bool | None, typer.Option("--unlimited/--limited", help="Whether its balance may go below zero.")
    ] = None,
    requests_per_minute: Annotated[str | None, typer.Option(help="A number, or `default`.")] = None,
    concurrent_edits: Annotated[str | None, typer.Option(help="A number, or `default`.")] = None,
    images_per_day: Annotated[str | None, typer.Option(help="A number, or `default`.")] = None,
    spend_cap: Annotated[str | None, typer.Option(help="Credits in all, or `default`.")] = None,
    data: Data = None,
) -> None:
    """Change an account; what is not named stays as it is. `default` is the settings' own limit."""

    async def change(database: Database, _: Settings) -> Account | None:
        accounts = Accounts(database)
        account = await accounts.find(account_id)
        if account is None:
            return None
        changed = replace(
            account,
            name=account.name if name is None else name,
            tier=account.tier if tier is None else tier.value,
            unlimited=account.unlimited if unlimited is None else unlimited,
            requests_per_minute=_limit("--requests-per-minute", requests_per_minute, account.requests_per_minute),
            concurrent_edits=_limit("--concurrent-edits", concurrent_edits, account.concurrent_edits),
            images_per_day=_limit("--images-per-day", images_per_day, account.images_per_day),
            spend_cap=_cap(spend_cap, account.spend_cap),
        )
        return await accounts.set(changed)

    try:
        account = with_database(data, change)
    except CheckViolation:
        typer.echo("retouch: its balance is below zero; grant it what is missing first", err=True)
        raise typer.Exit(1) from None
    _tell(_found(account_id, account))


def _limit(option: str, typed: str | None, now: int | None) -> int | None:
    if typed is None:
        return now
    if typed == DEFAULT:
        return None
    if not (typed.isascii() and typed.isdigit() and 1 <= int(typed) <= 1_000_000_000):
        typer.echo(f"retouch: {option}: a whole number from 1, or `{DEFAULT}`", err=True)
        raise typer.Exit(USAGE)
    return int(typed)


def _cap(typed: str | None, now: int | None) -> int | None:
    if typed is None:
        return now
    return None if typed == DEFAULT else micro("--spend-cap", typed, least=0)


def _found(account_id: str, account: Account | None) -> Account:
    if account is None:
        typer.echo(f"retouch: there is no account {account_id}; see `retouch accounts list`", err=True)
        raise typer.Exit(1)
    return account


def _tell(account: Account) -> None:
    table = plain_table("field", "value")
    cap = None if account.spend_cap is None else decimal(account.spend_cap)
    for name, value in (
        ("id", account.id),
        ("name", account.name),
        ("tier", account.tier),
        ("balance", decimal(account.balance)),
        ("unlimited", "yes" if account.unlimited else "no"),
        ("spent", decimal(account.spent)),
        ("requests a minute", account.requests_per_minute),
        ("concurrent edits", account.concurrent_edits),
        ("images a day", account.images_per_day),
        ("spend cap", cap),
        ("created", f"{account.created_at:%Y-%m-%d %H:%M}"),
    ):
        table.add_row(name, DEFAULT if value is None else str(value))
    show(table)
