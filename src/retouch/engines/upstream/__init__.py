"""What every engine that talks to a provider shares: one pooled client, bodies, answers, and errors at the border.

`Client.send` is the only way out; each failure leaves here as an `UpstreamFailure`, so that an engine handles none
of the client library's own errors.
"""

from retouch.engines.upstream.answer import Answer
from retouch.engines.upstream.base64_body import Base64, Base64Body, base64_json
from retouch.engines.upstream.body import Body, Filed, json_body, multipart
from retouch.engines.upstream.client import Client
from retouch.engines.upstream.credentials import bearer, find_key
from retouch.engines.upstream.download import MediaHosts, download
from retouch.engines.upstream.events import Events
from retouch.engines.upstream.failures import (
    Refusal,
    blocked,
    clean,
    cut_off,
    refused,
    silent,
    too_late,
    unreachable,
    unusable,
)
from retouch.engines.upstream.images_answer import IMAGE_BYTES, Answered, images_in, read_events, read_images
from retouch.engines.upstream.lift import Lifted, Lifting
from retouch.engines.upstream.nano_banana import V2_5, V3, V3_1, Shapes, Spelling
from retouch.engines.upstream.pictures import alpha_mask, luma_mask, open_base64, open_picture
from retouch.engines.upstream.problem import read_problem, refusal_of
from retouch.engines.upstream.reach import Question, model_ids, reach
from retouch.engines.upstream.retry_after import retry_after

__all__ = [
    "IMAGE_BYTES",
    "V2_5",
    "V3",
    "V3_1",
    "Answer",
    "Answered",
    "Base64",
    "Base64Body",
    "Body",
    "Client",
    "Events",
    "Filed",
    "Lifted",
    "Lifting",
    "MediaHosts",
    "Question",
    "Refusal",
    "Shapes",
    "Spelling",
    "alpha_mask",
    "base64_json",
    "bearer",
    "blocked",
    "clean",
    "cut_off",
    "download",
    "find_key",
    "images_in",
    "json_body",
    "luma_mask",
    "model_ids",
    "multipart",
    "open_base64",
    "open_picture",
    "reach",
    "read_events",
    "read_images",
    "read_problem",
    "refusal_of",
    "refused",
    "retry_after",
    "silent",
    "too_late",
    "unreachable",
    "unusable",
]
