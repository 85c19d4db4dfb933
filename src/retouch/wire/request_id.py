"""Pure ASGI middleware: `x-request-id` on every answer, and one log line and one count per request.

Not Starlette's BaseHTTPMiddleware, which hides the client's leaving from the handlers (`request.is_disconnected`).
"""

import logging
import secrets
import time

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("retouch.http")

REQUESTS = Counter("retouch_http_requests", "Answers by route and status", ["route", "status"])
SECONDS = Histogram(
    "retouch_http_request_seconds",
    "From the request's head to the end of the answer",
    ["route"],
    buckets=(0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300),
)


class RequestId:
    """Give each request an id, and tell of its end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = "req_" + secrets.token_hex(12)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        started, status = time.perf_counter(), 0

        async def receive_to_the_end() -> Message:
            # An error handler has to know whether the client may still be sending.
            message = await receive()
            state["body_read"] = not message.get("more_body", False)
            return message

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive_to_the_end, send_with_id)
        except Exception:
            # Answered with 500 and logged already (wire/app.py); raised further, it would cost the connection.
            if not status:
                raise
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "other")
            REQUESTS.labels(route, status or "left").inc()
            SECONDS.labels(route).observe(seconds)
            end = status or "left"
            _log.info("%s %s %s %s %.0f ms", request_id, scope["method"], scope["path"], end, seconds * 1e3)
