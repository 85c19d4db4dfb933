"""Pictures from addresses that callers name, and messages to them: never the callers' way into our network."""

from retouch.fetch.addresses import is_public
from retouch.fetch.client import Fetcher, OwnFiles, Reserve
from retouch.fetch.sender import Sender, Sent, check_address
from retouch.fetch.settings import FetchSettings

__all__ = ["FetchSettings", "Fetcher", "OwnFiles", "Reserve", "Sender", "Sent", "check_address", "is_public"]
