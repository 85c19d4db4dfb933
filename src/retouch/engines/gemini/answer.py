"""What generateContent answers with HTTP 200: an image, or one of many ways to say no.

Fields and values from google-genai 3.4.0 (types.py: GenerateContentResponse, FinishReason, BlockedReason).
"""

from typing import Any

from retouch.domain.engine import Usage
from retouch.domain.errors import Accepted, Code, UpstreamFailure
from retouch.domain.picture import Picture
from retouch.engines.upstream import Lifted, Lifting, blocked, clean, open_base64, unusable

PROVIDER = "gemini"

#: Its content policy, after the model had worked.
_BLOCKED = frozenset(
    {
        "SAFETY",
        "PROHIBITED_CONTENT",
        "SPII",
        "BLOCKLIST",
        "MODEL_ARMOR",
        "RECITATION",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
    }
)
#: The caller's prompt asks for more than, or for something other than, this model does; another may do it.
_NOT_FOR_IT = {"MAX_TOKENS": "it is too much for one answer", "LANGUAGE": "its language is not supported"}


def read_answer(body: Lifting) -> tuple[Picture, Usage]:
    """The first finished image of an answer, with what is under `data` taken out, and its tokens.

    Raises UpstreamFailure: CONTENT_POLICY_VIOLATION for a blocked prompt (accepted NO) or image (YES), INVALID_REQUEST
    for a prompt that this model cannot serve, UPSTREAM_ERROR for an answer without an image; all but the first are
    accepted, and worth another route where no policy refused them.
    """
    found = _parsed(body)
    feedback = _dict(found.value.get("promptFeedback"))
    if feedback.get("blockReason"):
        raise blocked(PROVIDER, _text(feedback.get("blockReasonMessage")))
    candidate = _dict(next(iter(_list(found.value.get("candidates"))), None))
    parts = [_dict(part) for part in _list(_dict(candidate.get("content")).get("parts"))]
    for part in parts:
        # Thoughts hold drafts: pictures that the model went on to improve.
        if not part.get("thought") and (text := found.text(_dict(part.get("inlineData")).get("data"))):
            return open_base64(PROVIDER, text), _usage(_dict(found.value.get("usageMetadata")))
    raise _refusal(candidate, " ".join(_text(part.get("text")) for part in parts if not part.get("thought")))


def _parsed(body: Lifting) -> Lifted:
    try:
        found = body.end()
    except ValueError:
        raise unusable(PROVIDER, "it is no JSON") from None
    if not isinstance(found.value, dict):
        raise unusable(PROVIDER, "it is no JSON object")
    return found


def _refusal(candidate: dict[str, Any], words: str) -> UpstreamFailure:
    """Why there is no image, as the finish reason has it."""
    reason, said = _text(candidate.get("finishReason")), _text(candidate.get("finishMessage")) or words
    if reason in _BLOCKED:
        return blocked(PROVIDER, said, accepted=Accepted.YES)
    if reason in _NOT_FOR_IT:
        return _failure(Code.INVALID_REQUEST, f"Gemini cannot serve this prompt: {_NOT_FOR_IT[reason]}.", reason)
    # What the model says instead often tells the caller what it lacks.
    spoken = clean(said)
    return _failure(
        Code.UPSTREAM_ERROR,
        f"The provider {PROVIDER} gave no image" + (f" and said: {spoken}" if spoken else "."),
        reason if reason.isupper() and len(reason) < 40 else "",
    )


def _failure(code: Code, message: str, reason: str) -> UpstreamFailure:
    return UpstreamFailure(
        code,
        message,
        accepted=Accepted.YES,
        elsewhere=True,
        cause=f"{PROVIDER}: no image{': ' if reason else ''}{reason}",
        param="prompt" if code is Code.INVALID_REQUEST else None,
    )


def _usage(counts: dict[str, Any]) -> Usage:
    """Google's counts in OpenAI's terms; thoughts are text put out, and what no detail names is text read."""
    read, made = _whole(counts.get("promptTokenCount")), _whole(counts.get("candidatesTokenCount"))
    images_read = _images(counts.get("promptTokensDetails"), 0)
    images_made = _images(counts.get("candidatesTokensDetails"), made)
    return Usage(
        input_text=max(0, read - images_read),
        input_image=images_read,
        output_text=max(0, made - images_made) + _whole(counts.get("thoughtsTokenCount")),
        output_image=images_made,
    )


def _images(details: object, default: int) -> int:
    rows = [_dict(row) for row in _list(details)]
    if not rows:
        return default
    return sum(_whole(row.get("tokenCount")) for row in rows if row.get("modality") == "IMAGE")


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
