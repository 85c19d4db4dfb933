"""`retouch doctor`: look at everything that an operator can get wrong, and say what to do."""

import asyncio
from typing import Annotated

import typer

from retouch.cli.settings import read_settings


def doctor(
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    seconds: Annotated[float, typer.Option(help="Longest wait for one provider or address.", min=0.1, max=120)] = 10.0,
) -> None:
    """Check settings, keys, database, storage, disk, codecs and every provider, and say what to do.

    Nothing is changed and nothing is charged. Exit status: 0 if there is no problem, 1 if there is one.
    """
    # Loads the codecs and more, which the other commands need not wait for.
    from retouch.cli.doctor.findings import State, as_json, show  # noqa: PLC0415
    from retouch.cli.doctor.look import look  # noqa: PLC0415

    findings = asyncio.run(look(read_settings(), seconds))
    if as_json_:
        typer.echo(as_json(findings))
    else:
        show(findings)
    raise typer.Exit(any(finding.state is State.PROBLEM for finding in findings))
