"""Keys of several accounts on several servers with one database."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from support.keys import call, issue, make, refused, soon_refused, told
from support.server import KEY, Server, running_server
from support.tokens import AUDIENCE, ISSUER, SECRET, token


@pytest.fixture(scope="module")
def pair_database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def pair(pair_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Two servers on one database, which believe an issuer and make accounts for its subjects."""
    issuer = [{"issuer": ISSUER, "audience": AUDIENCE, "secret": SECRET, "auto_create": True}]
    given = {
        "RETOUCH_DATABASE_URL": pair_database,
        "RETOUCH_STORAGE_URL": tmp_path_factory.mktemp("pictures").as_uri(),
        "RETOUCH_JWT": json.dumps(issuer),
        "RETOUCH_CPU__WORKERS": "1",
    }
    with running_server(given) as one, running_server(given) as other:
        yield one, other


def test_a_key_revoked_on_one_server_is_refused_on_both(pair: tuple[Server, Server]) -> None:
    """Where it was revoked at once. Tokens too, which the other server believed as well."""
    one, other = pair
    made = make(one)
    issued = issue(one, made["key"])["access_token"]
    for bearer in (made["key"], issued):
        assert call(other, "GET", "/v1/models", key=bearer).status == 200
    told(one, "DELETE", f"/v1/keys/{made['id']}")
    assert call(one, "GET", "/v1/models", key=made["key"]).status == 401
    assert call(other, "GET", "/v1/models", key=issued).status == 401
    assert soon_refused(lambda: call(other, "GET", "/v1/models", key=made["key"]).status)


def test_a_subject_gets_one_account_and_its_id_opens_no_other(pair: tuple[Server, Server]) -> None:
    """On both servers the same; a subject that is called like an account or a key of ours is just another subject."""
    one, other = pair
    bearer = token(SECRET, "HS256", sub="somebody@example.com")
    for server in pair:
        assert call(server, "GET", "/v1/models", key=bearer).status == 403  # the scope edit alone
        assert call(server, "POST", "/v1/images/edits", {}, bearer).status == 400
    owners = make(one)
    for subject in (owners["id"], "retouch", "owner"):
        stranger = token(SECRET, "HS256", sub=subject)
        assert refused(other, "GET", f"/v1/keys/{owners['id']}", key=stranger)[0] == 403
        assert call(other, "POST", "/v1/images/edits", {}, stranger).status == 400
    for wrong in ({"aud": "x"}, {"exp": 5}, {"iss": "retouch"}, {"iss": "https://other.example.com/"}):
        spoilt: dict[str, Any] = wrong
        assert call(one, "GET", "/v1/models", key=token(SECRET, "HS256", **spoilt)).status == 401


def test_another_accounts_keys_are_not_found(pair: tuple[Server, Server], pair_database: str) -> None:
    """Read, renamed, revoked: as if they were not there; and they stay as they are."""
    one, other = pair
    mine, bearer = make(one, name="mine"), token(SECRET, "HS256", sub="a rival")
    assert call(one, "POST", "/v1/images/edits", {}, bearer).status == 400  # makes the account
    let_manage(pair_database, "a rival")
    theirs = make(other, bearer, scopes=["manage"])
    for method, body in (("GET", None), ("PATCH", {"name": "stolen"}), ("DELETE", None)):
        for path, key in ((mine["id"], bearer), (mine["id"], theirs["key"]), (theirs["id"], KEY)):
            assert refused(one, method, f"/v1/keys/{path}", body, key) == (404, "NOT_FOUND", None)
        for unknown in ("key_" + "0" * 26, "key_", "%00", "..%2F..", mine["id"].upper(), "'; drop table api_keys; --"):
            status = call(one, method, f"/v1/keys/{unknown.replace(' ', '%20')}", body).status
            assert status in {404, 405}, unknown
    del mine["key"]
    assert told(one, "GET", f"/v1/keys/{mine['id']}") == mine
    listed = {key["id"] for key in told(one, "GET", "/v1/keys?limit=100", key=theirs["key"])["data"]}
    assert theirs["id"] in listed
    assert mine["id"] not in listed
    assert told(one, "GET", "/v1/keys?limit=1&after=" + mine["id"], key=theirs["key"])["data"] == []


def let_manage(database_url: str, subject: str) -> None:
    """A subject whose account was made by itself may only edit; an operator can let it do more."""
    wider = (
        b"update api_keys set scopes = '{edit,read,manage}' from identities where key_id = api_keys.id and subject = %s"
    )
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert connection.execute(wider, [subject]).rowcount == 1


def test_when_a_key_was_last_used_is_kept_by_the_end_of_the_server(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    """Without a write per request: after a stop at the latest, and from every process."""
    given = {"RETOUCH_DATABASE_URL": new_database(), "RETOUCH_CPU__WORKERS": "1"}
    with running_server(given, data=tmp_path) as server:
        used, unused = make(server), make(server)
        began = time.time()
        for _ in range(3):
            assert call(server, "GET", "/v1/models", key=used["key"]).status == 200
        assert server.stop() == 0
    with running_server(given, data=tmp_path) as server:
        at = told(server, "GET", f"/v1/keys/{used['id']}")["last_used_at"]
        assert at is not None
        assert began - 2 <= at <= time.time()
        assert told(server, "GET", f"/v1/keys/{unused['id']}")["last_used_at"] is None
