"""OpenAI's image edits: POST {base_url}/images/edits, as the official SDK sends it."""

from retouch.engines.openai_images.engine import OpenAIImages

__all__ = ["OpenAIImages"]
