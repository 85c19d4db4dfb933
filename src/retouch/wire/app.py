"""The ASGI application: routes, errors, documentation."""

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI, Request
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.responses import Response

from retouch import __version__
from retouch.domain.errors import Code, RetouchError
from retouch.wire import (
    account,
    accounts,
    activity,
    edits,
    files,
    health,
    keys,
    models,
    projects,
    providers,
    records,
    session,
    studio,
    tokens,
    uploads,
    webhooks,
)
from retouch.wire.form import ClientLeft, drain
from retouch.wire.parts import parts_of
from retouch.wire.problems import INTERNAL, is_project_route, problem, project_problem

_log = logging.getLogger("retouch")

ROUTERS = (
    edits.router,
    records.router,
    account.router,
    accounts.router,
    models.router,
    providers.router,
    activity.router,
    keys.router,
    tokens.router,
    projects.router,
    uploads.router,
    webhooks.router,
    files.router,
    health.router,
    session.router,
    studio.router,
)

_DESCRIPTION = "Any client in front, any editing model behind, and exactly the edit that was asked for."

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def build_wire(lifespan: Lifespan) -> FastAPI:
    """The application. `lifespan` sets `app.state.parts` before the first request.

    The interactive documentation at /docs comes with its own scripts: it needs no internet.
    """
    app: FastAPI = FastAPIOffline(
        title="Retouch", version=__version__, description=_DESCRIPTION, lifespan=lifespan, redoc_url=None
    )
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(RetouchError, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientLeft, _left)
    app.add_exception_handler(Exception, _unknown)
    return app


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, RetouchError)  # noqa: S101 - registered for this type
    if error.code is not Code.REQUEST_TIMEOUT:  # it was waited for long enough
        await _drain(request)
    return _answer(request, error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    await _drain(request)
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        known = RetouchError(Code.INVALID_REQUEST, f"This address takes {allowed}")
    else:
        known = RetouchError(Code.NOT_FOUND, "Not Found")
    answer = _answer(request, known)
    answer.status_code = error.status_code
    answer.headers.update(error.headers or {})
    return answer


async def _drain(request: Request) -> None:
    """A client that is still sending would see a broken pipe instead of the answer."""
    if not getattr(request.state, "body_read", False):
        await drain(request.receive)


async def _left(request: Request, error: Exception) -> Response:
    del request, error
    return Response(status_code=499)  # nobody reads it; nginx's number, for the log


async def _unknown(request: Request, error: Exception) -> Response:
    _log.error("request %s failed", getattr(request.state, "request_id", "?"), exc_info=error)
    return _answer(request, INTERNAL)


def _answer(request: Request, error: RetouchError) -> Response:
    answer = project_problem if is_project_route(request.url.path) else problem
    return answer(error, parts_of(request).error_format(request))
