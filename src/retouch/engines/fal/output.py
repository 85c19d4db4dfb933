"""What a completed job made: its images, fetched before their addresses end."""

import asyncio
from collections.abc import Mapping
from typing import Any

from retouch.domain.engine import Made
from retouch.domain.errors import Accepted, UpstreamFailure
from retouch.engines.fal.problem import PROVIDER, job_failure
from retouch.engines.upstream import Client, MediaHosts, Refusal, blocked, download, unusable

#: Requests for one image: it has been paid for.
TRIES = 3


async def fetch_images(
    client: Client, output: Mapping[str, Any], wanted: int, hosts: MediaHosts, deadline: float
) -> list[Made]:
    """The first `wanted` images, less those that the safety checker blackened or that cannot be read.

    Raises UpstreamFailure (accepted YES or UNKNOWN) where none is left.
    """
    urls = _addresses(output)[:wanted]
    if not urls:
        raise unusable(PROVIDER, "it holds no image")
    black = _flags(output.get("has_nsfw_concepts"))
    clean = [(at, url) for at, url in enumerate(urls) if not (at < len(black) and black[at])]
    if not clean:
        # A black picture with HTTP 200 is what fal calls a refusal.
        raise blocked(PROVIDER, accepted=Accepted.YES)
    fetched = await asyncio.gather(
        *(_fetch(client, at, url, hosts, deadline) for at, url in clean), return_exceptions=True
    )
    failures = [item for item in fetched if isinstance(item, BaseException)]
    for failure in failures:
        if not isinstance(failure, UpstreamFailure):
            raise failure
    images = [item for item in fetched if isinstance(item, Made)]
    if not images:
        raise failures[0]
    return images


def failure_in(status: Mapping[str, Any]) -> UpstreamFailure | None:
    """The failure that a completed job's status tells of, for the case that its result does not."""
    error, word = status.get("error"), status.get("error_type")
    if not error and not word:
        return None
    message = error if isinstance(error, str) else ""
    return job_failure(Refusal(status=500, message=message, code=word if isinstance(word, str) else ""))


async def _fetch(client: Client, at: int, url: str, hosts: MediaHosts, deadline: float) -> Made:
    for left in reversed(range(TRIES)):
        try:
            return Made(at, await download(client, PROVIDER, url, hosts, deadline=deadline, headers={}))
        except UpstreamFailure as failure:
            if failure.accepted is Accepted.YES or not left:
                raise
    raise AssertionError("the last try returns or raises")


def _addresses(output: Mapping[str, Any]) -> list[str]:
    """`images`, or the `image` of endpoints that make one."""
    found = output.get("images")
    entries = found if isinstance(found, list) else [output.get("image")]
    urls = [entry.get("url") if isinstance(entry, dict) else None for entry in entries]
    return [url for url in urls if isinstance(url, str) and url]


def _flags(value: object) -> list[bool]:
    return [flag is True for flag in value] if isinstance(value, list) else []
