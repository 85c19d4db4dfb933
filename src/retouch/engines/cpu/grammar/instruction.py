"""What a prompt was understood to say."""

from collections.abc import Sequence
from dataclasses import dataclass

from retouch.engines.cpu.joins import Arrange, Join
from retouch.engines.cpu.steps import Span, Step


@dataclass(frozen=True, slots=True)
class Instruction:
    """A prompt, understood.

    reads_image_alpha: the image's own transparent pixels are the area to edit where no mask is given. Never beside a
    change of shape, which no area can limit: transparency is then filled or kept as the steps say, one by one.
    reshapes: the result has another shape than the source. varied: another seed gives another result.
    slow: worth a coarse preview. notes: sentences for the caller. join: the step that puts several images together;
    what stands before it is done to each of them. takes: how many images, at least and at most.
    """

    steps: tuple[Step, ...]

    @property
    def reads_image_alpha(self) -> bool:
        return any(step.reads_alpha for step in self.steps) and not self.reshapes

    @property
    def reshapes(self) -> bool:
        return any(step.reshapes for step in self.steps)

    @property
    def varied(self) -> bool:
        return any(step.varied for step in self.steps)

    @property
    def slow(self) -> bool:
        # A preview is made of the images once they are together; what is done to each before is done in full.
        return any(step.slow for step in self.steps[self.steps.index(self.join) if self.join else 0 :])

    @property
    def join(self) -> Join | None:
        return next((step for step in self.steps if isinstance(step, Join)), None)

    @property
    def takes(self) -> tuple[int, int]:
        return (1, 1) if self.join is None else self.join.takes

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(step.note for step in self.steps if step.note))

    def notes_on(self, sizes: Sequence[Span]) -> tuple[str, ...]:
        """The notes for images of these sizes, (width, height) in pixels."""
        join = self.join
        if not isinstance(join, Arrange) or not join.takes[0] <= len(sizes) <= join.takes[1]:
            return self.notes
        for step in self.steps[: self.steps.index(join)]:
            sizes = [step.size_after(size) for size in sizes]
        sizes = [sizes[index] for index in join.order or range(len(sizes))]
        reduced = ("the images were reduced to fit into 40 megapixels",) if join.plan(sizes).reduced else ()
        return self.notes + reduced

    @property
    def labels(self) -> tuple[str, ...]:
        """The steps by name, in order."""
        return tuple(step.label for step in self.steps)
