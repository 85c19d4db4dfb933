"""Every endpoint asks for a scope, and a key opens those of its scopes and no other."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from retouch.domain.rights import SCOPES
from retouch.wire.app import build_wire
from retouch.wire.auth import Needs
from support.keys import call, make, told
from support.server import Server

#: What asks for no key, and why.
OPEN = {
    "/healthz": "tells nothing",
    "/readyz": "tells nothing",
    "/metrics": "answers this machine alone, unless the operator opens it",
    "/v1/files/{key:path}": "the link is signed",
    "/v1/files/api-assets/{name}": "the address is signed",
    "/v1/session": "signs in and out, and tells a cookie whose it is",
    "/": "leads to the pages",
    "/studio/{path:path}": "the pages, which hold nothing of anybody",
}


#: The documentation, which is the same for everybody.
DOCS = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/static-offline-docs"}


@pytest.fixture(scope="module")
def application() -> FastAPI:
    @asynccontextmanager
    async def nothing(_: FastAPI) -> AsyncIterator[None]:
        yield

    return build_wire(nothing)


def walk(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Every route, those of included routers too."""
    for route in routes:
        router = getattr(route, "original_router", None)
        yield from walk(router.routes) if router else (route,)


def endpoints(application: FastAPI) -> list[tuple[APIRoute, str]]:
    """Every endpoint and method that asks for something; the others stand above with their reasons."""
    found: list[tuple[APIRoute, str]] = []
    for route in walk(application.routes):
        if getattr(route, "path", None) not in DOCS | OPEN.keys():
            assert isinstance(route, APIRoute), route
            found += [(route, method) for method in sorted(route.methods or ())]
    assert {"/v1/images/edits", "/v1/models", "/v1/keys", "/v1/auth/token"} <= {route.path for route, _ in found}
    return found


def needs(dependant: Dependant) -> list[Needs]:
    own = [dependant.call] if isinstance(dependant.call, Needs) else []
    return own + [found for inner in dependant.dependencies for found in needs(inner)]


def test_every_endpoint_asks_for_a_scope(application: FastAPI) -> None:
    """One that is added without `MayEdit`, `MayRead`, `MayManage` or `MayAnything` fails here."""
    for route, method in endpoints(application):
        asked = needs(route.dependant)
        assert len(asked) == 1, f"{method} {route.path} asks for no scope"
        assert set() < set(asked[0].scopes) <= set(SCOPES)


def test_the_document_says_that_a_key_is_needed(server: Server, application: FastAPI) -> None:
    """So that the forms at /docs ask for one."""
    document = told(server, "GET", "/openapi.json")
    [(name, scheme)] = document["components"]["securitySchemes"].items()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for route, method in endpoints(application):
        operation = document["paths"][route.path_format][method.lower()]
        assert operation["security"] == [{name: []}], route.path


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_opens_its_endpoints_and_no_other(server: Server, application: FastAPI, scope: str) -> None:
    """Every endpoint is called with no key (401), a key that lacks its scope (403), and one that has it."""
    key = make(server, scopes=[scope])["key"]
    for route, method in endpoints(application):
        [need] = needs(route.dependant)
        path = re.sub(r"{(\w+)(:path)?}", r"\1", route.path)
        assert call(server, method, path, key="none").status == 401, route.path
        status = call(server, method, path, key=key).status
        assert (status == 403) == (scope not in need.scopes), (method, route.path, status)
