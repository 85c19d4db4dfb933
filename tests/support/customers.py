"""Accounts beside the owner's on a running server."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.http import exchange
from support.server import KEY, Server
from support.shell import retouch


@dataclass(frozen=True)
class Customer:
    """An account of a running server, and a key of it that may do everything."""

    account: str
    key_id: str
    key: str


def ask(server: Server, method: str, path: str, body: object = None, key: str = KEY) -> Any:
    """What the API answers to a JSON request, which must succeed."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    answer = exchange(server.url + path, method, None if body is None else json.dumps(body).encode(), headers)
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


def customer(server: Server, credits_: float = 0, name: str = "a customer") -> Customer:
    """Make an account with so many credits, and its first key as an operator would."""
    account = ask(server, "POST", "/v1/accounts", {"name": name})["id"]
    if credits_:
        ask(server, "POST", f"/v1/accounts/{account}/grants", {"amount": credits_, "note": "welcome"})
    command = ("keys", "create", "--account", account, "--name", "first key", "--json")
    done = retouch(*command, cwd=server.data, RETOUCH_DATA=str(server.data))
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    return Customer(account, made["id"], made["key"])


def edit(server: Server, picture: Path, prompt: str, key: str = KEY, **fields: object) -> Any:
    """Have a picture edited; the answer."""
    image = inline(picture)
    body = {"model": "retouch-classic", "prompt": prompt, "image": image, "response_format": "url", **fields}
    return ask(server, "POST", "/v1/images/edits", body, key)


def inline(picture: Path) -> str:
    """A PNG as a data URL."""
    return "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode()
