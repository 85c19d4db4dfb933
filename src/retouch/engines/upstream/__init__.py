"""What every engine that talks to a provider shares: one pooled client, bodies, answers, and errors at the border.

`Client.send` is the only way out; each failure leaves here as an `UpstreamFailure`, so that an engine handles none
of the client library's own errors.
"""

from retouch.engines.upstream.answer import Answer
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
from retouch.engines.upstream.images_answer import IMAGE_BYTES, Answered, read_events, read_images
from retouch.engines.upstream.lift import Lifted, lift
from retouch.engines.upstream.pictures import alpha_mask, luma_mask, open_base64, open_picture
from retouch.engines.upstream.problem import read_problem, refusal_of
from retouch.engines.upstream.retry_after import retry_after

__all__ = [
    "IMAGE_BYTES",
    "Answer",
    "Answered",
    "Body",
    "Client",
    "Events",
    "Filed",
    "Lifted",
    "MediaHosts",
    "Refusal",
    "alpha_mask",
    "bearer",
    "blocked",
    "clean",
    "cut_off",
    "download",
    "find_key",
    "json_body",
    "lift",
    "luma_mask",
    "multipart",
    "open_base64",
    "open_picture",
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
