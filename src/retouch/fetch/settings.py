"""What may be fetched, how much of it, and for how long."""

from dataclasses import dataclass, field

from retouch.domain.units import MB


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """Defaults as design.md, Safety. Sizes are bytes, times seconds.

    `allow_hosts` opens named hosts even where they are private: `host` on any port, `host:port` on one. `ports` binds
    every other host. `seconds` is for one picture, redirects included; `at_once` counts fetches of the process.
    """

    enabled: bool = True
    allow_hosts: tuple[str, ...] = ()
    ports: frozenset[int] = field(default_factory=lambda: frozenset({80, 443}))
    max_bytes: int = 50 * MB
    seconds: float = 20.0
    redirects: int = 3
    at_once: int = 32

    def opens(self, host: str, port: int) -> bool:
        """Whether the operator named this host."""
        plain = host.lower().rstrip(".")
        named = {entry.lower() for entry in self.allow_hosts}
        bracketed = f"[{plain}]" if ":" in plain else plain
        return bool(named & {plain, bracketed, f"{bracketed}:{port}"})
