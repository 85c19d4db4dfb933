"""What an edit consists of: one frozen class per kind of step, standard library only.

The grammar makes them, `operations/` performs them, and the engine reads their class facts (does it change the
size, does a seed matter, is it slow) before anything is charged.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

Colour = tuple[int, int, int]
Span = tuple[int, int]

#: The largest result, pixels: what the server accepts as an input, it also gives.
LARGEST = 40_000_000

#: How far beyond one side the canvas may grow, as a share of that side's length: further is not believable.
EXTEND_LIMIT = 0.25


class Area(StrEnum):
    """Where a step acts: the marked area (or the whole image where none is marked), or a part found by itself."""

    MARKED = "marked"
    BACKGROUND = "background"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A kind of edit.

    reshapes: it changes the size. varied: a seed gives another result. slow: worth a coarse preview.
    reads_alpha: the image's own transparent pixels are the area to fill. local: it means nothing without an area.
    """

    name: ClassVar[str] = ""
    reshapes: ClassVar[bool] = False
    varied: ClassVar[bool] = False
    slow: ClassVar[bool] = False
    reads_alpha: ClassVar[bool] = False
    local: ClassVar[bool] = False

    area: Area = Area.MARKED

    @property
    def label(self) -> str:
        """The step's name, with a sign where it has a direction."""
        return self.name

    @property
    def note(self) -> str | None:
        """A sentence that the caller should read with the result."""
        return None

    def size_after(self, size: Span) -> Span:
        """Width and height of the result for a source of this width and height, pixels."""
        return size


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone(Step):
    """More or less of a quality; `amount` is -1 (none left) to 3, where 0.25 is an ordinary change."""

    quality: str
    amount: float

    @property
    def label(self) -> str:
        return f"{self.quality}{'+' if self.amount > 0 else '-'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hue(Step):
    """Turn every hue by so many degrees."""

    name: ClassVar[str] = "hue"
    degrees: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Style(Step):
    """A look with no settings of its own (`operations/styles.py` lists them); `strength` 1 is the ordinary one."""

    style: str
    strength: float = 1.0

    @property
    def label(self) -> str:
        return self.style


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowStyle(Style):
    """A painterly look that takes long enough to preview."""

    slow: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Duotone(Step):
    """Shadows in one colour, lights in another."""

    name: ClassVar[str] = "duotone"
    dark: Colour
    light: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterize(Step):
    """Few steps per channel."""

    name: ClassVar[str] = "posterize"
    levels: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourWash(Step):
    """A tint of one colour over everything."""

    name: ClassVar[str] = "wash"
    colour: Colour
    strength: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Vignette(Step):
    """Darker (or, below 0, lighter) corners."""

    name: ClassVar[str] = "vignette"
    strength: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Grain(Step):
    """Film grain."""

    name: ClassVar[str] = "grain"
    varied: ClassVar[bool] = True
    strength: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality(Step):
    """A correction that measures the picture first: `auto`, `wb`."""

    kind: str

    @property
    def label(self) -> str:
        return self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharpen(Step):
    """Crisper edges."""

    name: ClassVar[str] = "sharpen"
    strength: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Denoise(Step):
    """Less noise."""

    name: ClassVar[str] = "denoise"
    slow: ClassVar[bool] = True
    strength: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Blur(Step):
    """A Gaussian blur; strong enough to hide what is there when it is `hiding` an object."""

    name: ClassVar[str] = "blur"
    strength: float = 0.5
    hiding: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixelate(Step):
    """Large square blocks, no smaller than hides a face."""

    name: ClassVar[str] = "pixelate"
    strength: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint(Step):
    """One flat colour over the marked area."""

    name: ClassVar[str] = "paint"
    local: ClassVar[bool] = True
    colour: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Recolour(Step):
    """Another colour with the texture kept."""

    name: ClassVar[str] = "recolor"
    local: ClassVar[bool] = True
    colour: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundRemove(Step):
    """A transparent background."""

    name: ClassVar[str] = "bg_remove"
    area: Area = Area.BACKGROUND


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundColour(Step):
    """A background of one colour."""

    name: ClassVar[str] = "bg_color"
    area: Area = Area.BACKGROUND
    colour: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundBlur(Step):
    """A background out of focus."""

    name: ClassVar[str] = "bg_blur"
    area: Area = Area.BACKGROUND
    strength: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove(Step):
    """Fill the marked area with its surroundings, so that what stood there is gone."""

    name: ClassVar[str] = "remove"
    varied: ClassVar[bool] = True
    slow: ClassVar[bool] = True
    reads_alpha: ClassVar[bool] = True
    local: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill(Remove):
    """Fill the marked area, in which nothing stands."""

    name: ClassVar[str] = "fill"


@dataclass(frozen=True, slots=True, kw_only=True)
class FillTransparent(Remove):
    """Fill what is transparent (or marked): outpainting on a canvas that the caller has made."""

    name: ClassVar[str] = "outpaint"
    local: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Extend(Step):
    """A larger canvas, its new parts drawn; sides are shares of the image's own length, or pixels.

    plain: said by `outpaint` or `uncrop` alone, which means the picture's own transparent area where it has one.
    """

    name: ClassVar[str] = "outpaint"
    reshapes: ClassVar[bool] = True
    varied: ClassVar[bool] = True
    slow: ClassVar[bool] = True

    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    unit: Literal["share", "px"] = "share"
    plain: bool = False

    def margins(self, size: Span) -> tuple[int, int, int, int]:
        """Left, right, top, bottom in pixels for a source of this width and height."""
        width, height = size
        across, down = (1, 1) if self.unit == "px" else (width, height)
        return (
            round(self.left * across),
            round(self.right * across),
            round(self.top * down),
            round(self.bottom * down),
        )

    def size_after(self, size: Span) -> Span:
        left, right, top, bottom = self.margins(size)
        return size[0] + left + right, size[1] + top + bottom

    @property
    def note(self) -> str | None:
        return "the new margins are drawn from the image's own texture; nothing new is invented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Step):
    """Words on the picture. `position` is a (column, row) of a 3 x 3 grid, `scale` 1 is the ordinary size."""

    name: ClassVar[str] = "text"
    words: str
    position: tuple[int, int] = (1, 2)
    colour: Colour | None = None
    scale: float = 1.0
    pixels: int | None = None
    bold: bool = False
    opacity: float = 1.0
