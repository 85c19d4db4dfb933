"""What providers' queues have taken on for an edit, so that another process can wait for it and nobody asks twice."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from retouch.domain.engine import Job, Submitted
from retouch.domain.model import Route


@dataclass(frozen=True, slots=True)
class KeptJob:
    """A call under way at a provider: the route, the numbers of its images, and what finds it again there."""

    engine: str
    model: str
    images: tuple[int, ...]
    job: Mapping[str, str]


Keep = Callable[[KeptJob], Awaitable[None]]


class Jobs:
    """The jobs of one edit: those that an earlier process left, and where those to come are kept."""

    def __init__(self, earlier: Sequence[KeptJob] = (), keep: Keep | None = None) -> None:
        """Of several `earlier` ones for the same images the last counts. Without `keep` none is kept."""
        self._keep = keep
        self._earlier = {job.images: job for job in earlier}

    def groups(self, images: Sequence[int]) -> list[tuple[int, ...]]:
        """What was asked for already and holds some of these images, and maybe others."""
        wanted, found = set(images), []
        for group in reversed(self._earlier):
            if wanted.intersection(group):
                wanted.difference_update(group)
                found.append(group)
        return found

    def waits_at(self, route: Route, images: tuple[int, ...]) -> bool:
        """Whether these images were asked for at that route already."""
        found = self._earlier.get(images)
        return found is not None and (found.engine, found.model) == (route.engine, route.model)

    def take(self, route: Route, images: tuple[int, ...]) -> Job | None:
        """What finds these images at that route, once."""
        return self._earlier.pop(images).job if self.waits_at(route, images) else None

    def keeper(self, route: Route, images: tuple[int, ...]) -> Submitted | None:
        """What keeps the job of a call."""
        keep = self._keep
        if keep is None:
            return None

        async def submitted(job: Job) -> None:
            await keep(KeptJob(route.engine, route.model, images, job))

        return submitted
