"""What an operator types: `retouch serve`, `worker`, `edit`, `keys` and so on. Each command is a file."""

import sys

import typer

from retouch import __version__
from retouch.cli import accounts, backup, edit, keys, ledger, models, serve, signin, storage, usage, worker
from retouch.cli.doctor import doctor
from retouch.cli.settings import USAGE
from retouch.domain.errors import RetouchError
from retouch.routing.places import ConfigError
from retouch.stores.embedded import EmbeddedError
from retouch.stores.migrate import NewerDatabase
from retouch.stores.storage_mark import WrongStorage

app = typer.Typer(
    name="retouch",
    help="A self-hosted image-editing API.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # errors in boxes as wide as the terminal cannot be copied
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("edit")(edit.edit)
app.command("models")(models.models)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("adopt-storage")(storage.adopt_storage)
app.command("doctor")(doctor)
app.command("signin")(signin.signin)
app.command("usage")(usage.usage)
app.add_typer(accounts.app, name="accounts")
app.add_typer(ledger.app, name="credits")
app.add_typer(keys.app, name="keys")


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """The console script. What an operator can mend is told in a sentence, not in a traceback."""
    try:
        app()
    except (ConfigError, EmbeddedError, NewerDatabase, RetouchError, WrongStorage) as error:
        typer.echo(f"retouch: {error}", err=True)
        sys.exit(USAGE)
