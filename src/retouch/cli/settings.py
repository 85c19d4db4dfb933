"""Settings for a command, and a bad setting told in one sentence."""

import os
import tomllib
from typing import Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

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
            where = "__".join(str(part) for part in wrong["loc"]).upper()
            typer.echo(f"retouch: RETOUCH_{where}: {wrong['msg'].removeprefix('Value error, ')}", err=True)
    except SettingsError as error:
        typer.echo(f'retouch: {error}; lists and tables are written as JSON, such as ["a", "b"]', err=True)
    except (OSError, tomllib.TOMLDecodeError) as error:
        typer.echo(f"retouch: RETOUCH_CONFIG: {error}", err=True)
    raise typer.Exit(USAGE)
