"""Asking a provider something that costs nothing: does it answer, and does it take the key."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import orjson

from retouch.domain.engine import Reached
from retouch.domain.errors import UpstreamFailure
from retouch.domain.units import MB
from retouch.domain.via import HEADER as VIA
from retouch.engines.upstream.answer import Answer
from retouch.engines.upstream.body import Body
from retouch.engines.upstream.client import Client
from retouch.engines.upstream.failures import Refusal, clean
from retouch.engines.upstream.problem import refusal_of

_BYTES = 8 * MB
_SPENT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request whose answer costs nothing. `key` and `base` are the settings of the key and of the address.

    `absent` are statuses that say only that there is no such page. `proves`: it is refused without a valid key.
    `models` reads the names of a list.
    """

    url: str
    headers: Mapping[str, str]
    key: str
    base: str
    method: str = "GET"
    body: Body | None = None
    absent: Collection[int] = ()
    proves: bool = True
    refusal: Callable[[Answer], Awaitable[Refusal]] = refusal_of
    models: Callable[[bytes], frozenset[str]] | None = None


async def reach(client: Client, provider: str, asked: Question, *, deadline: float) -> Reached:
    """What came of the question, in words for the operator. Raises nothing but what cancels it."""
    try:
        async with client.send(
            provider, asked.method, asked.url, deadline=deadline, headers=asked.headers, body=asked.body
        ) as answer:
            date = _seconds(answer.headers.get("date", ""))
            if answer.status in {200, 201}:
                raw = bytes(await answer.read(_BYTES))
                models = asked.models(raw) if asked.models else frozenset[str]()
                listed = f"; it lists {len(models)} models" if models else ""
                key = " and takes the key" if asked.proves else ""
                return Reached(ok=True, found=f"answers{key}{listed}", date=date, models=models)
            if answer.status in asked.absent:
                return Reached(ok=True, found="answers", date=date)
            found, advice = _refused(await asked.refusal(answer), asked)
            return Reached(ok=False, found=found, advice=advice, date=date)
    except UpstreamFailure as failure:
        why = failure.cause.removeprefix(f"{provider}: ")
        advice = f"check {asked.base}, and whether this machine may reach it (firewall, DNS, the server itself)"
        return Reached(ok=False, found=why, advice=advice)


def _refused(refusal: Refusal, asked: Question) -> tuple[str, str]:
    """What was found, and what to do."""
    status, said = refusal.status, clean(refusal.message)
    told = f": {said}" if said else ""
    if refusal.param == VIA:
        return "leads back to this server", f"give {asked.base} the address of another server"
    if status == 402 or refusal.code in _SPENT:
        return f"the account is used up{told}", "top up the account at the provider"
    if status in {401, 403}:
        return f"refuses the key{told}", f"put a valid key into {asked.key}"
    if status == 429:
        return f"takes no more requests now{told}", "wait, or ask the provider for a higher rate"
    if status in {404, 405}:
        return f"there is no such page ({status})", f"check {asked.base}"
    return f"answers {status}{told}", "try again later; if it stays, see the provider's status page"


def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def model_ids(body: bytes) -> frozenset[str]:
    """The ids of a list as OpenAI gives it; none of anything else."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return frozenset()
    rows = found.get("data") if isinstance(found, dict) else None
    return frozenset(str(row["id"]) for row in rows or () if isinstance(row, dict) and "id" in row)
