"""Lists in pages, as OpenAI's APIs have them: `limit` and `after` in the query, `has_more` in the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.requests import Request

from retouch.domain.errors import Code, RetouchError, invalid

LONGEST_PAGE, USUAL_PAGE = 100, 20

Item = TypeVar("Item")

#: The query of a list, for the OpenAPI document.
PAGE_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "limit",
        "in": "query",
        "description": "How many.",
        "schema": {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": USUAL_PAGE},
    },
    {
        "name": "after",
        "in": "query",
        "description": "`last_id` of the page before.",
        "schema": {"type": "string"},
    },
]


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for: `limit` entries behind the one whose id is `after`."""

    limit: int
    after: str | None

    def cut(self, found: Sequence[Item]) -> tuple[Sequence[Item], bool]:
        """What of `limit` + 1 entries belongs on the page, and whether there are more."""
        return found[: self.limit], len(found) > self.limit


def read_page(request: Request, *also: str) -> Page:
    """The page that a query asks for; `also` are names of the query that are read elsewhere.

    Raises RetouchError: INVALID_REQUEST, UNSUPPORTED_PARAMETER.
    """
    for name in request.query_params:
        if name not in {"limit", "after", *also}:
            raise RetouchError(Code.UNSUPPORTED_PARAMETER, f"`{name}` is not a parameter of this list.", param=name)
    text = request.query_params.get("limit") or str(USUAL_PAGE)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LONGEST_PAGE):
        raise invalid("limit", f"`limit` must be a whole number from 1 to {LONGEST_PAGE}.")
    after = request.query_params.get("after") or None
    if after and not after.isprintable():
        raise invalid("after", "`after` must be the `last_id` of another page.")
    return Page(int(text), after)


def list_object(data: Sequence[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    """A page as an answer. `first_id` and `last_id` are null on an empty one."""
    ends = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": list(data), "first_id": ends[0], "last_id": ends[1], "has_more": has_more}
