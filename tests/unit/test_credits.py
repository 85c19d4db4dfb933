"""What is said to who cannot pay or asks too often."""

import pytest

from retouch.admission.credits import LimitReached, decimal, refusal
from retouch.domain.errors import Code
from retouch.domain.ledger import Outcome, Rate, Verdict
from retouch.domain.model import MICRO
from retouch.wire.problems import problem_headers


@pytest.mark.parametrize(
    ("amount", "number", "text"),
    [(0, 0, "0"), (5 * MICRO, 5, "5"), (1_250_000, 1.25, "1.25"), (-500_000, -0.5, "-0.5"), (1, 1e-06, "1e-06")],
)
def test_credits_are_whole_where_they_are(amount: int, number: float, text: str) -> None:
    assert decimal(amount) == number
    assert str(decimal(amount)) == text


@pytest.mark.parametrize(
    ("outcome", "code", "says"),
    [
        (Outcome.CONFLICT, Code.IDEMPOTENCY_CONFLICT, "Idempotency-Key"),
        (Outcome.BALANCE, Code.INSUFFICIENT_BALANCE, "Account balance"),
        (Outcome.KEY_CAP, Code.INSUFFICIENT_BALANCE, "API key"),
        (Outcome.ACCOUNT_CAP, Code.INSUFFICIENT_BALANCE, "this account"),
        (Outcome.REQUESTS, Code.RATE_LIMIT_EXCEEDED, "3 requests a minute"),
        (Outcome.CONCURRENT, Code.RATE_LIMIT_EXCEEDED, "3 edits at a time"),
        (Outcome.IMAGES, Code.RATE_LIMIT_EXCEEDED, "3 images a day"),
        (Outcome.NO_ACCOUNT, Code.INVALID_API_KEY, "account"),
    ],
)
def test_every_refusal_has_its_code_and_sentence(outcome: Outcome, code: Code, says: str) -> None:
    error = refusal(Verdict(outcome, None, 0, have=3, wait=1.5), 5 * MICRO)
    assert error.code is code
    assert says in error.message


def test_a_wait_is_never_told_too_short() -> None:
    """Neither in the body nor in the header, which is whole seconds."""
    for wait in (0.0001, 0.4996, 1.0, 59.99999, 119.0001):
        error = refusal(Verdict(Outcome.REQUESTS, None, 0, have=1, wait=wait, rate=Rate(1, 0, wait)), 0)
        assert isinstance(error, LimitReached)
        assert error.retry_after is not None
        assert error.retry_after > wait
        headers = problem_headers(error)
        assert int(headers["retry-after"]) >= error.retry_after
        assert int(headers["x-ratelimit-reset-requests"].removesuffix("s")) >= wait


def test_what_waiting_cannot_mend_is_not_to_be_retried() -> None:
    """More images than a day's: no wait; until midnight: longer than a client should wait for."""
    never = refusal(Verdict(Outcome.IMAGES, None, 0, have=3), 0)
    assert never.retry_after is None
    late = refusal(Verdict(Outcome.IMAGES, None, 0, have=3, wait=7200.0), 0)
    for error in (never, late):
        headers = problem_headers(error)
        assert headers["x-should-retry"] == "false"
        assert "retry-after" not in headers
