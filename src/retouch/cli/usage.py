"""`retouch usage`: what was made and spent."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from retouch.admission.credits import decimal
from retouch.cli.database import Data, with_database
from retouch.cli.tables import plain_table, show
from retouch.stores.credits import Credits


class By(StrEnum):
    """What usage is told apart by."""

    DAY = "day"
    MODEL = "model"
    KEY = "key"
    ACCOUNT = "account"


def usage(
    account: Annotated[str | None, typer.Option(help="Id of an account. (default: all)")] = None,
    days: Annotated[int, typer.Option(help="So many days back, today included.", min=1, max=3660)] = 30,
    by: Annotated[list[By] | None, typer.Option(help="Repeat it. (default: day and model)")] = None,
    data: Data = None,
) -> None:
    """Show edits, images, credits spent and what providers are reckoned to ask, by day, model, key or account."""
    now = datetime.now(UTC)
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
    parts = list(dict.fromkeys(by or [By.DAY, By.MODEL]))
    found = with_database(
        data, lambda database, _: Credits(database).usage(account, since, now, [part.value for part in parts])
    )
    table = plain_table(*(part.value for part in parts), "edits", "images", "credits", "cost in dollars")
    for used in found:
        named = {By.DAY: used.day, By.MODEL: used.model, By.KEY: used.key_id, By.ACCOUNT: used.account_id}
        sums = (used.edits, used.images, decimal(used.charged - used.refunded), f"{used.cost / 1e6:.4f}")
        table.add_row(*(str(named[part]) for part in parts), *map(str, sums))
    show(table)
