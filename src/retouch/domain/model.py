"""A model: a public promise, and the routes that keep it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Literal

from retouch.domain.edit import Tier
from retouch.domain.picture import Size
from retouch.domain.resolution import ASPECT_RATIOS, AccountTier, Resolution

__all__ = [
    "ASPECT_RATIOS",
    "MICRO",
    "RESOLUTION_FACTORS",
    "AccountTier",
    "Delivery",
    "Limits",
    "Model",
    "Resolution",
    "Route",
]

Delivery = Literal["url", "b64_json", "both"]

#: Amounts are whole numbers of millionths of a credit.
MICRO = 1_000_000


#: What an image's price is multiplied by (design.md, Money in numbers).
RESOLUTION_FACTORS: Mapping[Resolution, Fraction] = {
    Resolution.P640: Fraction(1),
    Resolution.K1: Fraction(1),
    Resolution.K2: Fraction(3, 2),
    Resolution.K4: Fraction(2),
}


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
    """A way to keep a model's promise: an engine, and the engine's own name for the model.

    `cost` is what its provider is reckoned to ask for one image, in millionths of a dollar.
    """

    engine: str
    model: str
    cost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model as GET /v1/models lists it and as every request is held to.

    `sizes` None is any size; `default_size` None is `auto`. `aspect_ratios` and `resolutions` are those that may be
    asked for in place of a size; none where the contract knows sizes alone. `qualities` are the words that the
    contract documents; every model takes all of them. `tiers` are the accounts that may use it. `delivery` is what a
    caller gets who asks for neither url nor b64_json. `alpha_as_mask`: without a mask the first image's own fully
    transparent pixels are the area to edit. `family` groups contracts: parameters that only GPT image models know
    select `gpt` when no model is named. `price` is in micro-credits per image, `quality_prices` replaces it by tier,
    and `resolution_factors` multiplies it.
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
    aspect_ratios: tuple[str, ...] = ASPECT_RATIOS
    resolutions: tuple[Resolution, ...] = tuple(Resolution)
    qualities: tuple[str, ...] = ()
    tiers: tuple[AccountTier, ...] = tuple(AccountTier)
    delivery: Delivery = "both"
    alpha_as_mask: bool = False
    price: int = 0
    quality_prices: Mapping[Tier, int] = field(default_factory=dict)
    resolution_factors: Mapping[Resolution, Fraction] = field(default_factory=lambda: RESOLUTION_FACTORS)
    routes: tuple[Route, ...] = ()

    def price_of(self, tier: Tier, resolution: Resolution | None = None) -> int:
        """Micro-credits for one image: whole credits, rounded up. Without a resolution its factor is 1."""
        base = self.quality_prices.get(tier, self.price)
        factor = Fraction(1) if resolution is None else self.resolution_factors[resolution]
        return ceil(base * factor / MICRO) * MICRO
