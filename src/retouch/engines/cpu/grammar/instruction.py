"""What a prompt was understood to say."""

from dataclasses import dataclass

from retouch.engines.cpu.steps import Step


@dataclass(frozen=True, slots=True)
class Instruction:
    """A prompt, understood.

    reads_image_alpha: the image's own transparent pixels are the area to edit where no mask is given.
    reshapes: the result has another shape than the source. varied: another seed gives another result.
    slow: worth a coarse preview. notes: sentences for the caller.
    """

    steps: tuple[Step, ...]

    @property
    def reads_image_alpha(self) -> bool:
        return any(step.reads_alpha for step in self.steps)

    @property
    def reshapes(self) -> bool:
        return any(step.reshapes for step in self.steps)

    @property
    def varied(self) -> bool:
        return any(step.varied for step in self.steps)

    @property
    def slow(self) -> bool:
        return any(step.slow for step in self.steps)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(step.note for step in self.steps if step.note))

    @property
    def labels(self) -> tuple[str, ...]:
        """The steps by name, in order."""
        return tuple(step.label for step in self.steps)
