"""Credits as they are typed."""

from decimal import Decimal, InvalidOperation

import typer

from retouch.cli.settings import USAGE
from retouch.domain.model import MICRO

_MOST = 1_000_000_000


def micro(option: str, typed: str, *, least: int = -_MOST) -> int:
    """Micro-credits for credits with at most six decimals. Ends the command for anything else."""
    try:
        amount = Decimal(typed) * MICRO
        if amount.is_finite() and amount == int(amount) and least * MICRO <= amount <= _MOST * MICRO:
            return int(amount)
    except InvalidOperation:
        pass
    typer.echo(f"retouch: {option}: credits from {least} to {_MOST}, with at most six decimals", err=True)
    raise typer.Exit(USAGE)
