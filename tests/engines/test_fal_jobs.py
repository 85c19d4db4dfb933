"""Jobs in fal's queue: left, cancelled, stored, taken up again."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import orjson
import pytest

from retouch.domain.engine import EngineEvent, Job
from retouch.domain.errors import Accepted, Code, RetouchError, UpstreamFailure
from retouch.engines.fal import Fal
from retouch.engines.upstream import Client, json_body
from upstreams.calls import call, collect, failure, made
from upstreams.fal import FalUpstream
from upstreams.faults import Fault, answers, cut, drops, slow

PLUS = "fal-ai/qwen-image-edit-plus"


@pytest.fixture
async def upstream(no_task_left: None) -> AsyncIterator[FalUpstream]:
    """The stand-in."""
    async with FalUpstream() as upstream:
        yield upstream


@pytest.fixture
def engine(upstream: FalUpstream, client: Client) -> Fal:
    """The engine, pointed at it."""
    return Fal(upstream.settings, client, {"FAL_KEY": upstream.key})


async def test_leaving_cancels_the_job(engine: Fal, upstream: FalUpstream) -> None:
    """fal is asked to stop what nobody waits for."""
    upstream.stuck = True
    running = asyncio.create_task(collect(engine, call(model=PLUS)))
    await upstream.polled.wait()
    running.cancel()
    await upstream.cancel_asked.wait()
    await asyncio.wait({running})
    assert running.cancelled()
    assert upstream.cancelled == ["job-0"]


QUEUED = ("IN_QUEUE",) * 1000


async def withdrawn_once_polled(engine: Fal, upstream: FalUpstream) -> list[EngineEvent] | UpstreamFailure:
    """What becomes of a job after whose first poll nobody waits any more."""
    gone = asyncio.Event()
    running = asyncio.create_task(collect(engine, call(model=PLUS, withdrawn=gone)))
    await upstream.polled.wait()
    gone.set()
    try:
        return await running
    except UpstreamFailure as failed:
        return failed


async def test_a_job_that_nobody_waits_for_is_taken_out_of_the_queue(engine: Fal, upstream: FalUpstream) -> None:
    """fal confirms that it will not run, so it is surely not charged for."""
    upstream.statuses = QUEUED
    failed = await withdrawn_once_polled(engine, upstream)
    assert isinstance(failed, UpstreamFailure)
    assert (failed.accepted, failed.elsewhere) == (Accepted.NO, False)
    assert failed.cause == "fal: taken out of its queue, because nobody waited any more"
    assert upstream.cancelled == ["job-0"]
    assert upstream.steps()[-1] == "cancel"


async def test_a_job_that_has_started_runs_on_for_nobody(engine: Fal, upstream: FalUpstream) -> None:
    """It is charged for, so it is not even asked to stop."""
    upstream.statuses = ("IN_PROGRESS",) * 20
    assert isinstance(await withdrawn_once_polled(engine, upstream), list)
    assert upstream.cancelled == []
    assert len(upstream.edits) == 1


@pytest.mark.parametrize(
    "fault",
    [
        answers(202, {"status": "CANCELLATION_REQUESTED"}),
        answers(400, {"status": "ALREADY_COMPLETED"}),
        answers(200, {"status": "NOT_FOUND"}),
        answers(200, b"[]"),
        answers(500),
    ],
)
async def test_a_cancellation_that_is_not_confirmed_lets_the_job_run_on(
    engine: Fal, upstream: FalUpstream, fault: Fault
) -> None:
    """What is made is delivered; it is asked once."""
    upstream.statuses = ("IN_QUEUE",) * 8
    upstream.at("cancel", fault)
    assert isinstance(await withdrawn_once_polled(engine, upstream), list)
    assert upstream.steps().count("cancel") == 1


async def outlasted(engine: Fal, upstream: FalUpstream) -> UpstreamFailure:
    """How a job ends that is submitted and never completed, once the deadline passes."""
    upstream.stuck = True
    wanted = call(model=PLUS)
    job = await engine._queue.submit(PLUS, json_body({"prompt": "p"}), wanted.deadline, {})
    with pytest.raises(UpstreamFailure) as caught:
        async for _ in engine.resume(job, images=1, deadline=time.monotonic() + 0.05):
            pass
    return caught.value


async def test_the_deadline_cancels_the_job(engine: Fal, upstream: FalUpstream) -> None:
    """It may have been running: whether it was stopped in time is not known."""
    failed = await outlasted(engine, upstream)
    assert (failed.code, failed.accepted, failed.retryable) == (Code.UPSTREAM_TIMEOUT, Accepted.UNKNOWN, False)
    assert upstream.cancelled == ["job-0"]


@pytest.mark.parametrize("fault", [answers(400, {"status": "ALREADY_COMPLETED"}), answers(500), drops()])
async def test_a_cancellation_that_fails_changes_nothing(engine: Fal, upstream: FalUpstream, fault: Fault) -> None:
    """The deadline is what is told."""
    upstream.at("cancel", fault)
    assert (await outlasted(engine, upstream)).code is Code.UPSTREAM_TIMEOUT
    assert upstream.steps()[-1] == "cancel"


async def test_a_completed_job_is_not_cancelled(engine: Fal, upstream: FalUpstream) -> None:
    """Leaving while its picture is fetched: there is nothing left to stop."""
    upstream.at("media", slow(asyncio.Event()))
    running = asyncio.create_task(collect(engine, call(model=PLUS)))
    while "media" not in upstream.steps():
        upstream.arrived.clear()
        await upstream.arrived.wait()
    running.cancel()
    await upstream.left.wait()
    await asyncio.wait({running})
    assert upstream.cancelled == []


async def test_leaving_during_submit_closes_it(engine: Fal, upstream: FalUpstream) -> None:
    """No job is known yet, so none can be cancelled."""
    upstream.at("submit", slow(asyncio.Event()))
    running = asyncio.create_task(collect(engine, call(model=PLUS)))
    await upstream.arrived.wait()
    running.cancel()
    await upstream.left.wait()
    await asyncio.wait({running})
    assert upstream.steps() == ["submit"]


async def test_a_job_is_told_before_it_is_polled_and_taken_up_again(engine: Fal, upstream: FalUpstream) -> None:
    """What was stored is enough for another process to fetch what was made."""
    stored: list[tuple[Job, list[str]]] = []

    async def store(job: Job) -> None:
        stored.append((job, upstream.steps()))

    wanted = call(model=PLUS, submitted=store)
    (image,) = await made(engine, wanted)
    ((job, steps),) = stored
    assert steps == ["submit"]
    (resumed,) = await made(engine, replace(wanted, job=orjson.loads(orjson.dumps(job))))
    assert resumed == image
    assert upstream.steps().count("submit") == 1


async def test_a_stored_job_is_not_cancelled_by_who_leaves(engine: Fal, upstream: FalUpstream) -> None:
    """Another process goes on with it."""
    upstream.stuck = True

    async def store(job: Job) -> None:
        """It is kept."""

    running = asyncio.create_task(collect(engine, call(model=PLUS, submitted=store)))
    await upstream.polled.wait()
    running.cancel()
    await asyncio.wait({running})
    assert upstream.cancelled == []


async def test_a_job_that_cannot_be_stored_is_cancelled(engine: Fal, upstream: FalUpstream) -> None:
    """Nothing runs that nobody could find again."""

    async def store(job: Job) -> None:
        raise RetouchError(Code.INTERNAL_SERVER_ERROR, "the database is gone")

    with pytest.raises(RetouchError, match="the database is gone"):
        await collect(engine, call(model=PLUS, submitted=store))
    assert upstream.steps() == ["submit", "cancel"]


@pytest.mark.parametrize("fault", [drops(), cut(5), answers(502, b"<html>nginx</html>"), answers(500), answers(429)])
@pytest.mark.parametrize("step", ["status", "result"])
async def test_asking_is_repeated(engine: Fal, upstream: FalUpstream, step: str, fault: Fault) -> None:
    """A broken way to a job is no broken job."""
    upstream.at(step, fault, fault)
    assert await made(engine, call(model=PLUS))
    assert upstream.steps().count("submit") == 1


async def test_asking_ends(engine: Fal, upstream: FalUpstream) -> None:
    """After five answers from a gateway the job is given up, and cancelled."""
    upstream.at("status", *[answers(503, b"<html>nginx</html>")] * 5)
    failed = await failure(engine, call(model=PLUS))
    assert (failed.code, failed.accepted, failed.retryable) == (Code.UPSTREAM_ERROR, Accepted.UNKNOWN, None)
    assert upstream.steps() == ["submit", *["status"] * 5, "cancel"]


async def test_a_job_that_is_not_there(engine: Fal, upstream: FalUpstream) -> None:
    """404 for a job that was taken does not say that it was not."""
    upstream.at("status", answers(404, {"detail": "Request not found"}))
    failed = await failure(engine, call(model=PLUS))
    assert (failed.code, failed.accepted) == (Code.UPSTREAM_ERROR, Accepted.YES)


async def test_pictures_are_fetched_again(engine: Fal, upstream: FalUpstream) -> None:
    """They have been paid for."""
    upstream.at("media", drops(), cut(10))
    assert await made(engine, call(model=PLUS))


async def test_one_picture_of_two_is_better_than_none(engine: Fal, upstream: FalUpstream) -> None:
    """The one that cannot be read is missing."""
    upstream.at("media", answers(404))
    assert len(await made(engine, call(model=PLUS, seeds=(1, 2)))) == 1


async def test_the_queue_is_told_how_long_a_start_may_take(engine: Fal, upstream: FalUpstream) -> None:
    """A job that was given up does not start later, and its files do not lie about for ever."""
    await made(engine, call(model=PLUS, deadline=time.monotonic() + 20))
    headers = upstream.seen[0].headers
    assert 1 < float(headers["x-fal-request-timeout"]) <= 20
    assert headers["x-fal-object-lifecycle-preference"] == '{"expiration_duration_seconds":86400}'
