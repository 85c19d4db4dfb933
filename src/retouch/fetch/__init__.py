"""Pictures from addresses that a caller names, without becoming the caller's way into our network."""

from retouch.fetch.addresses import is_public
from retouch.fetch.client import Fetcher, Reserve
from retouch.fetch.settings import FetchSettings

__all__ = ["FetchSettings", "Fetcher", "Reserve", "is_public"]
