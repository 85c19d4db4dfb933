"""A provider that fails at random costs no edit its answer, no place and no task. The long form: benchmarks.chaos."""

from support.chaos import DEADLINE, chaos


async def test_every_edit_ends_in_time_and_nothing_is_left_of_it() -> None:
    async with chaos() as storm:
        rest = await storm.rest(at_once=8)
        for _ in range(2):
            done = await storm.round(24, at_once=8)
            assert done.faults > 0
            assert done.codes.total() == 24
            assert done.codes["ok"] > 0
            assert done.longest < DEADLINE
            left = await storm.settled(rest)
            assert all(left[name] <= rest[name] for name in rest), (left, rest)
            assert left["retouch_edits_inside"] == left["retouch_edits_running"] == 0
