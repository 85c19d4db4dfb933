"""What the OpenAPI document says of POST /v1/images/edits: both body forms, and the answers."""

from typing import Any

_TEXT = {"type": "string"}

_SCALARS: dict[str, Any] = {
    "prompt": {"type": "string", "description": "What to do, in words. The model's own limit applies."},
    "model": {"type": "string", "description": "An id of GET /v1/models, or `default`.", "example": "retouch-classic"},
    "n": {"type": "integer", "minimum": 1, "maximum": 16, "default": 1, "description": "How many images."},
    "size": {
        "type": "string",
        "default": "auto",
        "description": "`auto`, WIDTHxHEIGHT in pixels (exact, whatever the model draws), or `square`, `square_hd`, "
        "`portrait_4_3`, `portrait_16_9`, `landscape_4_3`, `landscape_16_9`.",
    },
    "resolution": {
        "type": "string",
        "enum": ["640px", "1k", "2k", "4k", "auto"],
        "description": "In place of `size`: the longest edge is exactly 640, 1024, 2048 or 4096 pixels.",
    },
    "aspect_ratio": {
        "type": "string",
        "enum": ["auto", "16:9", "9:16", "4:3", "3:2", "1:1", "4:5", "2:3"],
        "default": "auto",
        "description": "With `resolution`; `auto` is the first image's.",
    },
    "async": {"type": "boolean", "default": False, "description": "Answer 202 with a project at once."},
    "quality": {"type": "string", "enum": ["auto", "standard", "low", "medium", "high", "hd", "xhigh", "max"]},
    "response_format": {"type": "string", "enum": ["url", "b64_json"], "description": "Links work for 60 minutes."},
    "background": {"type": "string", "enum": ["auto", "transparent", "opaque"], "default": "auto"},
    "output_format": {"type": "string", "enum": ["png", "jpeg", "webp"], "default": "png"},
    "output_compression": {
        "type": "integer",
        "minimum": 0,
        "maximum": 100,
        "default": 100,
        "description": "Quality of jpeg and webp; webp at 100 is lossless.",
    },
    "input_fidelity": {"type": "string", "enum": ["low", "high"], "description": "A hint."},
    "moderation": {"type": "string", "enum": ["auto", "low"], "description": "A hint."},
    "stream": {"type": "boolean", "default": False, "description": "Answer with server-sent events."},
    "partial_images": {"type": "integer", "minimum": 0, "maximum": 3, "default": 0},
    "user": {"type": "string", "description": "Your end user's id."},
    "safety_identifier": {"type": "string", "description": "Your end user's id, hashed by you."},
    "seed": {"type": "integer", "minimum": 0, "description": "Same request and seed, same bytes, where the model can."},
    "mask_source": {
        "type": "string",
        "enum": ["auto", "mask", "alpha", "none"],
        "default": "auto",
        "description": "Where the area to edit is read from.",
    },
    "fit": {
        "type": "string",
        "enum": ["cover", "contain", "stretch"],
        "default": "cover",
        "description": "How the source is brought to a `size` of another aspect.",
    },
    "negative_prompt": {"type": "string", "description": "What to avoid, on models that take it."},
}

_FILE = {"type": "string", "format": "binary"}
_MASK = "Transparent pixels are the area to edit; in a mask without transparency, white ones."

_REFERENCE: dict[str, Any] = {
    "oneOf": [
        {"type": "string", "description": "A data URL, bare base64, or an http(s) URL."},
        {"type": "object", "properties": {"image_url": _TEXT}, "required": ["image_url"]},
    ]
}

MULTIPART: dict[str, Any] = {
    "type": "object",
    "required": ["image", "prompt"],
    "properties": {
        "image": {
            "type": "array",
            "items": _FILE,
            "description": "One or more images; also as `image[]`, `images`, `images[]`. Text parts may hold base64 "
            "or a URL.",
        },
        "mask": {**_FILE, "description": _MASK},
        **_SCALARS,
    },
}

JSON: dict[str, Any] = {
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "image": {"oneOf": [_REFERENCE, {"type": "array", "items": _REFERENCE}]},
        "images": {"type": "array", "items": _REFERENCE, "description": "The same as `image`."},
        "mask": {**_REFERENCE, "description": _MASK},
        **_SCALARS,
    },
}

_ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["created", "data"],
    "properties": {
        "created": {"type": "integer", "description": "Unix seconds."},
        "data": {
            "type": "array",
            "items": {"type": "object", "properties": {"url": _TEXT, "b64_json": _TEXT, "revised_prompt": _TEXT}},
        },
        "size": {"type": "string", "example": "1024x1024"},
        "quality": {"type": "string", "enum": ["low", "medium", "high"]},
        "background": {"type": "string", "enum": ["opaque", "transparent"]},
        "output_format": {"type": "string", "enum": ["png", "jpeg", "webp"]},
        "usage": {"type": "object"},
    },
}

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {"message": _TEXT, "type": _TEXT, "param": {"type": ["string", "null"]}, "code": _TEXT},
        },
        "code": _TEXT,
        "message": _TEXT,
    },
}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _PROBLEM}}}


_MEANINGS = {
    400: "A field that cannot be used; `param` names it.",
    401: "The API key is missing or wrong.",
    403: "The API key may not do this; `param` names the field, if it is one.",
    404: "Your account has no such thing.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What the OpenAPI document says of these errors."""
    return {status: _problem(_MEANINGS[status]) for status in statuses}


IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Up to 255 printable ASCII characters. For 24 hours the same request gets the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}

REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {"multipart/form-data": {"schema": MULTIPART}, "application/json": {"schema": JSON}},
}

RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The edited images; with `stream`, `image_edit.partial_image` and `image_edit.completed`.",
        "content": {"application/json": {"schema": _ANSWER}, "text/event-stream": {"schema": _TEXT}},
    },
    400: _problem("A field, image, mask, model or prompt that cannot be used; `param` names it."),
    401: _problem(_MEANINGS[401]),
    403: _problem(_MEANINGS[403]),
    402: _problem("Too few credits; `current_balance` and `required_amount` say how few. Nothing was charged."),
    408: _problem("The body did not arrive in time."),
    409: _problem("The Idempotency-Key was used for another request."),
    410: _problem("The images of an earlier request with this Idempotency-Key have expired. Nothing was charged."),
    413: _problem("The body or an image is too large."),
    429: _problem("Too many requests, edits at a time or images a day; `retry_after` says when to come back."),
    503: _problem("Too many edits are waiting; `retry_after` says when to come back."),
    504: _problem("The edit took too long."),
}
