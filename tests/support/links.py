"""What a server prints when it starts: how to reach the studio."""

import re
import time

from support.server import START_SECONDS, Server

_LINK = re.compile(r"https?://\S+/studio/#sign-in=\S+")


def welcome(server: Server) -> str:
    """The log with the server's welcome, which is printed once it answers: maybe a moment after the first answer."""
    deadline = time.monotonic() + START_SECONDS
    while "Edit a photo:" not in (log := server.log.read_text()):
        if time.monotonic() > deadline:
            raise AssertionError(f"the server said nothing:\n{log}")
        time.sleep(0.02)
    return log


def printed_link(server: Server) -> str:
    """The sign-in link of the welcome."""
    found = _LINK.search(welcome(server))
    if found is None:
        raise AssertionError("no link was printed")
    return found[0]
