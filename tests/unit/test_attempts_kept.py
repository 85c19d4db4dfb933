"""What an edit's calls are reckoned to have cost."""

from types import SimpleNamespace
from typing import Any

from retouch.domain.model import Route
from retouch.editing.record import attempts_kept
from retouch.routing.attempts import Attempt


def test_every_image_that_was_given_is_reckoned_and_no_other() -> None:
    """A call that broke off after two of three images costs two, and one that was refused nothing."""
    route = Route("engine", "model", cost=40_000)
    record = [
        Attempt(route, (0, 1, 2), 1.0, "engine: broke off", 2),
        Attempt(route, (2,), 1.0, "engine: 429", 0),
        Attempt(route, (2,), 1.0, None, 1),
    ]
    edit: Any = SimpleNamespace(attempts=SimpleNamespace(record=record))
    kept, cost = attempts_kept(edit)
    assert [attempt["cost"] for attempt in kept] == [80_000, 0, 40_000]
    assert cost == 120_000
