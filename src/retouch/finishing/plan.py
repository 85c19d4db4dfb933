"""What a finished picture must hold."""

from dataclasses import dataclass

from retouch.domain.edit import Background, Fit
from retouch.domain.picture import Buffer, Format, Size
from retouch.finishing.prepare import Kept, Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What must hold of a result, whatever the engine made.

    size: exact size; None keeps what the engine made (or the source's, under a mask).
    fit: how a picture of another aspect is brought to it.
    compression: 0 to 100, see `pixels.encode`.
    prepared: what the engine was sent, and with it the source that is kept outside the area to edit. None, or
    prepared without an area: the whole picture is the engine's.
    passthrough: hand the engine's bytes on undecoded if they are of this format and size and nothing has to change.
    """

    format: Format
    compression: int = 100
    size: Size | None = None
    fit: Fit = Fit.COVER
    background: Background = Background.AUTO
    prepared: Prepared | None = None
    passthrough: bool = False

    @property
    def target(self) -> Size | None:
        """The exact size to reach, or None where the engine's own will do."""
        return self.kept.size if self.size is None and self.kept is not None else self.size

    @property
    def kept(self) -> Kept | None:
        """What is to be kept of the source, or None where the whole picture is the engine's."""
        return None if self.prepared is None else self.prepared.kept


@dataclass(frozen=True, slots=True)
class Finished:
    """An encoded result. `background` is "opaque" or "transparent": whether any pixel may be less than opaque.

    `base64` is the same as base64, where the engine had it so and nothing had to change; `data` may then be empty, in a
    preview and once the file is kept elsewhere.
    """

    data: bytes
    format: Format
    size: Size
    background: str
    base64: tuple[Buffer, ...] | None = None
