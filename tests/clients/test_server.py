"""`retouch serve` as an operator meets it: starting, stopping, crashing, health and documentation."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import openai
import pytest

from support.images import encoded, photo
from support.server import KEY, Server, clean_environment, running_server

PHOTO = encoded(photo())


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def sdk(server: Server, key: str = KEY) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0, timeout=60)


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_first_start_prints_the_key_once_and_a_curl_to_paste(tmp_path: Path) -> None:
    """On a path with spaces and letters beyond ASCII; the key works, and a second start does not show it again."""
    data = tmp_path / "Fotos für später" / "data"
    with running_server({"RETOUCH_API_KEY": ""}, data=data) as server:
        until(lambda: "curl" in server.log.read_text())
        found = re.search(r"shown this once: (rt-\S+)", server.log.read_text())
        assert found
        assert f"Bearer {found[1]}" in server.log.read_text()
        with sdk(server, found[1]) as client:
            assert client.images.edit(model="retouch-classic", image=PHOTO, prompt="sepia").data
        assert server.stop() == 0
    with running_server({"RETOUCH_API_KEY": ""}, data=data) as server:
        until(lambda: "curl" in server.log.read_text())
        assert "rt-" not in server.log.read_text()
        with sdk(server, found[1]) as client:
            assert client.models.list().data


def test_a_guessable_first_key_stops_the_start() -> None:
    command = [sys.executable, "-m", "retouch", "serve"]
    ended = subprocess.run(
        command, env={**os.environ, "RETOUCH_API_KEY": "short"}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "RETOUCH_API_KEY" in ended.stderr
    assert "32" in ended.stderr


def test_a_port_in_use_is_told_in_one_line(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    command = [sys.executable, "-m", "retouch", "serve", "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr


def test_sigterm_finishes_what_is_running(tmp_path: Path) -> None:
    """An edit under way gets its answer; new connections do not."""
    sign = tmp_path / "go"
    answers: list[openai.types.ImagesResponse] = []
    with running_server() as server, sdk(server) as client:

        def edit() -> None:
            answers.append(
                client.images.edit(model="repaint", image=PHOTO, prompt=f"hold {sign}", response_format="b64_json")
            )

        asking = threading.Thread(target=edit)
        asking.start()
        until(lambda: 'retouch_edits_running{engine="repaint"} 1.0' in get(f"{server.url}/metrics")[1])
        server.process.send_signal(signal.SIGTERM)
        until(lambda: not _accepts(server))
        assert server.process.poll() is None
        sign.touch()
        asking.join(30)
        assert answers[0].data
        assert server.process.wait(30) == 0


def test_sigterm_ends_within_the_grace_time_whatever_is_running(tmp_path: Path) -> None:
    """What does not finish is told so, and nothing is left running."""
    with running_server({"RETOUCH_GRACE_SECONDS": "1"}) as server:
        failures: list[Exception] = []

        def edit() -> None:
            try:
                with sdk(server) as client:
                    client.images.edit(model="repaint", image=PHOTO, prompt=f"hold {tmp_path / 'never'}")
            except openai.OpenAIError as error:
                failures.append(error)

        asking = threading.Thread(target=edit)
        asking.start()
        until(lambda: 'retouch_edits_running{engine="repaint"} 1.0' in get(f"{server.url}/metrics")[1])
        assert server.stop() == 0
        asking.join(30)
        assert failures
        until(lambda: not _postgres_of(server.data))


def test_a_server_killed_outright_starts_again_on_its_data(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_server(data=data) as server:
        server.process.kill()
        server.process.wait()
    with running_server({"RETOUCH_API_KEY": ""}, data=data) as server, sdk(server) as client:
        assert client.models.list().data
        assert server.stop() == 0
    until(lambda: not _postgres_of(data))


@pytest.mark.parametrize("workers", [1, 2])
def test_the_welcome_is_printed_once_and_only_when_the_server_answers(tmp_path: Path, workers: int) -> None:
    """What it says to paste works at once, whichever process gets it."""
    command = [sys.executable, "-m", "retouch", "serve", "--port", "0", "--workers", str(workers)]
    given = {**clean_environment(), "RETOUCH_DATA": str(tmp_path / "data"), "RETOUCH_API_KEY": KEY}
    with subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        told = next(line for line in server.stdout if "answers on" in line)
        found = re.search(r"answers on (\S+)", told)
        assert found
        assert get(f"{found[1]}/readyz") == (200, "ok\n")
        server.terminate()
        assert "answers on" not in server.stdout.read()
    assert server.returncode == 0


def test_several_processes_serve_one_database() -> None:
    """A killed worker is replaced, links of one are served by all, metrics are added up, and each logs its requests."""
    with running_server(arguments=("--workers", "2")) as server, sdk(server) as client:
        links = set()
        for _ in range(6):
            answer = client.images.edit(model="repaint", image=PHOTO, prompt="x", response_format="url")
            assert answer.data
            links.add(str(answer.data[0].url))
        for link in links:
            assert {get_status(link) for _ in range(4)} == {200}
        assert 'route="/v1/images/edits",status="200"} 6.0' in get(f"{server.url}/metrics")[1]
        until(lambda: server.log.read_text().count("POST /v1/images/edits 200") == 6)
        workers = _children(server.process.pid)
        assert len(workers) >= 2
        os.kill(workers[0], signal.SIGKILL)
        until(lambda: len(_children(server.process.pid)) >= 2 and workers[0] not in _children(server.process.pid))
        assert client.models.list().data
        assert server.stop() == 0


def test_health(server: Server) -> None:
    assert get(f"{server.url}/healthz") == (200, "ok\n")
    assert get(f"{server.url}/readyz") == (200, "ok\n")
    status, text = get(f"{server.url}/metrics")
    assert status == 200
    assert "# TYPE retouch_http_requests_total counter" in text


def test_the_api_docs_need_no_internet_and_describe_both_bodies(server: Server) -> None:
    status, page = get(f"{server.url}/docs")
    assert status == 200
    scripts = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert scripts
    for script in scripts:
        assert not script.startswith(("http", "//")), script
        assert get_status(server.url + script) == 200
    document = json.loads(get(f"{server.url}/openapi.json")[1])
    body = document["paths"]["/v1/images/edits"]["post"]["requestBody"]["content"]
    assert set(body) == {"multipart/form-data", "application/json"}


def test_the_api_docs_name_every_field_that_is_read(server: Server) -> None:
    from retouch.wire.form import FIELDS

    document = json.loads(get(f"{server.url}/openapi.json")[1])
    bodies = document["paths"]["/v1/images/edits"]["post"]["requestBody"]["content"]
    fields = {field.name for field in FIELDS}
    for body in bodies.values():
        assert fields <= set(body["schema"]["properties"])


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/v1/nothing", 404), ("/v1/images/edits", 405)])
def test_wrong_addresses_are_answered_in_the_same_form(server: Server, path: str, status: int) -> None:
    found, body = get(server.url + path)
    assert found == status
    assert set(json.loads(body)) >= {"error", "code", "message"}


def get_status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=30) as answer:
        status: int = answer.status
        return status


def _accepts(server: Server) -> bool:
    try:
        urllib.request.urlopen(f"{server.url}/healthz", timeout=5).close()
    except OSError:
        return False
    return True


def _children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid), "-f", "spawn_main"], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def _postgres_of(data: Path) -> str:
    found = subprocess.run(["pgrep", "-f", f"postgres -D {data}"], capture_output=True, text=True, check=False)
    return found.stdout.strip()
