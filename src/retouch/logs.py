"""The log: one line for each request and for whatever needs an eye, to standard error."""

import logging
import sys

_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def start_logging() -> None:
    """Have this process log. Every process of ours that serves or works calls it; it changes no log that is set up."""
    if logging.getLogger().handlers:
        return
    logging.basicConfig(level=logging.INFO, format=_LINE, stream=sys.stderr)
    # What no line shows is not found out for each (docs.python.org, Logging HOWTO, "Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
