"""The steps that put several pictures together, and where each picture comes to lie. Standard library only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from retouch.engines.cpu.steps import LARGEST, Colour, Span, Step

#: As many pictures as one edit may have on any model.
MOST = 16
#: Width to height of a collage of many pictures, roughly.
_COLLAGE_ASPECT = 4 / 3


class Layout(StrEnum):
    """How pictures lie beside each other."""

    ROW = "row"
    COLUMN = "column"
    GRID = "grid"
    COLLAGE = "collage"


@dataclass(frozen=True, slots=True)
class Box:
    """Where a picture lies and how large it is made, pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of the whole, and the box of each picture in order. `reduced`: made smaller than it would be, because
    the whole would pass LARGEST."""

    size: Span
    boxes: tuple[Box, ...]
    reduced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Step):
    """A step that takes several pictures."""

    @property
    def takes(self) -> tuple[int, int]:
        """How many pictures, at least and at most."""
        return 2, MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrange(Join):
    """Pictures beside each other, each whole and unstretched, `gap` apart.

    `order` names the pictures from left to right or top to bottom, where that is not the order they were sent in.
    `columns` and `rows` shape a grid; None follows from the number of pictures. The gap is a share of the row's
    height (the column's width, the cell's shorter side), unless `gap_pixels` is given. `colour` fills gaps and what a
    picture leaves empty of its cell; None is transparent.
    """

    name: ClassVar[str] = "arrange"
    reshapes: ClassVar[bool] = True
    layout: Layout
    order: tuple[int, ...] | None = None
    columns: int | None = None
    rows: int | None = None
    gap: float = 0.0
    gap_pixels: int | None = None
    colour: Colour | None = (255, 255, 255)

    @property
    def label(self) -> str:
        return self.layout.value

    @property
    def takes(self) -> tuple[int, int]:
        if self.order is not None:
            return len(self.order), len(self.order)
        return 2, min(MOST, self.columns * self.rows) if self.columns and self.rows else MOST

    def plan(self, sizes: Sequence[Span]) -> Plan:
        """Where pictures of these sizes, in `order`, lie: the one sent first keeps its size and the others are brought
        to it; only where the whole would have more than LARGEST pixels all of it is reduced."""
        whole = self._placed(sizes, 1.0)
        factor, reduced = 1.0, whole
        while reduced.size[0] * reduced.size[1] > LARGEST:
            factor *= min(0.99, math.sqrt(LARGEST / (reduced.size[0] * reduced.size[1])))
            reduced = self._placed(sizes, factor)
        return replace(reduced, reduced=reduced is not whole)

    def _placed(self, sizes: Sequence[Span], factor: float) -> Plan:
        match self.layout:
            case Layout.ROW:
                return self._row(sizes, factor)
            case Layout.COLUMN:
                return _turned(self._row([(height, width) for width, height in sizes], factor))
            case Layout.COLLAGE:
                return self._collage(sizes, factor)
            case Layout.GRID:
                return self._grid(sizes, factor)

    def _gap(self, length: float) -> int:
        return self.gap_pixels if self.gap_pixels is not None else round(self.gap * length)

    def _row(self, sizes: Sequence[Span], factor: float) -> Plan:
        """All as high as the image that was sent first, wherever it stands."""
        lead = self.order.index(0) if self.order else 0
        tall = max(1, round(factor * sizes[lead][1]))
        gap, left = self._gap(tall), 0
        boxes: list[Box] = []
        for width, height in sizes:
            boxes.append(Box(left, 0, max(1, round(width * tall / height)), tall))
            left += boxes[-1].width + gap
        return Plan((left - gap, tall), tuple(boxes))

    def _collage(self, sizes: Sequence[Span], factor: float) -> Plan:
        """Rows of whole pictures, every row as wide as the others to the pixel."""
        counts = collage_rows([width / height for width, height in sizes])
        rows = [sizes[sum(counts[:row]) :][:count] for row, count in enumerate(counts)]
        aspects = [[width / height for width, height in row] for row in rows]
        wide = factor * sizes[0][1] * sum(aspects[0])
        gap = self._gap(wide / max(map(sum, aspects)))
        most = max(counts)
        across, top = max(most, round(wide)) + gap * (most - 1), 0
        boxes: list[Box] = []
        for shape in aspects:
            room = across - gap * (len(shape) - 1)
            tall = max(1, round(room / sum(shape)))
            ends = _shares(shape, room)
            for index, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
                boxes.append(Box(start + index * gap, top, end - start, tall))
            top += tall + gap
        return Plan((across, top - gap), tuple(boxes))

    def _grid(self, sizes: Sequence[Span], factor: float) -> Plan:
        """Cells of the first picture's size, each picture whole in the middle of its cell."""
        cell = max(1, round(factor * sizes[0][0])), max(1, round(factor * sizes[0][1]))
        columns, rows = self.cells(len(sizes))
        gap = self._gap(min(cell))
        boxes: list[Box] = []
        for index, (width, height) in enumerate(sizes):
            scale = min(cell[0] / width, cell[1] / height)
            made = max(1, min(cell[0], round(width * scale))), max(1, min(cell[1], round(height * scale)))
            left, top = (index % columns) * (cell[0] + gap), (index // columns) * (cell[1] + gap)
            boxes.append(Box(left + (cell[0] - made[0]) // 2, top + (cell[1] - made[1]) // 2, *made))
        size = columns * cell[0] + (columns - 1) * gap, rows * cell[1] + (rows - 1) * gap
        return Plan(size, tuple(boxes))

    def cells(self, count: int) -> Span:
        """Columns and rows of a grid of so many pictures."""
        if self.columns:
            return self.columns, self.rows or math.ceil(count / self.columns)
        if self.rows:
            return math.ceil(count / self.rows), self.rows
        columns = math.ceil(math.sqrt(count))
        return columns, math.ceil(count / columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay(Join):
    """The second picture on the first.

    In its own size, reduced where it would not fit, or `share` of the first picture's width, or `scale` times its own
    size. `position` is a (column, row) of a 3 x 3 grid. With a marked area it is fitted into that area's box.
    """

    name: ClassVar[str] = "overlay"
    position: tuple[int, int] = (1, 1)
    share: float | None = None
    scale: float = 1.0
    opacity: float = 1.0

    @property
    def takes(self) -> tuple[int, int]:
        return 2, 2

    def box(self, room: Box, size: Span, *, fill: bool) -> Box:
        """Where a picture of this size lies in the room that there is; `fill`: as large as the room lets it."""
        width, height = size
        fits = min(room.width / width, room.height / height)
        wanted = fits if fill else self.scale if self.share is None else self.share * room.width / width
        scale = min(wanted, fits)
        made = max(1, round(width * scale)), max(1, round(height * scale))
        margin = 0 if fill else round(0.03 * min(room.width, room.height))
        left = _beside(self.position[0], room.width, made[0], margin)
        top = _beside(self.position[1], room.height, made[1], margin)
        return Box(room.left + left, room.top + top, *made)


def _beside(third: int, room: int, length: int, margin: int) -> int:
    """The offset of a length at the start, in the middle or at the end of a room."""
    free = room - length
    return (min(margin, free // 2), free // 2, free - min(margin, free // 2))[third]


def _turned(plan: Plan) -> Plan:
    boxes = tuple(Box(box.top, box.left, box.height, box.width) for box in plan.boxes)
    return Plan((plan.size[1], plan.size[0]), boxes)


def _shares(parts: Sequence[float], room: int) -> list[int]:
    """Where each part ends when a room is shared out in proportion: whole pixels, at least one, that add up."""
    free, whole = room - len(parts), sum(parts)
    return [index + 1 + round(free * sum(parts[: index + 1]) / whole) for index in range(len(parts))]


def collage_rows(aspects: Sequence[float]) -> list[int]:
    """How many pictures each row of a collage has, in order: rows of equal width that come near _COLLAGE_ASPECT."""

    def aspect(counts: Sequence[int]) -> float:
        at, tall = 0, 0.0
        for count in counts:
            tall += 1 / sum(aspects[at : at + count])
            at += count
        return 1 / tall

    choices = [_even_rows(aspects, rows) for rows in range(1, len(aspects) + 1)]
    return min(choices, key=lambda counts: abs(math.log(aspect(counts) / _COLLAGE_ASPECT)))


def _even_rows(aspects: Sequence[float], rows: int) -> list[int]:
    """So many rows of pictures in order, of aspects that differ as little as can be: how many each has."""
    goal = sum(aspects) / rows
    best: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
    for _ in range(rows):
        ways = [
            (end, cost + (sum(aspects[start:end]) - goal) ** 2, [*counts, end - start])
            for start, (cost, counts) in best.items()
            for end in range(start + 1, len(aspects) + 1)
        ]
        best = {}
        for end, cost, counts in ways:
            best[end] = min(best.get(end, (cost, counts)), (cost, counts))
    return best[len(aspects)][1]
