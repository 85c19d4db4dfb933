"""What an operator reads when the embedded PostgreSQL cannot be had."""


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL cannot be started or stopped; the message says why and what to do."""
