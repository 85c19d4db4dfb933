"""The two ways in which fal's endpoints are asked for a size."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Protocol

from retouch.domain.picture import Size
from retouch.engines.upstream import Shapes


class Sizing(Protocol):
    """How a size is asked for."""

    @property
    def sizes(self) -> tuple[Size, ...] | None:
        """Those that are drawn, or None where a rule says."""
        ...

    def fits(self, size: Size) -> Size:
        """The size that is drawn when this one is asked for."""
        ...

    def fields(self, size: Size) -> dict[str, object]:
        """The input fields that ask for it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeSize:
    """`image_size` {width, height}: any size under a rule.

    area: least and most pixels in all. longest: pixels along an edge. step: both edges are multiples of it, and so
    must `longest` be. ratio: most of long to short; small enough that `longest` leaves room for the least area.
    """

    area: tuple[int, int]
    longest: int
    ratio: int
    step: int = 1

    @property
    def sizes(self) -> None:
        """Too many to list."""
        return None

    def fits(self, size: Size) -> Size:
        """The smallest allowed size that covers this one; scaled first where it is too small or too large."""
        least, most = self.area
        width, height = float(size.width), float(size.height)
        width, height = max(width, height / self.ratio), max(height, width / self.ratio)
        scale = max(1.0, sqrt(least / (width * height)))
        scale = min(scale, self.longest / max(width, height), sqrt(most / (width * height)))
        # Less a hair, so that 4096.0000000001 stays 4096.
        edges = [ceil(edge * scale / self.step - 1e-9) * self.step for edge in (width, height)]
        if edges[0] * edges[1] > most:
            edges = [floor(edge * scale / self.step) * self.step for edge in (width, height)]
        return Size(*edges)

    def fields(self, size: Size) -> dict[str, object]:
        """Width and height."""
        fitting = self.fits(size)
        return {"image_size": {"width": fitting.width, "height": fitting.height}}


class RatioSize:
    """`aspect_ratio`, and `resolution` where the model has tiers."""

    def __init__(self, ratios: Mapping[str, Size], tiers: Mapping[str | None, float] | None = None) -> None:
        self._shapes = Shapes(ratios, tiers)

    @property
    def sizes(self) -> tuple[Size, ...]:
        """Each ratio in each tier."""
        return self._shapes.sizes

    def fits(self, size: Size) -> Size:
        """The native size that serves this one best."""
        return self._shapes.nearest(size)

    def fields(self, size: Size) -> dict[str, object]:
        """The ratio and the tier."""
        spelling = self._shapes.spell(size)
        tier = {} if spelling.tier is None else {"resolution": spelling.tier}
        return {"aspect_ratio": spelling.ratio, **tier}
