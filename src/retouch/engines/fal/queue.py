"""fal's queue: submit once, ask until it is done, fetch the result, or cancel.

Addresses and statuses as the Python client 1.0.3 uses them. The addresses of a job are those that submit returned:
they hold only the first two segments of the endpoint's name.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from retouch.domain.errors import Accepted, UpstreamFailure
from retouch.domain.picture import Buffer
from retouch.domain.units import MB
from retouch.engines.fal.problem import PROVIDER, fal_refusal, job_failure, submit_failure
from retouch.engines.upstream import IMAGE_BYTES, Body, Client, MediaHosts, Question, Refusal, refused, silent, unusable

#: Requests for one answer before a job is given up. Asking changes nothing, so it may be repeated.
TRIES = 5
#: Each pause between polls is so many times the last, up to so many seconds.
GROWTH, LONGEST_PAUSE = 1.4, 3.0
#: Seconds that a cancellation may take: nobody waits for what comes of it.
CANCEL_SECONDS = 2.0
_STATUS_BYTES = MB


@dataclass(frozen=True, slots=True)
class Job:
    """A request that the queue has taken: all that is needed to find it again."""

    request_id: str
    status_url: str
    response_url: str
    cancel_url: str


class Queue:
    """Talks to the queue with one key. `pause` is the first wait between polls, seconds."""

    def __init__(self, client: Client, base_url: str, headers: Mapping[str, str], hosts: MediaHosts, pause: float):
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._headers = {"accept": "application/json", **headers}
        self._hosts = hosts
        self._pause = pause

    def question(self, key: str, base: str) -> Question:
        """A question after a job that there is not, for `reach`; `key` and `base` are settings."""
        url = f"{self._base_url}/fal-ai/nano-banana/requests/00000000-0000-0000-0000-000000000000/status"
        headers = self._headers
        return Question(url=url, headers=headers, key=key, base=base, refusal=fal_refusal, absent={202, 400, 404, 422})

    async def submit(self, endpoint: str, body: Body, deadline: float, headers: Mapping[str, str]) -> Job:
        """Hand in one request, once: there is no idempotency key, so a second might be a second job.

        Raises UpstreamFailure; accepted is UNKNOWN where the body had gone out and no answer came.
        """
        url = f"{self._base_url}/{quote(endpoint, safe='/')}"
        async with self._client.send(
            PROVIDER, "POST", url, deadline=deadline, headers={**self._headers, **headers}, body=body
        ) as answer:
            if answer.status not in {200, 201, 202}:
                raise submit_failure(await fal_refusal(answer))
            return self._job(_object(await answer.read(_STATUS_BYTES)))

    async def wait(self, job: Job, deadline: float, withdrawn: asyncio.Event | None = None) -> dict[str, Any] | None:
        """Ask until the job is completed, and give its last status; completed may mean failed.

        None if `withdrawn` was set while the job still waited for its start, and fal took it out of its queue: it
        does not run and costs nothing. Raises UpstreamFailure, never one that says that the job was not accepted.
        """
        pause, wake = self._pause, withdrawn
        while True:
            found = _object(await self._fetch(job.status_url, deadline, _STATUS_BYTES))
            if found.get("status") == "COMPLETED":
                return found
            if found.get("status") not in {"IN_QUEUE", "IN_PROGRESS"}:
                raise unusable(PROVIDER, "its queue gave a status that is not known")
            if wake is not None and wake.is_set():
                # Asked once; a job that has started runs on, because it is charged for.
                wake = None
                if found["status"] == "IN_QUEUE" and await self.cancel(job):
                    return None
            await _rest(pause, deadline, wake)
            pause = min(pause * GROWTH, LONGEST_PAUSE)

    async def result(self, job: Job, deadline: float) -> dict[str, Any]:
        """What a completed job made. Raises UpstreamFailure, also for the job's own failure."""
        return _object(await self._fetch(job.response_url, deadline, IMAGE_BYTES))

    async def cancel(self, job: Job) -> bool:
        """Ask to stop the job. True only if fal has taken it out of its queue, so that it was never started.

        fal's page "Cancel a request": 200 OK for a job that was removed; a job that runs is sent a signal
        (CANCELLATION_REQUESTED), which it may heed or not.
        """
        with suppress(UpstreamFailure):
            deadline = time.monotonic() + CANCEL_SECONDS
            url = self._address(job.cancel_url)
            async with self._client.send(PROVIDER, "PUT", url, deadline=deadline, headers=self._headers) as answer:
                body = await answer.read(_STATUS_BYTES)
                return answer.status == 200 and _object(body).get("status") == "OK"
        return False

    async def _fetch(self, url: str, deadline: float, limit: int) -> Buffer:
        """GET, tried again where it was the way there that failed."""
        pause = self._pause
        for left in reversed(range(TRIES)):
            try:
                found = await self._ask(url, deadline, limit)
            except UpstreamFailure as error:
                if error.accepted is Accepted.YES:
                    raise
                failure = error
            else:
                if not isinstance(found, Refusal):
                    return found
                if not _is_passing(found):
                    raise job_failure(found)
                failure = refused(PROVIDER, found)
            if left:
                await _rest(failure.retry_after or pause, deadline)
                pause *= 2
        raise _taken(failure)

    async def _ask(self, url: str, deadline: float, limit: int) -> Buffer | Refusal:
        address = self._address(url)
        async with self._client.send(PROVIDER, "GET", address, deadline=deadline, headers=self._headers) as answer:
            # 202 is a status of a job that is not done yet.
            return await answer.read(limit) if answer.status in {200, 202} else await fal_refusal(answer)

    def _job(self, found: dict[str, Any]) -> Job:
        names = ("request_id", "status_url", "response_url", "cancel_url")
        texts = [found.get(name) for name in names]
        if not all(isinstance(text, str) and text for text in texts):
            raise unusable(PROVIDER, "its queue did not say where the job is")
        job = Job(*map(str, texts))
        for url in (job.status_url, job.response_url, job.cancel_url):
            self._address(url)
        return job

    def _address(self, text: str) -> str:
        """The address, if it is the queue's own. Every request to it carries the key."""
        url = self._hosts.address(text)
        if url is None:
            raise unusable(PROVIDER, "its job lies on a host that is not listed")
        return str(url)


def _is_passing(refusal: Refusal) -> bool:
    """Not the job's own error, which has a type, but a gateway's on the way to it."""
    return refusal.status in {408, 429} or (refusal.status >= 500 and not refusal.code)


def _taken(failure: UpstreamFailure) -> UpstreamFailure:
    """The job was taken, whatever became of a later request: it may still be running."""
    if failure.accepted is Accepted.NO:
        failure.accepted = Accepted.UNKNOWN
        failure.retryable = False
    return failure


async def _rest(seconds: float, deadline: float, wake: asyncio.Event | None = None) -> None:
    """Wait, but not beyond the deadline, and no longer once `wake` is set."""
    left = deadline - time.monotonic()
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, min(seconds, left))):
            await (wake or asyncio.Event()).wait()
            return
    if seconds >= left:
        raise silent(PROVIDER, sent=True)


def _object(body: Buffer) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise unusable(PROVIDER, "it is no JSON object")
    return found
