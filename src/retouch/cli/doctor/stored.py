"""What is stored: the database, the keys in it, and the files."""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from psycopg import AsyncConnection, Error
from psycopg.errors import UndefinedTable
from psycopg.rows import scalar_row

from retouch.app.storage import open_address, open_objects
from retouch.cli.doctor.findings import Finding, State
from retouch.domain.errors import RetouchError
from retouch.settings import Settings
from retouch.stores.api_keys import ApiKeys
from retouch.stores.database import Database
from retouch.stores.embedded import EmbeddedError
from retouch.stores.migrate import migrations
from retouch.stores.queries import query
from retouch.stores.secrets import secret
from retouch.stores.storage_mark import Mark, compare, known_mark, laid_mark

CONNECT_SECONDS = 5
#: Where the object that is written for the check lies.
PLACE = "doctor"


@dataclass(frozen=True, slots=True)
class Stored:
    """What was found in the database.

    `secret` is its own, `mark` what it knows of the store of pictures; None where it could not be asked.
    """

    findings: list[Finding]
    secret: bytes | None = None
    mark: Mark | None = None


async def check_database(settings: Settings) -> Stored:
    """Connect, and look at what is there; nothing is made or changed but the secret that any start makes."""
    if settings.database_url is None and _is_new(folder := settings.data / "postgres"):
        return Stored([Finding("database", State.OK, f"none yet: made in {folder} at the first start")])
    try:
        async with open_address(settings) as address:
            # The pool would try for seconds, and tell only that it had no success.
            await (await AsyncConnection.connect(address, connect_timeout=CONNECT_SECONDS)).close()
            async with Database(address) as database:
                return await _look(database, settings)
    except (RetouchError, EmbeddedError, Error, OSError) as error:
        advice = (
            "start PostgreSQL, and check RETOUCH_DATABASE_URL (host, port, user, password, name of the database)"
            if settings.database_url
            else "see the database's own log in the data folder"
        )
        return Stored([Finding("database", State.PROBLEM, " ".join(str(error).split()), advice)])


def _is_new(folder: Path) -> bool:
    return not folder.exists()


async def _look(database: Database, settings: Settings) -> Stored:
    where = "RETOUCH_DATABASE_URL" if settings.database_url else str(settings.data / "postgres")
    known = migrations().keys()
    try:
        done = set(await database.all(scalar_row, query("list_migrations")))
    except UndefinedTable:
        return Stored(
            [Finding("database", State.OK, f"{where} answers, and is empty: tables are made at the first start")]
        )
    if done - known:
        advice = "run the Retouch that made them, or restore a backup"
        return Stored([Finding("database", State.PROBLEM, f"{where} has tables of a newer Retouch", advice)])
    if known - done:
        found = f"{where} answers; {len(known - done)} changes to its tables are made at the next start"
        return Stored([Finding("database", State.OK, found)])
    findings = [Finding("database", State.OK, f"{where} answers, its tables are up to date")]
    return Stored([*findings, await _keys(database)], await secret(database), await known_mark(database))


async def _keys(database: Database) -> Finding:
    now = datetime.now(UTC)
    keys = await ApiKeys(database).list()
    valid = [key for key in keys if key.revoked_at is None and (key.expires_at is None or key.expires_at > now)]
    if valid:
        return Finding("API keys", State.OK, f"{len(valid)} valid")
    return Finding("API keys", State.WARNING, "there is no valid key", "make one: retouch keys create")


async def check_storage(settings: Settings, known: Mark | None) -> Finding:
    """Write an object, read it, and delete it; and whether the store is the one that the database knows."""
    folder = settings.data / "objects"
    if settings.storage_url is None and _is_new(folder):
        if known and (refused := compare(known, None, str(folder.absolute()))):
            return Finding("storage", State.PROBLEM, refused.found, refused.advice)
        return Finding("storage", State.OK, f"{folder}, made at the first start")
    where = settings.storage_url or str(folder)
    key, data = f"{PLACE}/{secrets.token_hex(8)}.txt", secrets.token_bytes(64)
    advice = (
        "check RETOUCH_STORAGE_URL and its credentials (AWS_..., GOOGLE_..., AZURE_...): they must allow to put, get "
        "and delete"
        if settings.storage_url
        else "let the user that runs Retouch write there"
    )
    started = time.monotonic()
    try:
        objects = open_objects(settings)
        await objects.put(key, data)
        same = await objects.get(key) == data
        await objects.delete(key)
        laid = await laid_mark(objects)
    except Exception as error:  # obstore raises many kinds for an address that it cannot use
        return Finding("storage", State.PROBLEM, f"{where}: {_last_cause(error)}", advice)
    if not same:
        return Finding("storage", State.PROBLEM, f"{where}: what is read is not what was written", advice)
    if known and (refused := compare(known, laid, objects.place)):
        return Finding("storage", State.PROBLEM, refused.found, refused.advice)
    milliseconds = (time.monotonic() - started) * 1e3
    return Finding("storage", State.OK, f"{where}: an object written, read and deleted in {milliseconds:.0f} ms")


def _last_cause(error: BaseException) -> str:
    """What the store itself said, in one short line; its address may hold no secret, but its error may be long."""
    while error.__cause__ is not None:
        error = error.__cause__
    line = " ".join(str(error).split())
    return line if len(line) <= 200 else line[:197] + "..."
