"""Projects, as Magic Hour's API has them: an id now, the images later.

Fields, statuses and texts are those of magic_hour 0.90.0; what its models require is always there.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Security
from starlette.responses import JSONResponse, Response

from retouch.admission.keys import Caller
from retouch.domain.errors import RetouchError
from retouch.projects import Submission
from retouch.projects.showing import whole_credits
from retouch.wire.auth import MayEdit, Needs
from retouch.wire.edits import idempotency_key
from retouch.wire.json_object import body_of, read_object
from retouch.wire.pages import PAGE_PARAMETERS, list_object, read_page
from retouch.wire.parts import parts_of
from retouch.wire.project_answers import project_headers, project_object
from retouch.wire.project_docs import CREATED, PROJECT, PROJECTS, answers
from retouch.wire.project_form import LONGEST_BODY, NewProject, edit_of, named
from retouch.wire.via import not_in_circles

router = APIRouter(tags=["projects"])

#: Who may see projects: whoever may make one has to hear of it.
MaySee = Annotated[Caller, Security(Needs("edit", "read"))]

#: What projects are told apart by from other requests, for idempotency keys.
ROUTE = "projects"


@router.post(
    "/v1/ai-image-editor",
    summary="Edit an image later",
    openapi_extra=body_of(NewProject),
    responses=answers(CREATED, 402, 403, 422, 429),
    dependencies=[Depends(not_in_circles)],
    response_class=Response,
)
async def create_project(request: Request, caller: MayEdit) -> Response:
    """Charge for an edit and put it in line. `GET /v1/image-projects/{id}` says what becomes of it."""
    parts = parts_of(request)
    key = idempotency_key(request.headers)
    asked = await read_object(request, parts, NewProject, max_bytes=LONGEST_BODY)
    with parts.budget.lease() as lease:
        wanted = await edit_of(asked, caller, parts, lease)
        name = asked.name or f"Ai Image Editor - {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        submission = Submission(wanted, ROUTE, name, key)
        try:
            made = await parts.projects.submit(submission, caller, reserve=lease.take)
        except RetouchError as error:
            raise named(error) from error
    charged = whole_credits(made.project)
    body = {"id": made.project.id, "credits_charged": charged, "frame_cost": charged}
    return JSONResponse(body, headers=project_headers(made))


@router.get(
    "/v1/image-projects",
    summary="List your projects",
    openapi_extra={"parameters": PAGE_PARAMETERS},
    responses=answers(PROJECTS),
)
async def list_projects(request: Request, caller: MaySee) -> dict[str, Any]:
    """The account's projects, newest first; deleted ones are left out."""
    page, parts = read_page(request), parts_of(request)
    found = await parts.projects.list(caller, after=page.after, limit=page.limit + 1)
    shown, more = page.cut(found)
    return list_object([project_object(project, request) for project in shown], has_more=more)


@router.get("/v1/image-projects/{project_id}", summary="One project", responses=answers(PROJECT, 404))
async def get_project(request: Request, project_id: str, caller: MaySee) -> dict[str, Any]:
    """Where it stands, and links to its images once it is `complete`, signed anew each time."""
    return project_object(await parts_of(request).projects.find(project_id, caller), request)


@router.post("/v1/image-projects/{project_id}/cancel", summary="Stop a project", responses=answers(PROJECT, 404))
async def cancel_project(request: Request, project_id: str, caller: MayEdit) -> dict[str, Any]:
    """Stop it if that is possible, and pay back what is not made; the answer says where it stands now.

    What a provider is at work on runs on, unless the provider confirms that stopping costs nothing.
    """
    return project_object(await parts_of(request).projects.cancel(project_id, caller), request)


@router.delete(
    "/v1/image-projects/{project_id}",
    summary="Delete a project",
    status_code=204,
    response_class=Response,
    responses=answers(None, 404),
)
async def delete_project(request: Request, project_id: str, caller: MayEdit) -> Response:
    """Take away its images for good; a project that is not ready is stopped."""
    await parts_of(request).projects.delete(project_id, caller)
    return Response(status_code=204)
