"""Every hostile body and picture against a real server: a typed refusal each, nothing left, and the next edit works."""

import base64
import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from retouch.stores.storage_mark import KEY as MARK
from support.hostile_bodies import HOSTILE
from support.hostile_pictures import REFUSED
from support.http import Answer, exchange, open_connection
from support.images import encoded, photo
from support.server import KEY, Server, running_server

BOUNDARY = "retouch-test"
#: Small bounds, so that "too large" is quick to send.
BOUNDS = {
    "RETOUCH_LIMITS__BODY_MB": "4.2",
    "RETOUCH_LIMITS__IMAGE_MB": "1.1",
    "RETOUCH_LIMITS__IMAGES": "4",
    "RETOUCH_LIMITS__IDLE_SECONDS": "1",
    "RETOUCH_LIMITS__BODY_SECONDS": "5",
}
#: Resident memory that all of this may add to the server, bytes.
ROOM = 400 * 2**20


@pytest.fixture(scope="module")
def strict() -> Iterator[Server]:
    with running_server(BOUNDS) as server:
        assert good_edit(server).status == 200
        before = resident(server)
        yield server
        assert good_edit(server).status == 200
        assert resident(server) - before < ROOM
        assert {name for name in server.files if not name.startswith("objects/outputs/")} == {f"objects/{MARK}"}


def edit(server: Server, kind: str, body: bytes) -> Answer:
    headers = {"authorization": f"Bearer {KEY}", "content-type": kind}
    return exchange(f"{server.url}/v1/images/edits", "POST", body, headers)


def form(picture: bytes, **fields: str) -> tuple[str, bytes]:
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    body = "".join(parts).encode() + head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()
    return f"multipart/form-data; boundary={BOUNDARY}", body


def as_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def good_edit(server: Server) -> Answer:
    return edit(
        server,
        *form(encoded(photo()), model="retouch-classic", prompt="sepia", response_format="b64_json"),
    )


def assert_refused(answer: Answer) -> None:
    assert 400 <= answer.status < 500
    body = json.loads(answer.body)
    assert body["code"] in {
        "INVALID_REQUEST",
        "UNSUPPORTED_PARAMETER",
        "INVALID_IMAGE",
        "INVALID_MASK",
        "INVALID_MODEL",
        "PAYLOAD_TOO_LARGE",
        "PROMPT_NOT_SUPPORTED",
    }
    assert body["error"]["param"]
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("name", [name for name, (kind, _) in HOSTILE.items() if kind.isprintable() and kind.isascii()])
def test_a_hostile_body_is_refused(strict: Server, name: str) -> None:
    assert_refused(edit(strict, *HOSTILE[name]))


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_picture_is_refused(strict: Server, name: str) -> None:
    """As image and as mask: truncated, lying, bombs, polyglots."""
    picture = REFUSED[name]()
    assert_refused(edit(strict, *form(picture, model="retouch-classic", prompt="sepia")))
    body = {"image": as_base64(encoded(photo())), "mask": as_base64(picture), "prompt": "remove it"}
    assert_refused(edit(strict, "application/json", json.dumps({**body, "mask_source": "mask"}).encode()))


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/a.png",
        "http://localhost/a.png",
        "http://[::1]/a.png",
        "http://[::ffff:127.0.0.1]/a.png",
        "http://0x7f000001/a.png",
        "http://2130706433/a.png",
        "http://0177.0.0.1/a.png",
        "http://10.0.0.1/a.png",
        "http://172.16.0.1/a.png",
        "http://192.168.0.1/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1/a.png",
        "http://0.0.0.0/a.png",
        "http://[fe80::1]/a.png",
        "http://[fd00::1]/a.png",
        "http://[64:ff9b::7f00:1]/a.png",
        "http://user:pass@127.0.0.1/a.png",
        "https://127.0.0.1:443/a.png",
    ],
)
def test_an_address_into_our_network_is_refused_like_any_other(strict: Server, address: str) -> None:
    """One and the same sentence for all of them, so that answers are no map."""
    body = json.dumps({"model": "retouch-classic", "prompt": "sepia", "image": address}).encode()
    answer = edit(strict, "application/json", body)
    assert_refused(answer)
    assert json.loads(answer.body)["code"] == "INVALID_IMAGE"


def test_a_slow_body_is_ended(strict: Server) -> None:
    """Half a body, then silence."""
    kind, body = form(encoded(photo()), prompt="sepia")
    with closing(open_connection(strict.url)) as connection:
        connection.putrequest("POST", "/v1/images/edits")
        for name, value in (
            ("authorization", f"Bearer {KEY}"),
            ("content-type", kind),
            ("content-length", str(len(body))),
        ):
            connection.putheader(name, value)
        connection.endheaders(body[: len(body) // 2])
        answer = connection.getresponse()
        assert answer.status == 408
        assert json.loads(answer.read())["code"] == "REQUEST_TIMEOUT"


def test_a_body_of_a_hundred_megabytes_is_answered_413(strict: Server) -> None:
    """Announced, it is refused unread; unannounced, at the bound. The client that keeps sending reads the answer."""
    assert edit(strict, "application/json", bytes(100_000_000)).status == 413

    def endless() -> Iterator[bytes]:
        yield b'{"image":"'
        for _ in range(100):
            yield b"A" * 1_000_000

    with closing(open_connection(strict.url)) as connection:
        headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
        connection.request("POST", "/v1/images/edits", endless(), headers, encode_chunked=True)
        assert connection.getresponse().status == 413


def test_a_client_that_resets_in_the_middle_leaves_nothing(strict: Server) -> None:
    kind, body = form(encoded(photo()), prompt="sepia")
    address = urlsplit(strict.url)
    for cut in (10, len(body) // 2, len(body)):
        raw = socket.create_connection((str(address.hostname), address.port or 80))
        head = (
            f"POST /v1/images/edits HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        raw.sendall(head.encode() + body[:cut])
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()
    assert good_edit(strict).status == 200


def test_many_hostile_clients_at_once_do_not_stop_a_good_one(strict: Server) -> None:
    kind, body = HOSTILE["json-deep-object"]
    threads = [threading.Thread(target=edit, args=(strict, kind, body)) for _ in range(16)]
    for thread in threads:
        thread.start()
    assert good_edit(strict).status == 200
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(
    "line", [b"GET / HTTP/9.9", b"\x16\x03\x01\x02\x00", b"POST /v1/images/edits", b"\0" * 100], ids=range(4)
)
def test_what_is_no_http_is_closed(strict: Server, line: bytes) -> None:
    address = urlsplit(strict.url)
    with socket.create_connection((str(address.hostname), address.port or 80), timeout=30) as raw:
        raw.sendall(line + b"\r\n\r\n")
        assert not raw.recv(4096).startswith(b"HTTP/1.1 200")


def resident(server: Server) -> int:
    """Memory of the server process, bytes."""
    with open(f"/proc/{server.process.pid}/statm") as file:  # noqa: PTH123 - not a file on a disk
        return int(file.read().split()[1]) * 4096
