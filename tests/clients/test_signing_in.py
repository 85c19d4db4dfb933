"""Signing in over real HTTP, when a cookie counts, and the pages' headers."""

import json
import re
import subprocess
import sys
from http.cookies import Morsel, SimpleCookie
from pathlib import Path

import pytest

from support.http import Answer, exchange
from support.links import printed_link, welcome
from support.server import KEY, PLUGIN, Server, clean_environment, running_server

LINK = re.compile(r"(http://\S+/studio/)#sign-in=(\S+)")
OURS = {"sec-fetch-site": "same-origin"}


def sign_in(server: Server, key: str = KEY) -> "Morsel[str]":
    return cookie_of(exchange(f"{server.url}/v1/session", "POST", headers={"authorization": f"Bearer {key}"}))


def cookie_of(answer: Answer) -> "Morsel[str]":
    assert answer.status == 200, answer.body
    return SimpleCookie(answer.headers["set-cookie"])["retouch_session"]


def models(server: Server, cookie: "Morsel[str]", **headers: str) -> int:
    sent = {
        "cookie": f"retouch_session={cookie.value}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return exchange(f"{server.url}/v1/models", headers=sent).status


def test_the_link_that_serve_prints_signs_in_once(server: Server) -> None:
    found = LINK.fullmatch(printed_link(server))
    assert found
    assert found[1] == f"{server.url}/studio/"
    headers = {"x-sign-in-token": found[2]}
    first = exchange(f"{server.url}/v1/session", "POST", headers=headers)
    assert models(server, cookie_of(first), **OURS) == 200
    again = exchange(f"{server.url}/v1/session", "POST", headers=headers)
    assert again.status == 401
    assert b"retouch signin" in again.body
    assert again.headers["set-cookie"] is None


def test_the_signin_command_prints_a_link_that_works(server: Server) -> None:
    given = {"RETOUCH_DATA": str(server.data), "RETOUCH_PORT": server.url.rpartition(":")[2], "PYTHONPATH": str(PLUGIN)}
    command = [sys.executable, "-m", "retouch", "signin"]
    said = subprocess.run(command, env={**clean_environment(), **given}, capture_output=True, text=True, check=True)
    found = LINK.fullmatch(said.stdout.strip())
    assert found
    assert found[1] == f"{server.url}/studio/"
    answer = exchange(f"{server.url}/v1/session", "POST", headers={"x-sign-in-token": found[2]})
    assert models(server, cookie_of(answer), **OURS) == 200
    unknown = subprocess.run(
        [*command, "--account", "acct_x"],
        env={**clean_environment(), **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (unknown.returncode, unknown.stderr) == (1, "retouch: there is no account acct_x\n")


def test_scripts_and_other_sites_do_not_get_the_cookie(server: Server) -> None:
    cookie = sign_in(server)
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "strict"
    assert not cookie["secure"]  # this server speaks plain HTTP
    assert int(cookie["max-age"]) == 12 * 3600


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "same-site"}, 401),
        ({"sec_fetch_site": "cross-site"}, 401),
        ({"sec_fetch_site": "none"}, 401),
        ({"origin": "OURS"}, 200),
        ({"origin": "https://evil.example"}, 401),
        ({"origin": "null"}, 401),
        ({"sec_fetch_site": "cross-site", "origin": "OURS"}, 401),
        ({"referer": "OURS/studio/"}, 200),
        ({"referer": "https://evil.example/OURS"}, 401),
        ({"referer": "OURS.evil.example/"}, 401),
    ],
)
def test_a_cookie_counts_only_when_a_page_of_ours_sends_it(
    server: Server, headers: dict[str, str], status: int
) -> None:
    sent = {name: value.replace("OURS", server.url) for name, value in headers.items()}
    assert models(server, sign_in(server), **sent) == status


def test_a_key_in_the_request_wins_over_a_cookie(server: Server) -> None:
    assert models(server, sign_in(server), authorization="Bearer rt-wrong", **OURS) == 401


def test_a_wrong_key_does_not_sign_in(server: Server) -> None:
    answer = exchange(f"{server.url}/v1/session", "POST", headers={"authorization": "Bearer rt-wrong"})
    assert answer.status == 401
    assert answer.headers["set-cookie"] is None


def test_signing_out_ends_the_session_for_pages_of_ours_alone(server: Server) -> None:
    cookie = sign_in(server)
    sent = {"cookie": f"retouch_session={cookie.value}"}
    assert exchange(f"{server.url}/v1/session", "DELETE", headers=sent).status == 204
    assert models(server, cookie, **OURS) == 200, "another site's request has signed the reader out"
    who = exchange(f"{server.url}/v1/session", headers={**sent, **OURS})
    assert json.loads(who.body)["signed_in"] is True
    assert exchange(f"{server.url}/v1/session", "DELETE", headers={**sent, **OURS}).status == 204
    assert models(server, cookie, **OURS) == 401
    assert json.loads(exchange(f"{server.url}/v1/session", headers={**sent, **OURS}).body) == {"signed_in": False}


def test_no_link_is_printed_where_others_can_reach_the_server_unless_asked() -> None:
    with running_server(arguments=("--host", "0.0.0.0")) as server:  # noqa: S104 - for the length of this test
        log = welcome(server)
    assert "#sign-in=" not in log
    assert "/studio/   (`retouch signin` prints a link)" in log
    public = {"RETOUCH_PUBLIC_URL": "https://images.example.com"}
    with running_server(public) as server:
        assert "#sign-in=" not in welcome(server)
        assert sign_in(server)["secure"]
    with running_server(public, arguments=("--sign-in-link",)) as server:
        assert printed_link(server).startswith("https://images.example.com/studio/#sign-in=")


def test_the_address_alone_leads_to_the_studio(server: Server) -> None:
    answer = exchange(f"{server.url}/")
    assert (answer.status, answer.headers["location"]) == (307, "/studio/")


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("", "text/html; charset=utf-8"),
        ("js/studio.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_pages_are_locked_down_and_asked_for_anew(server: Server, path: str, media_type: str) -> None:
    answer = exchange(f"{server.url}/studio/{path}")
    assert (answer.status, answer.headers["content-type"]) == (200, media_type)
    policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    same = exchange(f"{server.url}/studio/{path}", headers={"if-none-match": answer.headers["etag"]})
    assert (same.status, same.body) == (304, b"")
    packed = exchange(f"{server.url}/studio/{path}", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.body) < len(answer.body)


@pytest.mark.parametrize("path", ["nothing.js", "../wire/studio.py", "..%2Fwire%2Fstudio.py", "js/", "js", "%00"])
def test_nothing_but_the_pages_is_served(server: Server, path: str) -> None:
    assert exchange(f"{server.url}/studio/{path}").status == 404


def test_every_file_of_the_pages_is_served_and_names_no_other_address(server: Server) -> None:
    import retouch.studio

    [folder] = retouch.studio.__path__
    for file in Path(folder).rglob("*.*"):
        assert exchange(f"{server.url}/studio/{file.relative_to(folder)}").status == 200
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]|<[^>]+ (style|on[a-z]+)=|innerHTML|\beval\(", text), file
