"""An edit as it was asked for, free of how it arrived."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from retouch.domain.picture import Buffer, Format, Size
from retouch.domain.resolution import Resolution


class Fit(StrEnum):
    """How a source is brought to a size of another aspect: cut to cover it, padded inside it, or stretched."""

    COVER = "cover"
    CONTAIN = "contain"
    STRETCH = "stretch"


class MaskSource(StrEnum):
    """Where the area to edit is read from: the rules (auto), the mask, the image's own alpha, or nowhere."""

    AUTO = "auto"
    MASK = "mask"
    ALPHA = "alpha"
    NONE = "none"


class Background(StrEnum):
    """What the caller wants behind the subject."""

    AUTO = "auto"
    TRANSPARENT = "transparent"
    OPAQUE = "opaque"


class Tier(StrEnum):
    """What a quality word comes to: each model maps it to something of its own."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


#: Every quality word that a documented client sends, and the tier it means (design.md, promise 6).
QUALITIES: dict[str, Tier] = {
    "low": Tier.LOW,
    "standard": Tier.MEDIUM,
    "medium": Tier.MEDIUM,
    "auto": Tier.MEDIUM,
    "high": Tier.HIGH,
    "hd": Tier.HIGH,
    "xhigh": Tier.HIGH,
    "max": Tier.HIGH,
}

#: Accepted on every model; a hint that has no effect is named in `retouch-ignored-hints`.
HINTS = ("quality", "input_fidelity", "moderation", "user", "safety_identifier")


@dataclass(frozen=True, slots=True)
class ImageInput:
    """One picture as it came: bytes, or an address that has yet to be read. `field` is what the caller called it."""

    field: str
    data: Buffer | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """What the caller asked for, after parsing and before any model's defaults.

    None means that the caller did not say. `resolution` and `aspect_ratio` stand in place of a `size`: `auto` is the
    best that model and account tier allow, `usual` what a caller gets who does not say. `deferred` is answered at once
    and made later. `sent` holds the canonical names of the fields that were sent with a value, so that a hint can be
    reported only to a caller who gave it.
    """

    prompt: str
    images: tuple[ImageInput, ...]
    mask: ImageInput | None = None
    model: str | None = None
    n: int = 1
    size: Size | Literal["auto"] | None = None
    resolution: Resolution | Literal["auto", "usual"] | None = None
    aspect_ratio: str | None = None
    quality: str | None = None
    response_format: Literal["url", "b64_json"] | None = None
    background: Background = Background.AUTO
    output_format: Format | None = None
    output_compression: int | None = None
    input_fidelity: Literal["low", "high"] | None = None
    moderation: Literal["auto", "low"] | None = None
    partial_images: int = 0
    stream: bool = False
    user: str | None = None
    safety_identifier: str | None = None
    seed: int | None = None
    mask_source: MaskSource = MaskSource.AUTO
    fit: Fit = Fit.COVER
    negative_prompt: str | None = None
    deferred: bool = False
    sent: frozenset[str] = frozenset()
