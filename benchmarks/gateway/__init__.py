"""Retouch as a gateway, beside the leanest gateway that reads its request, and beside LiteLLM: see `__main__`."""
