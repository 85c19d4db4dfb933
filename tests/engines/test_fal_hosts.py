"""Where the addresses that fal answers may lead: its own hosts, and no other."""

import time
from collections.abc import AsyncIterator

import pytest

from retouch.domain.errors import Accepted, Code, UpstreamFailure
from retouch.engines.fal import Fal, Job
from retouch.engines.upstream import Client
from upstreams.calls import call, failure, made
from upstreams.drawing import draw64
from upstreams.fal import FalUpstream
from upstreams.fal_endings import Ending
from upstreams.faults import answers

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


@pytest.mark.parametrize(
    "url",
    [
        "https://fal.media.evil.test/x.png",
        "http://127.0.0.1:1/x.png",
        "http://169.254.169.254/latest/meta-data",
        "https://user:pass@v3.fal.media/x.png",
        "file:///etc/passwd",
        "https://queue.fal.run/x.png",
    ],
)
async def test_results_come_from_media_hosts_alone(engine: Fal, upstream: FalUpstream, url: str) -> None:
    """Any other address is not read."""
    upstream.endings.append(Ending(urls=(url,)))
    failed = await failure(engine, call(model=PLUS))
    assert failed.accepted is Accepted.YES
    assert "not listed" in failed.message


async def test_results_inside_the_answer(engine: Fal, upstream: FalUpstream) -> None:
    """A data address needs no request."""
    upstream.endings.append(Ending(urls=(f"data:image/png;base64,{draw64((20, 10))}",)))
    (image,) = await made(engine, call(model=PLUS))
    assert image.picture.size.width == 20
    assert "media" not in upstream.steps()


@pytest.mark.parametrize("name", ["status_url", "response_url", "cancel_url"])
@pytest.mark.parametrize("url", ["https://evil.test/x", "http://127.0.0.1:1/x", "", 7, None])
async def test_jobs_lie_on_the_queues_hosts(engine: Fal, upstream: FalUpstream, name: str, url: object) -> None:
    """Each request about a job carries the key, so it goes nowhere else."""
    base = f"{upstream.root}/fal-ai/x/requests/1"
    urls = {"status_url": f"{base}/status", "response_url": base, "cancel_url": f"{base}/cancel", name: url}
    upstream.at("submit", answers(200, {"request_id": "1", **urls}))
    failed = await failure(engine, call(model=PLUS))
    assert (failed.code, failed.accepted) == (Code.UPSTREAM_ERROR, Accepted.YES)
    assert upstream.steps() == ["submit"]


async def test_a_stored_address_is_checked_too(engine: Fal) -> None:
    """What a database says is not trusted with the key either."""
    job = Job("1", *["https://evil.test/x"] * 3)
    with pytest.raises(UpstreamFailure, match="not listed"):
        async for _ in engine.resume(job, images=1, deadline=time.monotonic() + 5):
            pass


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://v3.fal.media/files/a.png", True),
        ("https://v3b.fal.media/files/a.png", True),
        ("https://fal.media/files/a.png", True),
        ("https://cdn.example/a.png", True),
        ("http://v3.fal.media/files/a.png", False),
        ("https://v3.fal.media:8443/a.png", False),
        ("https://notfal.media/a.png", False),
    ],
)
def test_media_hosts(url: str, read: bool) -> None:
    """fal's own, and those that the operator names, as a list or as one line of an environment variable."""
    for hosts in (["cdn.example"], "cdn.example, other.example"):
        engine = Fal({"media_hosts": hosts}, Client(), {"FAL_KEY": "k"})
        assert (engine._media.address(url) is not None) == read
