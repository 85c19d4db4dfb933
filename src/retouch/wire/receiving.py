"""uvicorn's HTTP protocol, which here hands a body on in the pieces that it came in.

uvicorn gathers what has come until somebody asks for it, and copies it twice on the way. While nothing waits to be
asked for, a piece can be taken as it is. Made for uvicorn 0.54 (pyproject.toml holds it to that).
"""

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Receiving(HttpToolsProtocol):
    """Of uvicorn's `on_body`, the case that counts: the first piece since the application asked for one."""

    def on_body(self, body: bytes) -> None:
        """Called by httptools with bytes of its own."""
        if self.parser.should_upgrade():  # there may be no cycle at all
            super().on_body(body)
            return
        cycle = self.cycle
        if cycle.body or cycle.response_complete:
            if isinstance(cycle.body, bytes):
                cycle.body = bytearray(cycle.body)  # more comes before it is asked for, perhaps byte by byte
            super().on_body(body)
            return
        # `receive` makes bytes of it, which bytes are already.
        cycle.body = body  # type: ignore[assignment]
        if len(body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()
