"""A client that leaves before its edit was accepted has asked for nothing."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from clients.test_leaving import begin, calls, metric, until
from support.http import exchange
from support.images import encoded, photo
from support.server import KEY, Server, running_server

PICTURE = encoded(photo())


class Pictures(ThreadingHTTPServer):
    """Serves a picture once it may; counts those who came for it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.may = threading.Event()
        self.came = 0

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Pictures

    def do_GET(self) -> None:
        self.server.came += 1
        self.server.may.wait(30)
        with suppress(ConnectionError):  # nobody waits any more
            self.send_response(200)
            self.send_header("content-length", str(len(PICTURE)))
            self.end_headers()
            self.wfile.write(PICTURE)

    def log_message(self, *_: object) -> None:
        """Nothing to tell."""


@pytest.fixture
def pictures() -> Iterator[Pictures]:
    with Pictures() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.may.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def server(pictures: Pictures, tmp_path: Path) -> Iterator[Server]:
    """A server that may fetch from there."""
    settings = {
        "RETOUCH_ENGINES__REPAINT__LOG": str(tmp_path / "calls"),
        "RETOUCH_FETCH__ALLOW_HOSTS": json.dumps([pictures.host]),
    }
    with running_server(settings) as server:
        yield server


@pytest.mark.parametrize("stream", [False, True])
def test_leaving_while_the_picture_is_fetched_costs_nothing(
    server: Server, pictures: Pictures, tmp_path: Path, stream: bool
) -> None:
    """No engine is asked, nothing is charged and nothing is in the history."""
    fields = {"model": "repaint", "prompt": "x", "image": f"http://{pictures.host}/a.png", "stream": stream}
    left = 'retouch_http_requests_total{route="/v1/images/edits",status="499"}'
    connection = begin(server, fields)
    until(lambda: pictures.came == 1)
    connection.close()
    until(lambda: metric(server, left) == 1)  # while the picture is still held back
    pictures.may.set()
    assert calls(tmp_path / "calls") == 0
    headers = {"authorization": f"Bearer {KEY}"}
    assert json.loads(exchange(f"{server.url}/v1/edits", "GET", None, headers).body)["data"] == []
    # Who stays gets the picture.
    with closing(begin(server, fields)) as connection:
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (200, True)
    assert calls(tmp_path / "calls") == 1
