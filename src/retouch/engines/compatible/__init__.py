"""Self-hosted servers that call themselves OpenAI-compatible; what sets each apart is a row in `kinds`."""

from retouch.engines.compatible.engine import Compatible, build
from retouch.engines.compatible.kinds import KINDS, Kind, Way
from retouch.engines.compatible.settings import Instance, instances

__all__ = ["KINDS", "Compatible", "Instance", "Kind", "Way", "build", "instances"]
