"""Who can judge prompts and pictures before an engine sees them (domain/moderation.py), by name.

They stand beside the engines because they talk to providers through the same client.
"""

from collections.abc import Callable, Mapping
from typing import Any

from retouch.domain.moderation import Moderator
from retouch.engines.moderation.openai import OpenAIModeration
from retouch.engines.upstream import Client

#: Each is made of the settings of `moderation`, the shared client and the environment.
MODERATORS: Mapping[str, Callable[[Mapping[str, Any], Client, Mapping[str, str]], Moderator]] = {
    "openai": OpenAIModeration,
}

__all__ = ["MODERATORS"]
