"""Google's Gemini image models: POST {base_url}/v1beta/models/{model}:generateContent."""

from retouch.engines.gemini.engine import Gemini

__all__ = ["Gemini"]
