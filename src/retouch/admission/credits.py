"""The rules of money, without a database: what is said to who cannot pay or asks too often. Amounts: micro-credits."""

from math import ceil

from retouch.domain.errors import Code, RetouchError
from retouch.domain.ledger import Outcome, Rate, Verdict
from retouch.domain.model import MICRO


class LimitReached(RetouchError):  # noqa: N818 - it says what happened
    """RATE_LIMIT_EXCEEDED; `rate` is what the x-ratelimit headers tell, where requests a minute are limited."""

    def __init__(self, message: str, *, retry_after: float | None, rate: Rate | None) -> None:
        super().__init__(
            Code.RATE_LIMIT_EXCEEDED, message, retry_after=retry_after, retryable=None if retry_after else False
        )
        self.rate = rate


def decimal(amount: int) -> int | float:
    """Credits as a number for JSON: whole where they are, else with a fraction."""
    whole, rest = divmod(amount, MICRO)
    return amount / MICRO if rest else whole


#: What is said of a limit, and of a sum that does not suffice.
_LIMITS = {
    Outcome.REQUESTS: "{} requests a minute are allowed",
    Outcome.CONCURRENT: "{} edits at a time are allowed",
    Outcome.IMAGES: "{} images a day (UTC) are allowed",
}
_SUMS = {
    Outcome.BALANCE: "Account balance is too low for this operation",
    Outcome.KEY_CAP: "The spend cap of this API key is too low for this operation",
    Outcome.ACCOUNT_CAP: "The spend cap of this account is too low for this operation",
}


def refusal(verdict: Verdict, required: int) -> RetouchError:
    """The error for an edit of that price that was not accepted. `verdict` names no edit."""
    if limit := _LIMITS.get(verdict.outcome):
        # Rounded up: who comes back after that long is not too early.
        wait = None if verdict.wait is None else ceil(verdict.wait * 1000 + 1) / 1000
        message = f"Too many requests. Please try again later. {limit.format(verdict.have)}."
        return LimitReached(message, retry_after=wait, rate=verdict.rate)
    if message := _SUMS.get(verdict.outcome, ""):
        extras = {"current_balance": decimal(verdict.have or 0), "required_amount": decimal(required)}
        return RetouchError(Code.INSUFFICIENT_BALANCE, message, extras=extras, retryable=False)
    if verdict.outcome is Outcome.CONFLICT:
        message = "This Idempotency-Key was used for another request within the last 24 hours."
        return RetouchError(Code.IDEMPOTENCY_CONFLICT, message, param="Idempotency-Key", retryable=False)
    return RetouchError(Code.INVALID_API_KEY, "The account of this API key does not exist.", retryable=False)
