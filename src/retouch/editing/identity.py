"""What a request is known by when it comes again: its idempotency key, or that its client counts its attempts."""

from dataclasses import dataclass

from retouch.admission.credits import refusal
from retouch.admission.keys import Caller
from retouch.admission.ledger import Ledger
from retouch.domain.edit import EditRequest
from retouch.domain.ledger import Outcome, Verdict
from retouch.editing.brief import fingerprint_of

#: In place of the fingerprint of a request that none will be compared with: equal to no fingerprint.
UNCOUNTED = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """`route` is where it came in, `retry` how often its client has tried before, if that counts."""

    route: str
    fingerprint: str
    idempotency_key: str | None
    retry: int


async def identify(route: str, request: EditRequest, attempt: int | None, idempotency_key: str | None) -> Identity:
    """Of a request that is attempt number `attempt` (0 is the first) of a client that counts them, or None.

    Where there is an idempotency key it alone decides.
    """
    # Hashing megabytes is only worth it for a client that may ask again.
    counted = attempt is not None or idempotency_key is not None
    print_ = await fingerprint_of(route, request) if counted else UNCOUNTED
    return Identity(route, print_, idempotency_key, 0 if idempotency_key else attempt or 0)


async def earlier(ledger: Ledger, caller: Caller, identity: Identity) -> Verdict | None:
    """The edit that was accepted for this very request before, if it was: a REPLAY, or JOINED just now.

    Raises IDEMPOTENCY_CONFLICT.
    """
    if key := identity.idempotency_key:
        verdict = await ledger.recall(caller.account_id, identity.route, key, identity.fingerprint)
        if verdict and verdict.outcome is Outcome.CONFLICT:
            raise refusal(verdict, 0)
        return verdict
    if not identity.retry:
        return None
    edit_id = await ledger.join(caller.key_id, identity.route, identity.fingerprint, identity.retry)
    return Verdict(Outcome.JOINED, edit_id, 0) if edit_id else None
