"""GET /v1/providers: who serves which models, and how well."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request

from retouch.domain.errors import Code, RetouchError, invalid
from retouch.routing.circuit import Circuit, State
from retouch.stores.traffic import Calls
from retouch.wire.account import own_account
from retouch.wire.auth import MayManage
from retouch.wire.parts import Parts, parts_of
from retouch.wire.request_docs import problems

router = APIRouter(tags=["providers"])

#: Minutes back, at most and unless said.
LONGEST, USUAL = 1440, 60

_MINUTES = {
    "name": "minutes",
    "in": "query",
    "description": "How far back calls are counted.",
    "schema": {"type": "integer", "minimum": 1, "maximum": LONGEST, "default": USUAL},
}


@router.get(
    "/v1/providers",
    summary="Who serves which models, and how well",
    openapi_extra={"parameters": [_MINUTES]},
    responses=problems(400, 401, 403),
)
async def list_providers(request: Request, caller: MayManage) -> dict[str, Any]:
    """Every engine that the catalogue routes to. Calls are counted over all server processes, for the edits of your
    account, or for the owner of all; `circuit` is what the process that answers knows.
    """
    parts, minutes = parts_of(request), _minutes(request)
    own = await own_account(parts, caller.account_id)
    found = await parts.traffic.calls(timedelta(minutes=minutes), None if own.is_owner else own.id)
    calls = {(one.engine, one.model): one for one in found}
    circuits = {(route.engine, route.model): circuit for route, circuit in parts.editing.health}
    providers: dict[str, dict[str, Any]] = {}
    for (engine, model), (lacks, serves) in _routes(parts).items():
        provider = {"id": engine, "object": "provider", "available": lacks is None, "missing": lacks, "routes": []}
        place = (engine, model)
        shown = route_object(model, serves, circuits.get(place), calls.get(place), causes=own.is_owner)
        providers.setdefault(engine, provider)["routes"].append(shown)
    return {"object": "list", "minutes": minutes, "data": list(providers.values())}


def route_object(
    model: str, serves: list[str], circuit: Circuit | None, calls: Calls | None, *, causes: bool
) -> dict[str, Any]:
    """A route as it is answered: `model` is the engine's own name. Causes of failures are for the operator."""
    told = {"last_failure": calls and calls.last_cause} if causes else {}
    return {
        "model": model,
        "serves": serves,
        "circuit": (circuit.state if circuit else State.CLOSED).value,
        "opens_in": round(circuit.opens_in, 1) if circuit else 0,
        "calls": calls.calls if calls else 0,
        "failed": calls.failed if calls else 0,
        "error_rate": round(calls.failed / calls.calls, 4) if calls else None,
        "seconds": {
            "median": _rounded(calls.median if calls else None),
            "p95": _rounded(calls.p95 if calls else None),
        },
        **told,
    }


def _routes(parts: Parts) -> dict[tuple[str, str], tuple[str | None, list[str]]]:
    """What each route lacks to work, and the models that it serves; in the order of the catalogue."""
    found: dict[tuple[str, str], tuple[str | None, list[str]]] = {}
    for served in parts.chooser.catalog:
        for route in served.routes:
            place = (route.engine, route.model)
            found.setdefault(place, (parts.chooser.lacks(route), []))[1].append(served.id)
    return found


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _minutes(request: Request) -> int:
    for name in request.query_params:
        if name != "minutes":
            raise RetouchError(Code.UNSUPPORTED_PARAMETER, f"`{name}` is not a parameter of this list.", param=name)
    text = request.query_params.get("minutes") or str(USUAL)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LONGEST):
        raise invalid("minutes", f"`minutes` must be a whole number from 1 to {LONGEST}.")
    return int(text)
