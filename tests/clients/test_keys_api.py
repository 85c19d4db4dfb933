"""Keys through the API, on real servers and with the official SDK."""

import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import psycopg
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from retouch.domain.rights import SCOPES
from retouch.wire.app import build_wire
from retouch.wire.auth import Needs
from support.http import Answer, exchange
from support.images import encoded, photo
from support.server import KEY, Server, running_server
from support.tokens import AUDIENCE, ISSUER, SECRET, token

PHOTO = encoded(photo())


def call(server: Server, method: str, path: str, body: object = None, key: str = KEY) -> Answer:
    data = None if body is None else json.dumps(body).encode()
    return exchange(server.url + path, method, data, {"authorization": f"Bearer {key}"})


def told(server: Server, method: str, path: str, body: object = None, key: str = KEY) -> dict[str, Any]:
    answer = call(server, method, path, body, key)
    assert answer.status in {200, 201}, answer.body
    found: dict[str, Any] = json.loads(answer.body)
    return found


def refused(server: Server, method: str, path: str, body: object = None, key: str = KEY) -> tuple[int, str, str | None]:
    answer = call(server, method, path, body, key)
    found = json.loads(answer.body)
    return answer.status, found["code"], found["error"]["param"]


def make(server: Server, key: str = KEY, **fields: object) -> dict[str, Any]:
    return told(server, "POST", "/v1/keys", fields, key)


def sdk(server: Server, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0, timeout=60)


def edit(client: openai.OpenAI, **fields: Any) -> None:
    given: dict[str, Any] = {"model": "retouch-classic", "image": PHOTO, "prompt": "make it sepia", **fields}
    assert client.images.edit(**given).data


def test_a_key_made_through_the_api_works_with_the_sdk_until_it_is_revoked(server: Server) -> None:
    """The whole key is in one answer alone, which no cache keeps."""
    answer = call(server, "POST", "/v1/keys", {"name": "  for a test ", "scopes": ["edit"]})
    assert (answer.status, answer.headers["cache-control"]) == (201, "no-store")
    made = json.loads(answer.body)
    key = made.pop("key")
    assert key.startswith(made["prefix"])
    assert (made["name"], made["scopes"], made["state"], made["expires_at"]) == ("for a test", ["edit"], "valid", None)
    assert told(server, "GET", f"/v1/keys/{made['id']}") == made
    assert key.encode() not in call(server, "GET", "/v1/keys?limit=100").body
    with sdk(server, key) as client:
        edit(client)
        revoked = told(server, "DELETE", f"/v1/keys/{made['id']}")
        assert revoked["state"] == "revoked"
        with pytest.raises(openai.AuthenticationError):
            edit(client)
    assert told(server, "DELETE", f"/v1/keys/{made['id']}") == revoked


def test_a_key_can_be_renamed_and_nothing_else(server: Server) -> None:
    made = make(server)
    assert told(server, "PATCH", f"/v1/keys/{made['id']}", {"name": "Küche 画像"})["name"] == "Küche 画像"
    assert refused(server, "PATCH", f"/v1/keys/{made['id']}", {"name": "x", "scopes": ["edit"]}) == (
        *(400, "UNSUPPORTED_PARAMETER"),
        "scopes",
    )
    assert told(server, "GET", f"/v1/keys/{made['id']}")["name"] == "Küche 画像"


def test_the_list_comes_in_pages_newest_first(server: Server) -> None:
    """Every key once, whatever the size of a page."""
    made = [make(server, name=f"page {number}")["id"] for number in range(5)]
    seen: list[str] = []
    after = ""
    while True:
        page = told(server, "GET", f"/v1/keys?limit=2&after={after}")
        seen += [key["id"] for key in page["data"]]
        assert (page["object"], page["first_id"], page["last_id"]) == ("list", seen[-len(page["data"])], seen[-1])
        if not page["has_more"]:
            break
        after = page["last_id"]
    assert [key for key in seen if key in made] == sorted(made, reverse=True)
    assert len(seen) == len(set(seen))
    assert told(server, "GET", "/v1/keys?after=0")["data"] == []


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"scopes": []}, "INVALID_REQUEST", "scopes"),
        ({"scopes": ["edit", "admin"]}, "INVALID_REQUEST", "scopes[1]"),
        ({"scopes": "edit"}, "INVALID_REQUEST", "scopes"),
        ({"models": ["retouch-classic", "no-such-model"]}, "INVALID_REQUEST", "models[1]"),
        ({"models": []}, "INVALID_REQUEST", "models"),
        ({"spend_cap": -1}, "INVALID_REQUEST", "spend_cap"),
        ({"spend_cap": 1e300}, "INVALID_REQUEST", "spend_cap"),
        ({"spend_cap": 0.0000001}, "INVALID_REQUEST", "spend_cap"),
        ({"requests_per_minute": 0}, "INVALID_REQUEST", "requests_per_minute"),
        ({"requests_per_minute": True}, "INVALID_REQUEST", "requests_per_minute"),
        ({"expires_in": 0}, "INVALID_REQUEST", "expires_in"),
        ({"expires_in": 10**18}, "INVALID_REQUEST", "expires_in"),
        ({"expires_at": 1}, "INVALID_REQUEST", "expires_at"),
        ({"expires_at": 10**18}, "INVALID_REQUEST", "expires_at"),
        ({"expires_at": 4102444800, "expires_in": 5}, "INVALID_REQUEST", "expires_at"),
        ({"name": "x" * 201}, "INVALID_REQUEST", "name"),
        ({"name": "zero \u0000"}, "INVALID_REQUEST", "name"),
        ({"unlimited": True}, "UNSUPPORTED_PARAMETER", "unlimited"),
        ({"account_id": "acct_other"}, "UNSUPPORTED_PARAMETER", "account_id"),
        ([], "INVALID_REQUEST", None),
        ("text", "INVALID_REQUEST", None),
    ],
)
def test_a_wrong_field_is_told_by_name(server: Server, body: object, code: str, param: str | None) -> None:
    assert refused(server, "POST", "/v1/keys", body) == (400, code, param)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=²", "before=key_1", "after=%00"])
def test_a_wrong_page_is_told_by_name(server: Server, query: str) -> None:
    assert refused(server, "GET", f"/v1/keys?{query.replace('²', '%C2%B2')}")[::2] == (400, query.partition("=")[0])


@pytest.mark.parametrize(
    ("wanted", "param"),
    [
        ({"scopes": ["edit", "read"]}, "scopes"),
        ({"models": ["gpt-image-1"]}, "models"),
        ({"spend_cap": 10.5}, "spend_cap"),
        ({"requests_per_minute": 61}, "requests_per_minute"),
        ({"expires_in": 7200}, "expires_at"),
    ],
)
def test_no_key_makes_a_wider_one(server: Server, wanted: dict[str, object], param: str) -> None:
    """And what is left out is as with the key itself."""
    bounds: dict[str, Any] = {"models": ["retouch-classic"], "spend_cap": 10, "requests_per_minute": 60}
    narrow = make(server, scopes=["edit", "manage"], expires_in=3600, **bounds)
    assert refused(server, "POST", "/v1/keys", wanted, narrow["key"]) == (403, "FORBIDDEN", param)
    child = make(server, narrow["key"])
    assert {name: child[name] for name in bounds} == bounds
    assert (child["scopes"], child["expires_at"]) == (["edit"], narrow["expires_at"])
    narrower = make(server, narrow["key"], spend_cap=2.5, requests_per_minute=6, expires_in=60)
    assert (narrower["spend_cap"], narrower["requests_per_minute"]) == (2.5, 6)


def test_an_allow_list_binds_edits_and_what_is_listed(server: Server) -> None:
    """An alias stands for its model; the refusal names what is allowed."""
    with sdk(server, make(server, models=["retouch-classic"])["key"]) as client:
        edit(client)
        assert [model.id for model in client.models.list()] == ["retouch-classic"]
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("gpt-image-1")
        with pytest.raises(openai.PermissionDeniedError, match="retouch-classic") as caught:
            edit(client, model="gpt-image-1")
        assert caught.value.param == "model"


def test_an_expired_key_is_refused(server: Server) -> None:
    key = make(server, expires_in=1)
    deadline = time.monotonic() + 30
    while call(server, "GET", "/v1/models", key=key["key"]).status != 401:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert told(server, "GET", f"/v1/keys/{key['id']}")["state"] == "expired"


# ---- scopes


#: What asks for no key, and why.
OPEN = {
    "/healthz": "tells nothing",
    "/readyz": "tells nothing",
    "/metrics": "answers this machine alone, unless the operator opens it",
    "/v1/files/{key:path}": "the link is signed",
    "/v1/files/api-assets/{name}": "the address is signed",
    "/v1/session": "signs in and out, and tells a cookie whose it is",
    "/": "leads to the pages",
    "/studio/{path:path}": "the pages, which hold nothing of anybody",
}


#: The documentation, which is the same for everybody.
DOCS = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/static-offline-docs"}


@pytest.fixture(scope="module")
def application() -> FastAPI:
    @asynccontextmanager
    async def nothing(_: FastAPI) -> AsyncIterator[None]:
        yield

    return build_wire(nothing)


def walk(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Every route, those of included routers too."""
    for route in routes:
        router = getattr(route, "original_router", None)
        yield from walk(router.routes) if router else (route,)


def endpoints(application: FastAPI) -> list[tuple[APIRoute, str]]:
    """Every endpoint and method that asks for something; the others stand above with their reasons."""
    found: list[tuple[APIRoute, str]] = []
    for route in walk(application.routes):
        if getattr(route, "path", None) not in DOCS | OPEN.keys():
            assert isinstance(route, APIRoute), route
            found += [(route, method) for method in sorted(route.methods or ())]
    assert {"/v1/images/edits", "/v1/models", "/v1/keys", "/v1/auth/token"} <= {route.path for route, _ in found}
    return found


def needs(dependant: Dependant) -> list[Needs]:
    own = [dependant.call] if isinstance(dependant.call, Needs) else []
    return own + [found for inner in dependant.dependencies for found in needs(inner)]


def test_every_endpoint_asks_for_a_scope(application: FastAPI) -> None:
    """One that is added without `MayEdit`, `MayRead`, `MayManage` or `MayAnything` fails here."""
    for route, method in endpoints(application):
        asked = needs(route.dependant)
        assert len(asked) == 1, f"{method} {route.path} asks for no scope"
        assert set() < set(asked[0].scopes) <= set(SCOPES)


def test_the_document_says_that_a_key_is_needed(server: Server, application: FastAPI) -> None:
    """So that the forms at /docs ask for one."""
    document = told(server, "GET", "/openapi.json")
    [(name, scheme)] = document["components"]["securitySchemes"].items()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for route, method in endpoints(application):
        operation = document["paths"][route.path_format][method.lower()]
        assert operation["security"] == [{name: []}], route.path


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_opens_its_endpoints_and_no_other(server: Server, application: FastAPI, scope: str) -> None:
    """Every endpoint is called with no key (401), a key that lacks its scope (403), and one that has it."""
    key = make(server, scopes=[scope])["key"]
    for route, method in endpoints(application):
        [need] = needs(route.dependant)
        path = re.sub(r"{(\w+)(:path)?}", r"\1", route.path)
        assert call(server, method, path, key="none").status == 401, route.path
        status = call(server, method, path, key=key).status
        assert (status == 403) == (scope not in need.scopes), (method, route.path, status)


# ---- tokens


def issue(server: Server, key: str, **fields: object) -> dict[str, Any]:
    return told(server, "POST", "/v1/auth/token", fields or None, key)


def test_a_token_stands_for_its_key_and_dies_with_it(server: Server) -> None:
    """With the SDK, as the key itself: its scopes and its models."""
    made = make(server, scopes=["edit"], models=["retouch-classic"])
    issued = issue(server, made["key"], expires_in=600)
    assert (issued["token_type"], issued["scopes"]) == ("Bearer", ["edit"])
    assert 500 < issued["expires_in"] <= 600
    with sdk(server, issued["access_token"]) as client:
        edit(client)
        with pytest.raises(openai.PermissionDeniedError, match="allow"):
            edit(client, model="gpt-image-1")
        with pytest.raises(openai.PermissionDeniedError, match="`read`"):
            client.models.list()
        told(server, "DELETE", f"/v1/keys/{made['id']}")
        with pytest.raises(openai.AuthenticationError):
            edit(client)


def test_neither_tokens_nor_keys_of_a_token_outlive_it(server: Server) -> None:
    """A token cannot prolong itself, and a key that is made with it ends when it does."""
    first = issue(server, KEY, expires_in=60)
    again = issue(server, first["access_token"], expires_in=3600)
    assert again["expires_at"] <= first["expires_at"]
    key = make(server, first["access_token"])
    assert key["expires_at"] <= first["expires_at"]
    later = {"expires_in": 3000}
    assert refused(server, "POST", "/v1/keys", later, first["access_token"]) == (403, "FORBIDDEN", "expires_at")


@pytest.mark.parametrize("seconds", [0, 3601, -1, "60", 1.5])
def test_a_token_lives_an_hour_at_most(server: Server, seconds: object) -> None:
    assert refused(server, "POST", "/v1/auth/token", {"expires_in": seconds}) == (
        *(400, "INVALID_REQUEST"),
        "expires_in",
    )


# ---- several processes, several accounts


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


def test_a_key_revoked_on_one_server_is_refused_on_the_other_at_once(pair: tuple[Server, Server]) -> None:
    """Tokens too, which the other server believed as well."""
    one, other = pair
    made = make(one)
    issued = issue(one, made["key"])["access_token"]
    for bearer in (made["key"], issued):
        assert call(other, "GET", "/v1/models", key=bearer).status == 200
    told(one, "DELETE", f"/v1/keys/{made['id']}")
    for bearer in (made["key"], issued):
        assert call(other, "GET", "/v1/models", key=bearer).status == 401


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
