"""`retouch credits grant|show|check`: what accounts have, and the proof that it adds up."""

from typing import Annotated

import typer

from retouch.admission.credits import decimal
from retouch.cli.accounts import AccountId
from retouch.cli.amounts import micro
from retouch.cli.database import Data, with_database
from retouch.cli.settings import USAGE
from retouch.cli.tables import plain_table, show
from retouch.stores.credits import Credits

app = typer.Typer(help="Grant credits, show the ledger, and check it.", no_args_is_help=True)


@app.command()
def grant(
    account_id: AccountId,
    amount: Annotated[str, typer.Argument(help="Credits, such as 500 or 2.5. Below zero, after `--`, takes them.")],
    note: Annotated[str, typer.Option(help="What for; shown in the ledger.")] = "",
    reference: Annotated[str | None, typer.Option(help="Yours: granted once, however often it is repeated.")] = None,
    data: Data = None,
) -> None:
    """Add credits to an account's balance and print what it has then."""
    granted = micro("AMOUNT", amount)
    if granted == 0:
        typer.echo("retouch: AMOUNT: anything but 0", err=True)
        raise typer.Exit(USAGE)
    entry = with_database(
        data, lambda database, _: Credits(database).grant(account_id, granted, note=note, reference=reference)
    )
    if entry is None:
        typer.echo(f"retouch: there is no account {account_id}; see `retouch accounts list`", err=True)
        raise typer.Exit(1)
    typer.echo(f"{decimal(entry.balance)}")


@app.command("show")
def show_(
    account_id: AccountId,
    limit: Annotated[int, typer.Option(help="How many entries.", min=1, max=10_000)] = 20,
    data: Data = None,
) -> None:
    """Show an account's latest entries, newest first, each with the balance after it."""
    table = plain_table("id", "time", "kind", "amount", "balance", "edit", "note")
    for entry in with_database(data, lambda database, _: Credits(database).entries(account_id, limit=limit)):
        amounts = (str(decimal(entry.amount)), str(decimal(entry.balance)))
        time = f"{entry.created_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(str(entry.id), time, entry.kind, *amounts, entry.edit_id or "", entry.note)
    show(table)


@app.command()
def check(data: Data = None) -> None:
    """Prove that every balance is the sum of its entries and every edit that has ended is settled.

    Exit status 1, with a line for each fault, if it is not so.
    """
    faults = with_database(data, lambda database, _: Credits(database).check())
    if not faults:
        typer.echo("Every balance is the sum of its entries, and every edit that has ended is settled.")
        return
    table = plain_table("id", "what is wrong", "found")
    for fault in faults:
        table.add_row(fault.id, fault.what, fault.detail)
    show(table)
    raise typer.Exit(1)
