"""What an edit's calls are reckoned to have cost."""

from types import SimpleNamespace
from typing import Any

from retouch.domain.ledger import ENDED, LEFT
from retouch.domain.model import Route
from retouch.editing.record import attempts_kept, left_behind
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


def test_what_is_under_way_when_a_process_ends_has_a_cost_that_nobody_knows() -> None:
    """So has what was stopped because it ends; what was made and refused before is known."""
    route = Route("engine", "model", cost=40_000)
    record = [Attempt(route, (0,), 1.0, None, 1), Attempt(route, (1,), 1.0, LEFT, 0)]
    under_way = [Attempt(route, (2,), 0.5, LEFT, 0)]
    edit: Any = SimpleNamespace(attempts=SimpleNamespace(record=record, under_way=lambda: under_way))
    kept = left_behind(edit)
    assert [attempt["cost"] for attempt in kept] == [40_000, None, None]
    assert [attempt["cause"] for attempt in kept] == [None, ENDED, ENDED]
    assert kept[2]["seconds"] == 0.5
