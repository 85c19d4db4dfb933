"""What this process knows of each route: its places and its circuit."""

from collections.abc import Callable, Iterator

from retouch.domain.model import Route
from retouch.routing.circuit import Circuit
from retouch.routing.slots import Slots


class Health:
    """Slots and circuits by route, made when a route is first used."""

    def __init__(self, slots: Callable[[Route], Slots]) -> None:
        self._slots = slots
        self._routes: dict[Route, tuple[Slots, Circuit]] = {}

    def of(self, route: Route) -> tuple[Slots, Circuit]:
        """The places and the circuit of a route."""
        if route not in self._routes:
            self._routes[route] = (self._slots(route), Circuit())
        return self._routes[route]

    def __iter__(self) -> Iterator[tuple[Route, Circuit]]:
        return iter((route, circuit) for route, (_, circuit) in self._routes.items())
