"""Endpoints of fal that the operator describes in retouch.toml, beside those of `endpoints.ENDPOINTS`.

    [engines.fal.endpoints."fal-ai/some-model/edit"]
    images = 4                            # how many it reads; `single = true` where as `image_url`, not `image_urls`
    results = 4                           # the most of `num_images`
    mask = "white"                        # or "white and clear"; needs_mask = true where it does nothing without
    seed = true
    negative_prompt = true
    quality = { low = "draft", high = "best" }
    always = { output_format = "png" }    # sent with every request
    size = { area = [262144, 4194304], longest = 2048, ratio = 4, step = 16 }           # `image_size`, by a rule
    ratios = { "1:1" = [1024, 1024] }                                                    # or `aspect_ratio`, of these
    tiers = { 1K = 1, 2K = 2 }                                                           # and `resolution`

Without `size` and `ratios` the result has the input's size.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError, model_validator

from retouch.domain.edit import Tier
from retouch.domain.picture import Size
from retouch.engines.fal.endpoints import Endpoint, MaskStyle
from retouch.engines.fal.sizes import FreeSize, RatioSize, Sizing

_Edge = Annotated[int, Field(ge=1, le=16_384)]
_Ratio = Annotated[str, Field(pattern=r"^[1-9]\d{0,3}:[1-9]\d{0,3}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Size(_Strict):
    area: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
    longest: _Edge
    ratio: int = Field(4, ge=1, le=64)
    step: int = Field(1, ge=1, le=512)

    @model_validator(mode="after")
    def _possible(self) -> "_Size":
        if self.area[0] > self.area[1] or self.longest % self.step or self.longest**2 < self.area[0] * self.ratio:
            raise ValueError("area is [least, most], longest a multiple of step, and longest² at least ratio x least")
        return self


class _Own(_Strict):
    images: int = Field(1, ge=1, le=64)
    single: bool = False
    results: int = Field(4, ge=1, le=16)
    together: int | None = Field(None, ge=2)
    mask: MaskStyle | None = None
    needs_mask: bool = False
    seed: bool = False
    negative_prompt: bool = False
    quality: dict[Tier, str] = {}
    always: dict[str, JsonValue] = {}
    size: _Size | None = None
    ratios: dict[_Ratio, tuple[_Edge, _Edge]] = {}
    tiers: dict[str | None, Annotated[float, Field(gt=0, le=16)]] = {}

    @model_validator(mode="after")
    def _fits_together(self) -> "_Own":
        if self.single and self.images > 1:
            raise ValueError("single = true reads one image")
        if self.needs_mask and self.mask is None:
            raise ValueError("needs_mask = true needs mask to say how it reads one")
        if self.size and self.ratios:
            raise ValueError("size or ratios, not both")
        if self.tiers and not self.ratios:
            raise ValueError("tiers belong to ratios")
        if self.always.get("sync_mode"):
            raise ValueError("sync_mode cannot be sent: fal then keeps no result to fetch")
        return self

    def endpoint(self) -> Endpoint:
        return Endpoint(
            sizing=self._sizing(),
            images=self.images,
            single=self.single,
            results=self.results,
            together=self.together,
            mask=self.mask,
            needs_mask=self.needs_mask,
            seed=self.seed,
            negative_prompt=self.negative_prompt,
            quality=self.quality,
            always=self.always,
        )

    def _sizing(self) -> Sizing | None:
        if self.size is not None:
            given = self.size
            return FreeSize(area=given.area, longest=given.longest, ratio=given.ratio, step=given.step)
        if self.ratios:
            return RatioSize({ratio: Size(*edges) for ratio, edges in self.ratios.items()}, self.tiers or None)
        return None


_TABLES = TypeAdapter(dict[str, _Own])


def own_endpoints(tables: object) -> Mapping[str, Endpoint]:
    """The operator's rows by endpoint. Raises ValueError naming the setting that is wrong."""
    try:
        found: dict[str, Any] = _TABLES.validate_python(tables)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, ("engines", "fal", "endpoints", *first["loc"])))
        raise ValueError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
    return {name: own.endpoint() for name, own in found.items()}
