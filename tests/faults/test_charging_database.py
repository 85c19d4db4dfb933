"""The database is killed while an edit runs: it is settled once the database is back, and answered."""

import asyncio
import base64
import json
import os
import signal
from pathlib import Path

from clients.test_cli import retouch
from support.http import Answer, exchange
from support.images import encoded, photo
from support.server import KEY, Server, running_server

IMAGE = base64.b64encode(encoded(photo())).decode()
HEADERS = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}


def edit(server: Server, prompt: str) -> Answer:
    body = {"model": "gpt-image-1", "prompt": prompt, "image": IMAGE, "response_format": "url"}
    return exchange(f"{server.url}/v1/images/edits", "POST", json.dumps(body).encode(), HEADERS)


def edits(server: Server) -> list[dict[str, object]]:
    answer = exchange(f"{server.url}/v1/edits", "GET", None, HEADERS)
    data: list[dict[str, object]] = json.loads(answer.body)["data"] if answer.status == 200 else []
    return data


async def test_an_edit_outlives_its_database(tmp_path: Path) -> None:
    """Killed with -9 while the engine works, and started again by the server: nothing is lost, one charge."""
    sign = tmp_path / "go"
    with running_server() as server:
        asked = asyncio.create_task(asyncio.to_thread(edit, server, f"hold {sign}"))
        async with asyncio.timeout(30):
            while not await asyncio.to_thread(edits, server):
                await asyncio.sleep(0.02)
        postmaster = int((server.data / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        sign.touch()
        answer = await asked
        assert answer.status == 200, answer.body
        assert json.loads(answer.body)["data"]
        [record] = await asyncio.to_thread(edits, server)
        assert (record["state"], record["charged"], record["refunded"]) == ("complete", 50, 0)
        checked = await asyncio.to_thread(retouch, "credits", "check", "--data", server.data, cwd=tmp_path)
        assert checked.returncode == 0, checked.stdout
