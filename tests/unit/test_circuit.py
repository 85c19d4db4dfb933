"""When a route is left alone, and when it is tried again."""

from retouch.routing.circuit import FAILURES, Circuit, State
from support.attempts import BROKE, CALLERS_FAULT, failure


def test_a_circuit_opens_lets_one_call_try_and_closes() -> None:
    now = 100.0
    circuit = Circuit(lambda: now)
    for _ in range(FAILURES):
        assert circuit.allows()
        circuit.failed(failure(BROKE))
    assert [circuit.state] == [State.OPEN]
    assert not circuit.allows()
    now += circuit.opens_in
    assert [circuit.state] == [State.HALF_OPEN]
    assert circuit.allows()
    assert not circuit.allows()
    circuit.failed(failure(BROKE))
    assert [circuit.state] == [State.OPEN]
    now += circuit.opens_in
    assert circuit.allows()
    circuit.left()
    assert circuit.allows()
    circuit.succeeded()
    assert circuit.state is State.CLOSED


def test_a_callers_fault_says_nothing_of_a_routes_health() -> None:
    circuit = Circuit()
    for _ in range(FAILURES * 2):
        circuit.failed(failure(CALLERS_FAULT))
    assert circuit.state is State.CLOSED
