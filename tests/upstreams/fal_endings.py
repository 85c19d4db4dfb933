"""How a job in the stand-in for fal's queue ends."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Ending:
    """How a job ends. status and body: an error for a result. told: what the last status says besides.

    black: results that the safety checker blackened. images, size: so many, so large. urls: where results lie.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    black: frozenset[int] = frozenset()
    images: int | None = None
    size: tuple[int, int] | None = None
    urls: tuple[str, ...] | None = None


def model_error(kind: str, message: str = "It failed.", status: int = 422) -> Ending:
    """A job whose model refused or failed: COMPLETED, and an error for a result."""
    detail = [{"loc": ["body", "prompt"], "msg": message, "type": kind, "url": "https://docs.example/errors"}]
    return Ending(status, {"detail": detail}, {"x-fal-error-type": kind}, {"error": message, "error_type": kind})


def request_error(kind: str, status: int = 504) -> Ending:
    """A job that the platform gave up."""
    told = {"error": "gave up", "error_type": kind}
    return Ending(status, {"detail": "gave up", "error_type": kind}, {}, told)
