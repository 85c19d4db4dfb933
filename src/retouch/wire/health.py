"""Is it alive, is it ready, and how is it doing."""

import asyncio
import ipaddress
import os

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.responses import PlainTextResponse, Response

from retouch.domain.errors import Code, RetouchError
from retouch.wire.parts import parts_of

router = APIRouter(tags=["health"])

TASKS = Gauge(
    "retouch_tasks",
    "Work that the event loop has under way, in the process that answers",
    multiprocess_mode="livemostrecent",
)


@router.get("/healthz", response_class=PlainTextResponse, summary="The process answers")
async def healthz() -> str:
    """200 as long as the process can answer at all."""
    return "ok\n"


@router.get("/readyz", response_class=PlainTextResponse, summary="Edits can be served")
async def readyz(request: Request) -> str:
    """200 when the database answers and the server is not shutting down; 503 otherwise."""
    parts = parts_of(request)
    if parts.stopping.is_set():
        raise RetouchError(Code.OVERLOADED, "The server is shutting down", retry_after=5)
    await parts.ready()
    return "ok\n"


@router.get("/metrics", summary="Prometheus metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Counts and timings in Prometheus' text format; to callers off loopback only where the operator allows it."""
    if not (parts_of(request).metrics_public or _from_loopback(request)):
        raise RetouchError(Code.NOT_FOUND, "Not Found")
    TASKS.set(len(asyncio.all_tasks()))
    registry: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:  # several processes serve: add up what each has counted
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _from_loopback(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
