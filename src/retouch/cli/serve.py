"""`retouch serve`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from retouch.app.engines import idle_chooser
from retouch.cli.settings import read_settings
from retouch.server import serve as run_server


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. (default: 127.0.0.1)")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on. (default: 8080)")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder for database and images. (default: data)")] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes. (default: 1)")] = None,
    sign_in_link: Annotated[
        bool | None,
        typer.Option(help="Print a one-time link to the studio. (default: only if nobody else can reach it)"),
    ] = None,
) -> None:
    """Serve the API.

    Every setting can also be given by environment (RETOUCH_PORT) or in a TOML file that RETOUCH_CONFIG names.
    """
    typed: dict[str, Any] = {
        "host": host,
        "port": port,
        "data": data,
        "workers": workers,
        "sign_in_link": sign_in_link,
    }
    settings = read_settings(**typed)
    idle_chooser(settings)  # what is wrong with engines or models is told before anything is started
    run_server(settings)
