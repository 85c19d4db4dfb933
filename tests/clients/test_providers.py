"""GET /v1/providers: what is routed where, how calls went over all processes, and what a circuit says."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from retouch.admission.keys import hash_key, shown
from retouch.domain.rights import Rights
from retouch.stores.accounts import Accounts
from retouch.stores.api_keys import ApiKeys
from retouch.stores.database import Database
from support.http import exchange
from support.images import encoded, photo
from support.server import KEY, Server, running_server

STRANGER = "rt-a-key-of-another-account-0123456789abcdef"


@pytest.fixture(scope="module")
def address(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def servers(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    pictures = tmp_path_factory.mktemp("pictures").as_uri()
    shared = {"RETOUCH_DATABASE_URL": address, "RETOUCH_STORAGE_URL": pictures}
    with running_server(shared) as first, running_server(shared) as second:
        yield first, second


def edit(server: Server, prompt: str) -> int:
    fields = {"model": "repaint", "prompt": prompt, "image": base64.b64encode(encoded(photo())).decode()}
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    return exchange(f"{server.url}/v1/images/edits", "POST", json.dumps(fields).encode(), headers).status


def providers(server: Server, query: str = "", key: str = KEY) -> dict[str, dict[str, Any]]:
    answer = exchange(f"{server.url}/v1/providers{query}", headers={"authorization": f"Bearer {key}"})
    assert answer.status == 200, answer.body
    return {provider["id"]: provider for provider in json.loads(answer.body)["data"]}


def route(server: Server, key: str = KEY) -> dict[str, Any]:
    """The route of the test engine that serves `repaint`."""
    [found] = [route for route in providers(server, key=key)["repaint"]["routes"] if "repaint" in route["serves"]]
    return dict(found)


def test_calls_are_counted_over_all_processes(servers: tuple[Server, Server]) -> None:
    """Whichever of them answers; the latency is of calls that worked."""
    first, second = servers
    before = route(first)
    assert (before["calls"], before["error_rate"], before["seconds"]) == (0, None, {"median": None, "p95": None})
    assert [edit(first, "paint"), edit(second, "paint"), edit(second, "fail UPSTREAM_ERROR")] == [200, 200, 502]
    for server in servers:
        after = route(server)
        assert (after["calls"], after["failed"], after["error_rate"]) == (3, 1, 0.3333)
        assert 0 < after["seconds"]["median"] <= after["seconds"]["p95"]
        assert after["last_failure"] == "UPSTREAM_ERROR"
        assert (after["model"], after["circuit"], after["opens_in"]) == ("any", "closed", 0)


def test_what_is_missing_is_told(servers: tuple[Server, Server]) -> None:
    """An engine without its key, and the built-in editor, which needs none."""
    found = providers(servers[0])
    assert (found["openai"]["available"], found["openai"]["missing"]) == (False, "set OPENAI_API_KEY")
    assert (found["cpu"]["available"], found["cpu"]["missing"]) == (True, None)
    assert "retouch-classic" in found["cpu"]["routes"][0]["serves"]


async def test_another_account_sees_its_own_calls_and_no_causes(servers: tuple[Server, Server], address: str) -> None:
    async with Database(address) as database:
        other = await Accounts(database).create("other")
        await ApiKeys(database).add(other.id, hash_key(STRANGER), shown(STRANGER), name="", rights=Rights())
    seen = route(servers[0], STRANGER)
    assert (seen["calls"], "last_failure" in seen) == (0, False)


@pytest.mark.parametrize(("query", "param"), [("?minutes=0", "minutes"), ("?minutes=1441", "minutes"), ("?x=1", "x")])
def test_a_wrong_query_is_refused(servers: tuple[Server, Server], query: str, param: str) -> None:
    answer = exchange(f"{servers[0].url}/v1/providers{query}", headers={"authorization": f"Bearer {KEY}"})
    assert (answer.status, json.loads(answer.body)["error"]["param"]) == (400, param)
