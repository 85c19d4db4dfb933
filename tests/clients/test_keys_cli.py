"""`retouch keys` as typed in a shell, on a real database."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from clients.test_cli import retouch
from retouch.stores.accounts import Accounts
from retouch.stores.database import Database
from support.http import exchange
from support.keys import soon_refused
from support.server import running_server
from support.tokens import AUDIENCE, ISSUER, SECRET, token


def keys(database_url: str, *arguments: object, cwd: Path, status: int = 0) -> Any:
    """What a command says in JSON."""
    done = retouch("keys", *arguments, "--json", cwd=cwd, RETOUCH_DATABASE_URL=database_url)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout) if status == 0 else done.stderr


def test_keys_are_made_listed_and_revoked(database_url: str, tmp_path: Path) -> None:
    """The whole key is shown once; nothing is left behind in the folder."""
    given = {"RETOUCH_DATABASE_URL": database_url}
    made = retouch("keys", "create", "--name", "phone", cwd=tmp_path, **given)
    key = made.stdout.strip()
    assert made.returncode == 0
    assert key.startswith("rt-")
    listed = retouch("keys", "list", cwd=tmp_path, **given)
    assert "phone" in listed.stdout
    assert "edit, read, manage" in listed.stdout
    assert key not in listed.stdout
    key_id = next(word for word in listed.stdout.split() if word.startswith("key_"))
    assert retouch("keys", "revoke", key_id, cwd=tmp_path, **given).stdout == f"{key_id} is revoked\n"
    assert "revoked" in retouch("keys", "list", cwd=tmp_path, **given).stdout
    assert retouch("keys", "revoke", key_id, cwd=tmp_path, **given).returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_every_bound_of_a_key(database_url: str, tmp_path: Path) -> None:
    """As the API shows it; aliases stand for their models."""
    bounds = ("--scope", "edit", "--scope", "read", "--model", "retouch-classic", "--model", "dall-e-2")
    more = ("--spend-cap", "12.5", "--requests-per-minute", 30, "--expires-in", "90d", "--name", "shop")
    made = keys(database_url, "create", *bounds, *more, cwd=tmp_path)
    assert made["key"].startswith(made["prefix"])
    assert made["scopes"] == ["edit", "read"]
    assert made["models"] == ["dall-e-2", "retouch-classic"]
    assert (made["spend_cap"], made["requests_per_minute"], made["name"]) == (12.5, 30, "shop")
    assert made["expires_at"] == pytest.approx(time.time() + 90 * 86400, abs=600)
    [listed] = keys(database_url, "list", cwd=tmp_path)
    assert listed == {name: value for name, value in made.items() if name != "key"}
    table = retouch("keys", "list", cwd=tmp_path, RETOUCH_DATABASE_URL=database_url).stdout
    assert "edit, read; models dall-e-2, retouch-classic; 12.5 credits; 30 a minute" in table
    assert "valid until" in table
    at = keys(database_url, "create", "--expires-at", "2099-12-31T18:00Z", cwd=tmp_path)
    assert at["expires_at"] == 4102423200
    assert keys(database_url, "revoke", made["id"], cwd=tmp_path)["state"] == "revoked"


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (("create", "--scope", "admin"), 2, "admin"),
        (("create", "--model", "no-such-model"), 2, "no-such-model"),
        (("create", "--spend-cap", "-1"), 2, "--spend-cap"),
        (("create", "--spend-cap", "nan"), 2, "--spend-cap"),
        (("create", "--spend-cap", "0.0000001"), 2, "--spend-cap"),
        (("create", "--requests-per-minute", "0"), 2, "--requests-per-minute"),
        (("create", "--expires-in", "5"), 2, "--expires-in"),
        (("create", "--expires-in", "0d"), 2, "--expires-in"),
        (("create", "--expires-at", "2001-01-01"), 2, "future"),
        (("create", "--expires-at", "soon"), 2, "--expires-at"),
        (("create", "--expires-at", "2099-01-01", "--expires-in", "5m"), 2, "exclude"),
        (("create", "--issuer", "https://login.example.com/"), 2, "--subject"),
        (("create", "--account", "acct_none"), 1, "acct_none"),
        (("revoke", "key_none"), 1, "key_none"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(
    database_url: str, tmp_path: Path, arguments: tuple[str, ...], status: int, why: str
) -> None:
    """And no key is made."""
    told = keys(database_url, *arguments, cwd=tmp_path, status=status)
    assert why in told
    assert "Traceback" not in told
    assert keys(database_url, "list", cwd=tmp_path) == []


@pytest.mark.parametrize("arguments", [("create",), ("list",), ("revoke", "key_1")])
@pytest.mark.parametrize("data", [None, "elsewhere"])
def test_no_database_is_made_in_a_wrong_folder(tmp_path: Path, arguments: tuple[str, ...], data: str | None) -> None:
    """Neither in ./data nor in the folder named, not even where that exists and holds something else."""
    if data:
        (tmp_path / data).mkdir()
    done = retouch("keys", *arguments, *(("--data", data) if data else ()), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(tmp_path / (data or "data")) in done.stderr
    assert "--data" in done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ([data] if data else [])


def test_the_commands_work_beside_a_server_on_its_folder(tmp_path: Path) -> None:
    """--data names it; a key that is revoked there is refused by the server too."""
    data = tmp_path / "its data"
    with running_server({"RETOUCH_CPU__WORKERS": "1"}, data=data) as server:
        done = retouch("keys", "create", "--data", data, "--json", cwd=tmp_path)
        made = json.loads(done.stdout)
        headers = {"authorization": f"Bearer {made['key']}"}
        assert exchange(f"{server.url}/v1/models", headers=headers).status == 200
        assert retouch("keys", "revoke", made["id"], "--data", data, cwd=tmp_path).returncode == 0
        assert soon_refused(lambda: exchange(f"{server.url}/v1/models", headers=headers).status)


async def test_a_subject_is_given_rights_and_loses_them(database: Database, database_url: str, tmp_path: Path) -> None:
    """In an account of its own, replaced by a second command, and taken away for good by revoking the key."""
    account = await Accounts(database).create("a customer")
    issuer = [{"issuer": ISSUER, "audience": AUDIENCE, "secret": SECRET, "auto_create": True}]
    given = {"RETOUCH_DATABASE_URL": database_url, "RETOUCH_JWT": json.dumps(issuer), "RETOUCH_CPU__WORKERS": "1"}
    who = ("--issuer", ISSUER, "--subject", "user 7", "--account", account.id)
    with running_server(given) as server:
        headers = {"authorization": "Bearer " + token(SECRET, "HS256", sub="user 7")}
        first = keys(database_url, "create", *who, "--scope", "read", cwd=tmp_path)
        assert "key" not in first
        assert (first["account_id"], first["name"]) == (account.id, f"user 7 of {ISSUER}")
        assert exchange(f"{server.url}/v1/models", headers=headers).status == 200
        assert exchange(f"{server.url}/v1/keys", headers=headers).status == 403
        second = keys(database_url, "create", *who, "--scope", "manage", cwd=tmp_path)
        listed = json.loads(exchange(f"{server.url}/v1/keys", headers=headers).body)["data"]
        assert [key["id"] for key in listed] == [second["id"], first["id"]]
        keys(database_url, "revoke", second["id"], cwd=tmp_path)
        assert exchange(f"{server.url}/v1/keys", headers=headers).status == 401
