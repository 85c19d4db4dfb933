"""`retouch keys create|list|revoke`: API keys of the owner's account, or of any other."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any

import typer

from retouch.admission.keys import hash_key, new_key, shown
from retouch.app.engines import idle_chooser
from retouch.cli.database import Data, with_database
from retouch.cli.settings import USAGE
from retouch.cli.tables import plain_table, show
from retouch.domain.rights import SCOPES, Rights
from retouch.settings import Settings
from retouch.stores.accounts import Accounts
from retouch.stores.api_keys import ApiKey, ApiKeys
from retouch.stores.database import Database
from retouch.stores.identities import Identities

app = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, with every field.")]
Account = Annotated[str | None, typer.Option(help="Id of an account.")]

_MICRO = 1_000_000
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = timedelta(days=36600)


class Scope(StrEnum):
    """What a key can be allowed."""

    EDIT = "edit"
    READ = "read"
    MANAGE = "manage"


@app.command()
def create(  # noqa: PLR0917 - each is an option
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may do; repeat it. (default: all)")] = None,
    model: Annotated[list[str] | None, typer.Option(help="A model that it may use; repeat it. (default: all)")] = None,
    spend_cap: Annotated[str | None, typer.Option(help="Credits that may be charged through it in all.")] = None,
    requests_per_minute: Annotated[
        int | None, typer.Option(help="Its own rate, in place of the account's.", min=1, max=1_000_000)
    ] = None,
    expires_in: Annotated[str | None, typer.Option(help="Let it end after so long: 30s, 5m, 12h or 90d.")] = None,
    expires_at: Annotated[str | None, typer.Option(help="Let it end then: 2030-12-31 or 2030-12-31T18:00Z.")] = None,
    account: Account = None,
    issuer: Annotated[str | None, typer.Option(help="With --subject: no key, but rights for tokens (JWT).")] = None,
    subject: Annotated[str | None, typer.Option(help="Whose tokens of the issuer have these rights.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it: it is not shown again.

    With --issuer and --subject it makes no key that could be shown, but lets that subject's tokens do what the key
    may, in place of whatever they could do before; the id is printed.
    """
    if (issuer is None) != (subject is None) or "" in {issuer, subject}:
        raise _wrong("--issuer and --subject belong together")
    rights = Rights(
        scopes=[entry.value for entry in scope] if scope else SCOPES,
        spend_cap=None if spend_cap is None else _micro(spend_cap),
        requests_per_minute=requests_per_minute,
        expires_at=_expiry(expires_in, expires_at),
    )
    key = new_key()

    async def add(database: Database, settings: Settings) -> ApiKey | None:
        bound = _with_models(rights, model, settings)
        accounts = Accounts(database)
        holder = await accounts.find(account) if account else await accounts.owner()
        if holder is None:
            return None
        if issuer and subject:
            named = name or f"{subject} of {issuer}"
            return await Identities(database).link(issuer, subject, holder.id, name=named, rights=bound)
        return await ApiKeys(database).add(holder.id, hash_key(key), shown(key), name=name, rights=bound)

    made = with_database(data, add)
    if made is None:
        typer.echo(f"retouch: there is no account {account}", err=True)
        raise typer.Exit(1)
    if as_json:
        _print_json(_object(made) | ({} if issuer else {"key": key}))
    else:
        typer.echo(made.id if issuer else key)


@app.command("list")
def list_(account: Account = None, data: Data = None, as_json: Json = False) -> None:
    """Show the keys of an account, or of all, by their first letters, never whole."""

    async def read(database: Database, settings: Settings) -> list[ApiKey]:
        del settings
        return await ApiKeys(database).list(account)

    keys = with_database(data, read)
    if as_json:
        _print_json([_object(key) for key in keys])
        return
    table = plain_table("id", "key", "name", "account", "may", "created", "last used", "state")
    for key in keys:
        used = "never" if key.last_used_at is None else f"{key.last_used_at:%Y-%m-%d %H:%M}"
        created = f"{key.created_at:%Y-%m-%d %H:%M}"
        table.add_row(key.id, key.prefix + "…", key.name, key.account_id, _rights(key), created, used, _state(key))
    show(table)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The id that `retouch keys list` shows.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a key useless within a second, on every server process, with all tokens that stand for it."""

    async def end(database: Database, settings: Settings) -> ApiKey | None:
        del settings
        keys = ApiKeys(database)
        if not await keys.revoke(key_id):
            return None
        return next(key for key in await keys.list() if key.id == key_id)

    revoked = with_database(data, end)
    if revoked is None:
        typer.echo(f"retouch: there is no valid key {key_id}; see `retouch keys list`", err=True)
        raise typer.Exit(1)
    if as_json:
        _print_json(_object(revoked))
    else:
        typer.echo(f"{key_id} is revoked")


def _with_models(rights: Rights, names: list[str] | None, settings: Settings) -> Rights:
    """The rights, bound to these models, named by id or alias."""
    if not names:
        return rights
    catalog = idle_chooser(settings).catalog
    found = {name: catalog.find(name) for name in names}
    if unknown := [name for name, model in found.items() if model is None]:
        raise _wrong(f"there is no model {', '.join(unknown)}; see `retouch models`")
    return replace(rights, models={model.id for model in found.values() if model})


def _micro(text: str) -> int:
    try:
        amount = Decimal(text) * _MICRO
        if 0 <= amount <= 10**15 and amount == int(amount):
            return int(amount)
    except (InvalidOperation, ValueError):
        pass
    raise _wrong("--spend-cap must be a number of credits, 0 or more, with at most six decimals")


def _expiry(in_: str | None, at: str | None) -> datetime | None:
    now = datetime.now(UTC)
    if in_ is not None and at is not None:
        raise _wrong("--expires-in and --expires-at exclude each other")
    if in_ is not None:
        match = re.fullmatch(r"(\d{1,12})([smhd])", in_)
        if match is None or not 0 < int(match[1]) * _UNITS[match[2]] <= _LONGEST.total_seconds():
            raise _wrong("--expires-in must be a number and a unit, such as 30s, 5m, 12h or 90d; at most 100 years")
        return now + timedelta(seconds=int(match[1]) * _UNITS[match[2]])
    if at is None:
        return None
    try:
        ends = datetime.fromisoformat(at)
    except ValueError:
        raise _wrong("--expires-at must be a date or a time, such as 2030-12-31 or 2030-12-31T18:00Z") from None
    ends = ends if ends.tzinfo else ends.replace(tzinfo=UTC)
    if ends <= now:
        raise _wrong("--expires-at must be in the future")
    return ends


def _wrong(message: str) -> typer.Exit:
    typer.echo(f"retouch: {message}", err=True)
    return typer.Exit(USAGE)


def _rights(key: ApiKey) -> str:
    """What a key may do, in a few words."""
    bounds = [", ".join(scope for scope in SCOPES if scope in key.scopes)]
    if key.models is not None:
        bounds.append(f"models {', '.join(sorted(key.models))}")
    if key.spend_cap is not None:
        bounds.append(f"{key.spend_cap / _MICRO:g} credits")
    if key.requests_per_minute is not None:
        bounds.append(f"{key.requests_per_minute} a minute")
    return "; ".join(bounds)


def _state(key: ApiKey) -> str:
    state = key.state(datetime.now(UTC))
    return f"valid until {key.expires_at:%Y-%m-%d %H:%M}" if state == "valid" and key.expires_at else state


def _object(key: ApiKey) -> dict[str, Any]:
    """As the API shows it, with the account."""
    from retouch.wire.keys import key_object  # noqa: PLC0415 - so that the other commands start sooner

    return {**key_object(key), "account_id": key.account_id}


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
