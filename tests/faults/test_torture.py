"""Everything goes wrong at once, and every edit is complete or paid back. The long form: benchmarks.torture."""

from support.bucket import running_bucket
from support.torture import Size, Storm, torture


async def test_every_promise_is_kept_through_a_storm() -> None:
    """Servers and workers killed with -9, PostgreSQL too, providers that fail, clients that retry: nothing is lost.

    No edit unsettled, no credit wrong, no picture lost or ownerless, no message lost (support/torture/verdict.py).
    """
    size = Size(edits=60, accounts=5, at_once=12, kills=6, restarts=1, longest_seconds=900)
    storm = await torture(size)
    _nothing_is_broken(storm)
    assert storm.fleet.restarts == 1
    assert storm.cast.faults > 0


async def test_nor_does_a_bucket_lose_anything() -> None:
    """The same with pictures in an S3."""
    with running_bucket() as bucket:
        size = Size(edits=24, accounts=3, at_once=8, kills=2, restarts=0, bucket=bucket, seed=2)
        _nothing_is_broken(await torture(size))


def _nothing_is_broken(storm: Storm) -> None:
    assert storm.verdict.broken == {}
    assert storm.told.outcomes.total() == storm.size.edits
    assert storm.told.complete
    assert storm.fleet.kills.total() == storm.size.kills
