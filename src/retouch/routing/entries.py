"""A model's table in models.toml or retouch.toml: its keys, what they may be, and the Model that it means."""

import re
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from retouch.domain.edit import QUALITIES, Tier
from retouch.domain.model import (
    ASPECT_RATIOS,
    MICRO,
    RESOLUTION_FACTORS,
    AccountTier,
    Delivery,
    Limits,
    Model,
    Resolution,
    Route,
)
from retouch.domain.picture import Size

_SIZE = re.compile(r"[1-9]\d{0,4}x[1-9]\d{0,4}")
_RATIO = re.compile(r"[1-9]\d{0,3}:[1-9]\d{0,3}")
_READABLE = frozenset({"png", "jpeg", "webp", "gif", "bmp", "tiff", "heic", "avif"})


def _sizes(value: Any) -> tuple[Size, ...] | None:
    if value == "any":
        return None
    if not isinstance(value, list):
        raise ValueError('either "any" or a list of sizes such as "1024x1024"')
    return tuple(map(_size, value))


def _size(value: Any) -> Size:
    if not isinstance(value, str) or not _SIZE.fullmatch(value):
        raise ValueError(f"{value!r} is not a size such as 1024x1024")
    width, _, height = value.partition("x")
    return Size(int(width), int(height))


def _ratio(text: str) -> str:
    if text != "auto" and not _RATIO.fullmatch(text):
        raise ValueError(f"{text!r} is neither auto nor a ratio such as 16:9")
    return text


def _quality(text: str) -> str:
    if text not in QUALITIES:
        raise ValueError(f"{text!r} is none of {', '.join(QUALITIES)}")
    return text


def _format(text: str) -> str:
    if text not in _READABLE:
        raise ValueError(f"{text!r} is none of {', '.join(sorted(_READABLE))}")
    return text


_Ratio = Annotated[str, AfterValidator(_ratio)]
_Quality = Annotated[str, AfterValidator(_quality)]
_Format = Annotated[str, AfterValidator(_format)]
_Credits = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
_Factor = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
_Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Limits(_Strict):
    images: int = Field(16, ge=1)
    megabytes: float | None = Field(None, gt=0)
    prompt: int = Field(32_000, ge=1)
    n: int = Field(10, ge=1, le=16)
    formats: list[_Format] | None = None
    square: bool = False

    def limits(self) -> Limits:
        return Limits(
            images=self.images,
            bytes=None if self.megabytes is None else int(self.megabytes * 1_000_000),
            prompt=self.prompt,
            n=self.n,
            formats=None if self.formats is None else frozenset(self.formats),
            square=self.square,
        )


class _Route(_Strict):
    engine: _Name
    model: _Name
    cost: float = Field(0, ge=0, le=1000, allow_inf_nan=False)


class Entry(_Strict):
    """One table; its keys are documented in docs/reference/settings.md."""

    owned_by: str = "operator"
    summary: str = ""
    created: int = Field(0, ge=0)
    family: Literal["gpt", "dall-e", "other"] = "other"
    aliases: list[_Name] = []
    limits: _Limits = _Limits.model_construct()
    sizes: Annotated[Any, AfterValidator(_sizes)] = None
    default_size: Annotated[Any, AfterValidator(lambda value: None if value == "auto" else _size(value))] = None
    aspect_ratios: list[_Ratio] = list(ASPECT_RATIOS)
    resolutions: list[Resolution] = list(Resolution)
    qualities: list[_Quality] = ["standard", "hd", "low", "medium", "high"]
    tiers: list[AccountTier] = list(AccountTier)
    delivery: Delivery = "both"
    alpha_as_mask: bool = False
    price: _Credits = 0
    quality_prices: dict[Tier, _Credits] = {}
    resolution_factors: dict[Resolution, _Factor] = {}
    routes: list[_Route] = []

    @field_validator("default_size")
    @classmethod
    def _listed(cls, size: Size | None, info: ValidationInfo) -> Size | None:
        sizes: tuple[Size, ...] | None = info.data.get("sizes")
        if size is not None and sizes is not None and size not in sizes:
            raise ValueError(f"{size} is none of the model's sizes: {', '.join(map(str, sizes))}")
        return size

    def model(self, id_: str) -> Model:
        """The model of this id."""
        factors = {resolution: Fraction(str(factor)) for resolution, factor in self.resolution_factors.items()}
        return Model(
            id=id_,
            owned_by=self.owned_by,
            summary=self.summary,
            created=self.created,
            family=self.family,
            aliases=tuple(self.aliases),
            limits=self.limits.limits(),
            sizes=self.sizes,
            default_size=self.default_size,
            aspect_ratios=tuple(self.aspect_ratios),
            resolutions=tuple(self.resolutions),
            qualities=tuple(self.qualities),
            tiers=tuple(self.tiers),
            delivery=self.delivery,
            alpha_as_mask=self.alpha_as_mask,
            price=round(self.price * MICRO),
            quality_prices={tier: round(price * MICRO) for tier, price in self.quality_prices.items()},
            resolution_factors={**RESOLUTION_FACTORS, **factors},
            routes=tuple(Route(route.engine, route.model, round(route.cost * MICRO)) for route in self.routes),
        )
