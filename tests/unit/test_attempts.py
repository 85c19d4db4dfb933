"""Trying an edit's calls on one route after the other."""

import asyncio

import pytest

from retouch.domain.errors import Code, RetouchError, UpstreamFailure
from retouch.engines.upstream.failures import Refusal as ProviderRefusal
from retouch.engines.upstream.failures import refused
from retouch.routing import attempts as module
from retouch.routing.circuit import FAILURES, Circuit, State
from support.attempts import BROKE, CALLERS_FAULT, REFUSED, SILENT, Scripted, candidate, failure, made, tries


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.001)


async def test_the_first_route_serves() -> None:
    one, two = Scripted("one"), Scripted("two")
    attempts = tries(candidate(one), candidate(two))
    assert await made(attempts) == [(0, "one 10")]
    assert two.calls == []
    assert [(tried.route.engine, tried.cause) for tried in attempts.record] == [("one", None)]


async def test_an_edit_of_which_nothing_is_missing_asks_nobody() -> None:
    """Another process had finished every image, and died before it could say so."""
    one = Scripted("one")
    attempts = tries(candidate(one))
    async with asyncio.timeout(30):
        assert await made(attempts, 0) == []
    assert (one.calls, attempts.record) == ([], [])


async def test_a_picture_of_no_use_goes_to_the_next_route_and_its_siblings_are_kept() -> None:
    """The route itself is well: its circuit does not count what it painted."""
    one, two = Scripted("one"), Scripted("two")
    one.unfit = {"one 11"}
    circuit = Circuit()
    for _ in range(FAILURES):
        attempts = tries(candidate(one, per_call=3, circuit=circuit), candidate(two))
        assert await made(attempts, 3) == [(0, "one 10"), (1, "two 11"), (2, "one 12")]
    assert circuit.state is State.CLOSED
    assert [(tried.images, tried.cause, tried.made) for tried in attempts.record] == [
        ((0, 1, 2), "failed", 3),  # what was of no use was given, and is charged for
        ((1,), None, 1),
    ]


async def test_the_record_counts_the_images_that_a_broken_off_call_had_given() -> None:
    """Two of three came before the provider broke off: two are paid for there, one on the next route."""
    one, two = Scripted("one"), Scripted("two")
    one.breaks_after = 2
    attempts = tries(candidate(one, per_call=3), candidate(two))
    assert await made(attempts, 3) == [(0, "one 10"), (1, "one 11"), (2, "two 12")]
    assert [(tried.cause, tried.made) for tried in attempts.record] == [("failed", 2), (None, 1)]


async def test_a_picture_of_no_use_on_every_route_is_the_failure() -> None:
    one = Scripted("one")
    one.unfit = {"one 10"}
    with pytest.raises(UpstreamFailure):
        await made(tries(candidate(one)))
    assert one.calls == [(10,)], "it was painted, and paid for: not asked again"


async def test_a_refused_call_goes_to_the_next_route() -> None:
    one, two = Scripted("one", [failure(REFUSED)]), Scripted("two")
    attempts = tries(candidate(one), candidate(two))
    assert await made(attempts) == [(0, "two 10")]
    assert [(tried.route.engine, tried.cause) for tried in attempts.record] == [("one", "failed"), ("two", None)]


async def test_a_refused_call_is_tried_again_where_there_is_no_other_route() -> None:
    one = Scripted("one", [failure(REFUSED), failure(REFUSED)])
    assert await made(tries(candidate(one))) == [(0, "one 10")]
    assert len(one.calls) == 3


@pytest.mark.parametrize("status", [401, 402, 403, 404])
async def test_a_refusal_that_no_other_try_mends_is_not_asked_for_again_there(status: int) -> None:
    """A key that has expired: the next route at once, and no second round on the first."""
    wrong_key = refused("one", ProviderRefusal(status=status))
    one, two = Scripted("one", [wrong_key]), Scripted("two", [failure(REFUSED)])
    assert await made(tries(candidate(one), candidate(two))) == [(0, "two 10")]
    assert (len(one.calls), len(two.calls)) == (1, 2)
    alone = Scripted("alone", [wrong_key])
    with pytest.raises(UpstreamFailure):
        await made(tries(candidate(alone)))
    assert len(alone.calls) == 1


async def test_a_busy_provider_is_asked_again() -> None:
    one = Scripted("one", [refused("one", ProviderRefusal(status=429))])
    assert await made(tries(candidate(one))) == [(0, "one 10")]


async def test_a_route_that_fell_silent_is_not_asked_again() -> None:
    """It may be working, and charging, still."""
    one, two = Scripted("one", [failure(SILENT)]), Scripted("two")
    with pytest.raises(UpstreamFailure):
        await made(tries(candidate(one), candidate(two)))
    assert (len(one.calls), len(two.calls)) == (1, 0)


async def test_the_operator_may_let_the_next_route_replace_a_silent_one() -> None:
    one, two = Scripted("one", [failure(SILENT)]), Scripted("two")
    assert await made(tries(candidate(one), candidate(two), reroute=True)) == [(0, "two 10")]
    assert len(one.calls) == 1


async def test_what_was_taken_on_and_failed_is_tried_elsewhere_but_not_there() -> None:
    one, two = Scripted("one", [failure(BROKE)]), Scripted("two", [failure(BROKE)])
    with pytest.raises(UpstreamFailure):
        await made(tries(candidate(one), candidate(two)))
    assert (len(one.calls), len(two.calls)) == (1, 1)


async def test_a_callers_own_mistake_is_told_at_once() -> None:
    one, two = Scripted("one", [failure(CALLERS_FAULT)]), Scripted("two")
    with pytest.raises(UpstreamFailure):
        await made(tries(candidate(one), candidate(two)))
    assert two.calls == []


async def test_images_that_fail_are_missing_from_those_that_are_made() -> None:
    one = Scripted("one", [None, failure(CALLERS_FAULT), None])
    assert [index for index, _ in await made(tries(candidate(one)), 3)] == [0, 2]


async def test_count_is_cut_into_calls_as_each_route_takes_them() -> None:
    """Two images that the first route refuses become two calls on a route that gives one per call."""
    one, two = Scripted("one", [failure(REFUSED)]), Scripted("two")
    attempts = tries(candidate(one, per_call=4), candidate(two))
    assert await made(attempts, 2) == [(0, "two 10"), (1, "two 11")]
    assert one.calls == [(10, 11)]
    assert two.calls == [(10,), (11,)]


async def test_an_open_circuit_is_passed_over() -> None:
    one, two, circuit = Scripted("one"), Scripted("two"), Circuit()
    for _ in range(FAILURES):
        circuit.failed(failure(REFUSED))
    assert await made(tries(candidate(one, circuit=circuit), candidate(two))) == [(0, "two 10")]
    assert one.calls == []


async def test_when_every_route_is_open_the_caller_is_told_when_to_come_back() -> None:
    circuit = Circuit()
    circuit.failed(failure(REFUSED, retry_after=60))
    with pytest.raises(RetouchError) as caught:
        await made(tries(candidate(Scripted("one"), circuit=circuit)))
    assert caught.value.code is Code.OVERLOADED
    assert caught.value.retry_after
    assert 50 < caught.value.retry_after <= 60
