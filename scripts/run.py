"""`make run`: serve, edit the sample picture through the running API, and keep serving."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import FrameType

BIN = Path(sys.executable).parent
SAMPLE = Path("sample")
START_SECONDS = 60


def main() -> int:
    """Run until the server stops; its exit status is ours."""
    subprocess.run([sys.executable, "scripts/draw_sample.py", str(SAMPLE)], check=True)
    server = subprocess.Popen([str(BIN / "retouch"), "serve"], start_new_session=True)

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        server.send_signal(number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    base = f"http://127.0.0.1:{os.environ.get('RETOUCH_PORT', '8080')}"
    if wait_until_ready(server, base):
        print(f"\n  Sample: {edit_sample(base, sample_key())}", flush=True)
        print("  Edit a photo of your own in the browser: the link is above.\n", flush=True)
    return server.wait()


def wait_until_ready(server: "subprocess.Popen[bytes]", base: str) -> bool:
    """True once the server answers, False when it has stopped instead."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=5):
                return True
        except OSError:
            time.sleep(0.05)
    return False


def sample_key() -> str:
    """The key of scripted set-ups, or a new one that lasts for the sample only."""
    if given := os.environ.get("RETOUCH_API_KEY"):
        return given
    command = [str(BIN / "retouch"), "keys", "create", "--name", "make run sample", "--expires-in", "5m"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def edit_sample(base: str, key: str) -> str:
    """Remove the balloon; say where the result lies."""
    fields = {
        "model": "retouch-classic",
        "prompt": "remove the balloon",
        "image": as_base64(SAMPLE / "photo.jpg"),
        "mask": as_base64(SAMPLE / "mask.png"),
        "response_format": "b64_json",
    }
    request = urllib.request.Request(
        f"{base}/v1/images/edits",
        json.dumps(fields).encode(),
        {"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        image = json.load(answer)["data"][0]["b64_json"]
    edited = SAMPLE / "edited.png"
    edited.write_bytes(base64.b64decode(image))
    return f"{SAMPLE / 'photo.jpg'} without its balloon is {edited}"


def as_base64(path: Path) -> str:
    """A file for a JSON body."""
    return base64.b64encode(path.read_bytes()).decode()


if __name__ == "__main__":
    sys.exit(main())
