"""Error bodies and headers, field by field (design.md, Errors)."""

import pytest

from retouch.domain.errors import Code, RetouchError
from retouch.wire.problems import TABLE, chosen_format, problem_body, problem_headers


def test_every_code_has_a_row() -> None:
    assert set(TABLE) == set(Code)


def test_the_default_body_serves_both_families() -> None:
    error = RetouchError(Code.INSUFFICIENT_BALANCE, "Low", extras={"current_balance": 1.25, "required_amount": 5})
    assert problem_body(error, "openai") == {
        "error": {"message": "Low", "type": "insufficient_quota", "param": None, "code": "insufficient_balance"},
        "code": "INSUFFICIENT_BALANCE",
        "message": "Low",
        "current_balance": 1.25,
        "required_amount": 5,
    }


def test_the_flat_body_has_a_plain_sentence() -> None:
    """seeds-contract.md, section 4."""
    error = RetouchError(Code.RATE_LIMIT_EXCEEDED, "Too many requests. Please try again later.", retry_after=60)
    assert problem_body(error, "flat") == {
        "error": "Rate limit exceeded",
        "code": "RATE_LIMIT_EXCEEDED",
        "message": "Too many requests. Please try again later.",
        "retry_after": 60,
    }


def test_the_message_body_is_the_message() -> None:
    assert problem_body(RetouchError(Code.NOT_FOUND, "Not Found"), "message") == {"message": "Not Found"}


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (RetouchError(Code.OVERLOADED, "m", retry_after=3), {"retry-after": "3"}),
        (RetouchError(Code.OVERLOADED, "m", retry_after=0.2), {"retry-after": "1"}),
        (RetouchError(Code.RATE_LIMIT_EXCEEDED, "m", retry_after=600), {"x-should-retry": "false"}),
        (RetouchError(Code.INVALID_REQUEST, "m"), {"x-should-retry": "false"}),
        (RetouchError(Code.IDEMPOTENCY_CONFLICT, "m"), {"x-should-retry": "false"}),
        (RetouchError(Code.UPSTREAM_TIMEOUT, "m", retryable=False), {"x-should-retry": "false"}),
        (RetouchError(Code.UPSTREAM_ERROR, "m"), {}),
        (RetouchError(Code.REQUEST_TIMEOUT, "m"), {"connection": "close"}),
    ],
)
def test_retry_headers(error: RetouchError, headers: dict[str, str]) -> None:
    """The Python SDK gives up on a retry-after above 120 s, so none is sent; hopeless retries are called off."""
    assert problem_headers(error) == headers


def test_the_form_is_the_headers_then_the_keys_then_the_servers() -> None:
    assert chosen_format({"retouch-error-format": "flat"}, "openai", "message") == "flat"
    assert chosen_format({"retouch-error-format": "nonsense"}, "openai", "message") == "message"
    assert chosen_format({}, "openai") == "openai"
