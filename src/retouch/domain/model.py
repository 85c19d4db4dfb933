"""A model: a public promise, and the routes that keep it."""

from dataclasses import dataclass, field
from typing import Literal

from retouch.domain.edit import Tier
from retouch.domain.picture import Size

Delivery = Literal["url", "b64_json", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a model's contract accepts. None is no limit beyond the server's own.

    `square` and `formats` bind every input image; `bytes` is per image; `prompt` counts characters.
    """

    images: int = 16
    bytes: int | None = None
    prompt: int = 32_000
    n: int = 10
    formats: frozenset[str] | None = None
    square: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """A way to keep a model's promise: an engine, and the engine's own name for the model."""

    engine: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model as GET /v1/models lists it and as every request is held to.

    `sizes` None is any size; `default_size` None is `auto`. `delivery` is what a caller gets who asks for neither
    url nor b64_json. `alpha_as_mask`: without a mask the first image's own fully transparent pixels are the area
    to edit. `family` groups contracts: parameters that only GPT image models know select `gpt` when no model is
    named. `price` is in micro-credits per image, `quality_prices` replaces it by tier.
    """

    id: str
    owned_by: str
    summary: str
    created: int = 0
    family: Literal["gpt", "dall-e", "other"] = "other"
    aliases: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    sizes: tuple[Size, ...] | None = None
    default_size: Size | None = None
    delivery: Delivery = "both"
    alpha_as_mask: bool = False
    price: int = 0
    quality_prices: dict[Tier, int] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()

    def price_of(self, tier: Tier) -> int:
        """Micro-credits for one image at this quality tier."""
        return self.quality_prices.get(tier, self.price)
