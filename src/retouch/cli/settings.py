"""Settings for a command, and a bad setting told in one sentence."""

import os
import tomllib
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from retouch.routing.places import place
from retouch.settings import Settings

USAGE = 2


def read_settings(**typed: Any) -> Settings:
    """The settings, with what was typed before environment and file. Ends the command when one is wrong.

    What was typed is put into the environment, so that the processes we start see it too.
    """
    for name, value in typed.items():
        if value is not None:
            os.environ[f"RETOUCH_{name.upper()}"] = str(value)
    try:
        return Settings()
    except ValidationError as error:
        for wrong in error.errors():
            typer.echo(f"retouch: {_where(wrong)}: {wrong['msg'].removeprefix('Value error, ')}", err=True)
    except SettingsError as error:
        typer.echo(f'retouch: {error}; lists and tables are written as JSON, such as ["a", "b"]', err=True)
    except (OSError, tomllib.TOMLDecodeError) as error:
        typer.echo(f"retouch: RETOUCH_CONFIG ({os.environ.get('RETOUCH_CONFIG')}): {error}", err=True)
    raise typer.Exit(USAGE)


def _where(wrong: ErrorDetails) -> str:
    """The setting, and the line of the file if the file is where it was set."""
    path = wrong["loc"]
    name = "RETOUCH_" + "__".join(map(str, path)).upper()
    file = os.environ.get("RETOUCH_CONFIG")
    where = file and place(Path(file), path, wrong["input"])
    return f"{where}: {'.'.join(map(str, path))}" if where else name
