"""A provider's failures in our words: decided here once, for all engines.

What is told to the caller never holds the provider's address, its key, or its body; at most one cleaned sentence
about what the caller sent. What decides over another try is `Accepted`:

    nothing, or not the whole body, was sent           NO       the provider cannot have started
    401 403 404 409 and other 4xx, a redirect          NO       refused before work; the operator has to look, so that
                                                                route is not asked again (retryable is False)
    429, and 503 that says when or why                 NO       with retry_after
    500                                                YES      it took the call and says that it failed
    other 5xx (a gateway lost its server, 503 alone)   UNKNOWN  the work may go on behind the gateway
    the body was sent, and no whole answer came        UNKNOWN
"""

import re
from dataclasses import dataclass

from retouch.domain.errors import Accepted, Code, UpstreamFailure
from retouch.domain.via import HEADER as VIA

_LONGEST = 200
_SECRETS = re.compile(r"\S*://\S*|(?i:bearer)\s+\S+|\b(?:sk|key|fal)[-_]?\S*[\d*]{3,}\S*|\bAIza\S{9,}|\S{41,}")
_WORD = re.compile(r"[A-Za-z0-9][\w.:-]{0,59}")
_BLOCKED = frozenset({"moderation_blocked", "content_policy_violation", "content_filter"})
_SPENT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_BUSY = frozenset({"slow_down", "server_is_overloaded", "overloaded_error", "overloaded"})
#: What the caller wrote, as opposed to what an engine chose for them: field, and what its fault is called.
_CALLERS = {"prompt": Code.INVALID_REQUEST, "image": Code.INVALID_IMAGE, "mask": Code.INVALID_MASK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that is an error, as the provider put it. `param` is already spelled as our callers spell it."""

    status: int
    message: str = ""
    code: str = ""
    param: str | None = None
    retry_after: float | None = None
    after_work: bool = False


def unreachable(provider: str, why: str) -> UpstreamFailure:
    """Nothing was sent, or not all of it: refused, not found, no TLS. `why` is a few plain words."""
    return UpstreamFailure(
        Code.UPSTREAM_ERROR,
        f"The provider {provider} cannot be reached.",
        accepted=Accepted.NO,
        elsewhere=True,
        cause=f"{provider}: {why}",
    )


def silent(provider: str, *, sent: bool) -> UpstreamFailure:
    """The deadline passed. `sent` says whether the whole body had gone out."""
    return UpstreamFailure(
        Code.UPSTREAM_TIMEOUT,
        f"The provider {provider} did not answer in time.",
        accepted=Accepted.UNKNOWN if sent else Accepted.NO,
        elsewhere=True,
        cause=f"{provider}: no answer in time" if sent else f"{provider}: not sent in time",
        retryable=False if sent else None,
    )


def too_late(provider: str) -> UpstreamFailure:
    """The deadline passed before anything was sent."""
    return silent(provider, sent=False)


def cut_off(provider: str, cause: str = "the connection was cut before the whole answer came") -> UpstreamFailure:
    """The body was sent, and the connection broke before the whole answer came."""
    return UpstreamFailure(
        Code.UPSTREAM_ERROR,
        f"The provider {provider} broke off its answer.",
        accepted=Accepted.UNKNOWN,
        elsewhere=True,
        cause=f"{provider}: {cause}",
        retryable=False,
    )


def unusable(provider: str, why: str) -> UpstreamFailure:
    """It answered with success, and with nothing to use. `why` is plain words, not the provider's."""
    return UpstreamFailure(
        Code.UPSTREAM_ERROR,
        f"The provider {provider} gave an answer that cannot be used: {why}.",
        accepted=Accepted.YES,
        elsewhere=True,
        cause=f"{provider}: unusable answer: {why}",
    )


def blocked(provider: str, message: str = "", *, accepted: Accepted = Accepted.NO) -> UpstreamFailure:
    """The provider's content policy refused the edit; `message` is its own sentence, if it gave one."""
    return UpstreamFailure(
        Code.CONTENT_POLICY_VIOLATION,
        clean(message) or "The provider's content policy refused this edit.",
        accepted=accepted,
        elsewhere=False,
        cause=f"{provider}: refused by its content policy",
        retryable=False,
    )


def refused(provider: str, refusal: Refusal) -> UpstreamFailure:
    """An error answer by its status and code: the table above."""
    status, code = refusal.status, refusal.code
    if code in _BLOCKED:
        return blocked(provider, refusal.message, accepted=Accepted.YES if refusal.after_work else Accepted.NO)
    if status in {401, 402, 403} or code in _SPENT:
        why = "its account is used up" if status == 402 or code in _SPENT else "the provider's key was refused"
        return _refused(provider, refusal, f"The provider {provider} refused this server's account.", why)
    if status == 429 or (status == 503 and (refusal.retry_after is not None or code in _BUSY)):
        return _busy(provider, refusal)
    if status == 408 or status >= 500:
        return _failed(provider, refusal)
    if status in {400, 413, 415, 422} and refusal.param in _CALLERS:
        return _callers(provider, refusal, _CALLERS[refusal.param])
    circle = f"The engine {provider} is of no use here: {clean(refusal.message)}" if refusal.param == VIA else ""
    return _refused(provider, refusal, circle or f"The provider {provider} refused the edit.", "")


def clean(message: str) -> str:
    """One short sentence of a provider's message, without addresses, keys, long tokens or control characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in message[:2000]).split())
    line = _SECRETS.sub("[...]", line)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3].rstrip() + "..."


def _cause(provider: str, refusal: Refusal, why: str) -> str:
    word = _WORD.fullmatch(refusal.code)
    said = f" {word[0]}" if word and clean(refusal.code) == refusal.code else ""
    return f"{provider}: {refusal.status}{said}{': ' if why else ''}{why}"


def _refused(provider: str, refusal: Refusal, message: str, why: str) -> UpstreamFailure:
    return UpstreamFailure(
        Code.UPSTREAM_ERROR,
        message,
        accepted=Accepted.NO,
        elsewhere=True,
        cause=_cause(provider, refusal, why),
        retryable=False,
    )


def _busy(provider: str, refusal: Refusal) -> UpstreamFailure:
    # Not RATE_LIMIT_EXCEEDED: it is the operator's limit at the provider, not the caller's here.
    return UpstreamFailure(
        Code.OVERLOADED,
        f"The provider {provider} is busy.",
        accepted=Accepted.NO,
        elsewhere=True,
        cause=_cause(provider, refusal, "busy"),
        retry_after=refusal.retry_after,
    )


def _failed(provider: str, refusal: Refusal) -> UpstreamFailure:
    accepted = {408: Accepted.NO, 500: Accepted.YES}.get(refusal.status, Accepted.UNKNOWN)
    late = refusal.status in {408, 504, 524}
    return UpstreamFailure(
        Code.UPSTREAM_TIMEOUT if late else Code.UPSTREAM_ERROR,
        f"The provider {provider} did not answer in time." if late else f"The provider {provider} failed.",
        accepted=accepted,
        elsewhere=True,
        cause=_cause(provider, refusal, ""),
        retry_after=refusal.retry_after,
    )


def _callers(provider: str, refusal: Refusal, code: Code) -> UpstreamFailure:
    said = clean(refusal.message)
    return UpstreamFailure(
        code,
        f"The provider {provider} refused `{refusal.param}`" + (f": {said}" if said else "."),
        accepted=Accepted.NO,
        elsewhere=False,
        cause=_cause(provider, refusal, f"refused {refusal.param}"),
        param=refusal.param,
        retryable=False,
    )
