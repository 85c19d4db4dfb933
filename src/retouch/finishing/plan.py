"""What a finished picture must hold."""

from dataclasses import dataclass

from retouch.domain.edit import Background, Fit
from retouch.domain.engine import MaskKind
from retouch.domain.picture import Format, Size
from retouch.pixels import Grey, Pixels, size_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What must hold of a result, whatever the engine made.

    size: exact size; None keeps what the engine made (or the source's, under a mask).
    fit: how a picture of another aspect is brought to it.
    compression: 0 to 100, see `pixels.encode`.
    kind, weights, source: the area to edit, and the framed source that is kept outside it; both arrays of one size
    (see `prepare`). Without weights the whole picture is the engine's.
    passthrough: hand the engine's bytes on undecoded if they are of this format and size and nothing has to change.
    """

    format: Format
    compression: int = 100
    size: Size | None = None
    fit: Fit = Fit.COVER
    background: Background = Background.AUTO
    kind: MaskKind = MaskKind.NONE
    weights: Grey | None = None
    source: Pixels | None = None
    passthrough: bool = False

    @property
    def target(self) -> Size | None:
        """The exact size to reach, or None where the engine's own will do."""
        return size_of(self.source) if self.size is None and self.source is not None else self.size


@dataclass(frozen=True, slots=True)
class Finished:
    """An encoded result. `background` is "opaque" or "transparent": whether any pixel may be less than opaque."""

    data: bytes
    format: Format
    size: Size
    background: str
