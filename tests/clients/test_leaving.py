"""A client that leaves, and an SDK that times out and tries again."""

import base64
import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import httpx2
import openai
import pytest

from support.http import exchange, open_connection
from support.images import decoded, encoded, mask, photo
from support.server import KEY, Server, running_server

PHOTO = encoded(photo())


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A server with one place for the built-in editor and one for the test engine, which keeps a log of its calls."""
    log = tmp_path_factory.mktemp("engine") / "calls"
    settings = {
        "RETOUCH_CPU__WORKERS": "1",
        "RETOUCH_CPU__WAITING": "1",
        "RETOUCH_ENGINES__REPAINT__LOG": str(log),
        "RETOUCH_ENGINES__REPAINT__RUNNING": "1",
        "RETOUCH_HEARTBEAT_SECONDS": "0.1",
    }
    with running_server(settings) as server:
        yield server, log


def until(condition: Callable[[], bool], seconds: float = 30) -> float:
    """Wait for a condition; the seconds that it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds
        time.sleep(0.01)
    return time.monotonic() - started


def begin(server: Server, fields: Mapping[str, object], path: str = "/v1/images/edits") -> http.client.HTTPConnection:
    """Send an edit, and do not wait for its answer."""
    connection = open_connection(server.url)
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    connection.request("POST", path, json.dumps(fields), headers)
    return connection


def as_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def slow_edit() -> dict[str, object]:
    """An inpainting that keeps the built-in editor busy for many seconds."""
    large = photo(2400, 1800)
    return {
        "model": "retouch-classic",
        "prompt": "remove the marked area",
        "n": 10,
        "image": as_base64(encoded(large, "JPEG")),
        "mask": as_base64(mask(2400, 1800, (300, 300, 2100, 1500))),
    }


@pytest.mark.parametrize("stream", [False, True])
def test_leaving_an_edit_of_the_built_in_editor_frees_its_slot(narrow: tuple[Server, Path], stream: bool) -> None:
    """With one running place, the next edit is served at once when the one before it is left."""
    server, _ = narrow
    connection = begin(server, {**slow_edit(), "stream": stream})
    until(lambda: metric(server, 'retouch_edits_running{engine="cpu"}') == 1)
    if stream:
        answer = connection.getresponse()
        assert answer.readline()
        answer.close()
    connection.close()
    until(lambda: metric(server, 'retouch_edits_running{engine="cpu"}') == 0)
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0, timeout=30) as client:
        assert client.images.edit(model="retouch-classic", image=PHOTO, prompt="sepia").data


def test_a_full_line_is_answered_at_once_with_a_time_to_come_back(narrow: tuple[Server, Path]) -> None:
    server, _ = narrow
    waiting = [begin(server, slow_edit()) for _ in range(2)]
    try:
        until(lambda: metric(server, 'retouch_edits_inside{engine="cpu"}') == 2)
        with (
            openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client,
            pytest.raises(openai.InternalServerError) as caught,
        ):
            client.images.edit(model="retouch-classic", image=PHOTO, prompt="sepia")
        assert caught.value.status_code == 503
        assert int(caught.value.response.headers["retry-after"]) >= 1
    finally:
        for connection in waiting:
            connection.close()
    until(lambda: metric(server, 'retouch_edits_inside{engine="cpu"}') == 0)


def test_an_sdk_that_times_out_and_retries_joins_the_edit_under_way(
    narrow: tuple[Server, Path], tmp_path: Path
) -> None:
    """The SDK re-sends the whole edit with a new boundary; the engine is called once, and the retry gets its image."""
    server, log = narrow
    sign = tmp_path / "go"
    before = calls(log)
    attempts: list[int] = []

    def release(request: object) -> None:
        attempts.append(1)
        if len(attempts) == 2:
            sign.touch()

    with openai.OpenAI(
        base_url=f"{server.url}/v1",
        api_key=KEY,
        timeout=1.5,
        max_retries=2,
        http_client=httpx2.Client(event_hooks={"request": [release]}),
    ) as client:
        answer = client.images.with_raw_response.edit(
            model="repaint", image=PHOTO, prompt=f"hold {sign}", response_format="b64_json", timeout=1.5
        )
    data = answer.parse().data
    assert data
    assert decoded(str(data[0].b64_json)).shape == (64, 96, 3)
    assert answer.headers["retouch-joined"] == "true"
    assert len(attempts) >= 2
    assert calls(log) == before + 1


def test_a_retry_of_work_that_stopped_with_its_client_starts_anew(narrow: tuple[Server, Path], tmp_path: Path) -> None:
    """Nothing to join: the first attempt was cancelled when its client left."""
    server, log = narrow
    sign = tmp_path / "go"
    before = calls(log)
    attempts: list[int] = []

    def release(request: object) -> None:
        attempts.append(1)
        if len(attempts) == 2:
            sign.touch()

    with openai.OpenAI(
        base_url=f"{server.url}/v1",
        api_key=KEY,
        max_retries=2,
        http_client=httpx2.Client(event_hooks={"request": [release]}),
    ) as client:
        answer = client.images.with_raw_response.edit(
            model="repaint-attached", image=PHOTO, prompt=f"hold {sign}", timeout=1.5
        )
    assert "retouch-joined" not in answer.headers
    assert calls(log) == before + 2


def test_a_waiting_stream_is_kept_alive_by_comments(narrow: tuple[Server, Path], tmp_path: Path) -> None:
    server, _ = narrow
    sign = tmp_path / "go"
    fields = {"model": "repaint", "prompt": f"hold {sign}", "image": as_base64(PHOTO), "stream": True}
    with closing(begin(server, fields)) as connection:
        answer = connection.getresponse()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.readline() == b": waiting\n"
        sign.touch()
        rest = answer.read()
    assert rest.endswith(b"\n\n")
    assert b"event: image_edit.completed\n" in rest
    for forbidden in (b"\nid:", b"\nretry:", b"[DONE]"):
        assert forbidden not in rest


def calls(log: Path) -> int:
    return len(log.read_text().splitlines()) if log.exists() else 0


def metric(server: Server, name: str) -> float:
    """The value of one line of /metrics; 0 where it is missing."""
    for line in exchange(f"{server.url}/metrics").body.decode().splitlines():
        if line.startswith(name + " "):
            return float(line.rpartition(" ")[2])
    return 0.0
