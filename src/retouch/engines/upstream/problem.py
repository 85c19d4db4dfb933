"""Error bodies in the shapes that OpenAI and the servers that imitate it use."""

from collections.abc import Mapping

import orjson

from retouch.domain.errors import UpstreamFailure
from retouch.engines.upstream.answer import Answer
from retouch.engines.upstream.failures import Refusal
from retouch.engines.upstream.retry_after import retry_after

#: Fields of providers whose fault is the caller's, under the names that our callers know.
_PARAMS = {
    "prompt": "prompt",
    "text": "prompt",
    "image": "image",
    "images": "image",
    "url": "image",
    "file": "image",
    "files": "image",
    "image_urls": "image",
    "image_url": "image",
    "mask": "mask",
    "mask_image": "mask",
}


#: Bytes of an error answer that are looked at.
_LONGEST = 64 * 1024


async def refusal_of(answer: Answer) -> Refusal:
    """What an answer of any status but success says; one that cannot be read still has its status."""
    try:
        body = bytes(await answer.read(_LONGEST))
    except UpstreamFailure:
        body = b""
    return read_problem(answer.status, answer.headers, body)


def read_problem(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """What an error answer says, in whichever shape it came; a body that says nothing gives the status alone.

    Read are `{"error": {"message", "type", "param", "code"}}` (OpenAI; LocalAI with an int code), `{"error": "text",
    "message"}` (stable-diffusion.cpp, flat servers), `{"detail": "text"}` and `{"detail": [{"loc", "msg"}]}`
    (FastAPI: vLLM-Omni, SGLang, Xinference), `{"message", "code"}`.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    said = _said(found) if isinstance(found, dict) else {}
    details = said.get("moderation_details")
    code = _text(said.get("code")) or _text(said.get("type"))
    return Refusal(
        status=status,
        message=_text(said.get("message")),
        code="" if code.isdigit() else code,
        param=_param(_text(said.get("param"))),
        retry_after=retry_after(headers),
        after_work=isinstance(details, dict) and details.get("moderation_stage") == "output",
    )


def _said(body: dict[str, object]) -> Mapping[str, object]:
    error, detail = body.get("error"), body.get("detail")
    if isinstance(error, dict):
        return error
    if isinstance(error, str):
        return {"message": body.get("message") or error, "code": body.get("code")}
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        where = detail[0].get("loc")
        last = where[-1] if isinstance(where, list) and where else None
        return {"message": detail[0].get("msg"), "code": detail[0].get("type"), "param": last}
    if isinstance(detail, str):
        return {"message": detail, "code": body.get("code")}
    return body


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _param(name: str) -> str | None:
    """`image[]`, `image[0]` and `body.image` are all `image`."""
    return _PARAMS.get(name.rpartition(".")[2].partition("[")[0], name or None)
