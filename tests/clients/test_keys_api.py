"""Keys and tokens through the API, on a real server and with the official SDK."""

import json
import time
from typing import Any

import openai
import pytest

from support.keys import call, edit, issue, make, refused, sdk, told
from support.server import KEY, Server


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
