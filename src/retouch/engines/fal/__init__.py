"""fal's hosted models through its queue: submit, poll, fetch."""

from retouch.engines.fal.engine import Fal
from retouch.engines.fal.queue import Job

__all__ = ["Fal", "Job"]
