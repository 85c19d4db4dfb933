"""The catalogue: models.toml and the operator's own tables, as Model objects."""

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from retouch.domain.edit import Tier
from retouch.domain.model import Delivery, Limits, Model, Route
from retouch.domain.picture import Size

MICRO = 1_000_000


class CatalogError(ValueError):
    """A table of the catalogue that is wrong; the message names the model and the key."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Limits(_Strict):
    images: int = Field(16, ge=1)
    megabytes: float | None = Field(None, gt=0)
    prompt: int = Field(32_000, ge=1)
    n: int = Field(10, ge=1, le=16)
    formats: list[str] | None = None
    square: bool = False


class _Route(_Strict):
    engine: str
    model: str


class _Entry(_Strict):
    owned_by: str = "operator"
    summary: str = ""
    created: int = 0
    family: Literal["gpt", "dall-e", "other"] = "other"
    aliases: list[str] = []
    limits: _Limits = _Limits.model_construct()
    sizes: Literal["any"] | list[str] = "any"
    default_size: str = "auto"
    delivery: Delivery = "both"
    alpha_as_mask: bool = False
    price: float = Field(0, ge=0)
    quality_prices: dict[Tier, float] = {}
    routes: list[_Route] = []

    def model(self, id_: str) -> Model:
        given = self.limits
        return Model(
            id=id_,
            owned_by=self.owned_by,
            summary=self.summary,
            created=self.created,
            family=self.family,
            aliases=tuple(self.aliases),
            limits=Limits(
                images=given.images,
                bytes=None if given.megabytes is None else int(given.megabytes * 1_000_000),
                prompt=given.prompt,
                n=given.n,
                formats=None if given.formats is None else frozenset(given.formats),
                square=given.square,
            ),
            sizes=None if self.sizes == "any" else tuple(_size(text) for text in self.sizes),
            default_size=None if self.default_size == "auto" else _size(self.default_size),
            delivery=self.delivery,
            alpha_as_mask=self.alpha_as_mask,
            price=round(self.price * MICRO),
            quality_prices={tier: round(price * MICRO) for tier, price in self.quality_prices.items()},
            routes=tuple(Route(route.engine, route.model) for route in self.routes),
        )


class Catalog:
    """Every model by id and alias, in the order of the file."""

    def __init__(self, models: list[Model]) -> None:
        self._models = {model.id: model for model in models}
        self._names = {name: model for model in models for name in (*model.aliases, model.id)}

    def find(self, name: str) -> Model | None:
        """The model of this id or alias."""
        return self._names.get(name)

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models.values())


def load_catalog(own: Mapping[str, Mapping[str, Any]]) -> Catalog:
    """Read the package's catalogue and lay the operator's tables over it.

    Raises CatalogError naming the model and the key when a table is wrong.
    """
    tables: dict[str, dict[str, Any]] = tomllib.loads(files(__package__).joinpath("models.toml").read_text("utf-8"))
    for id_, table in own.items():
        tables[id_] = {**tables.get(id_, {}), **table}
    return Catalog([_entry(id_, table).model(id_) for id_, table in tables.items()])


def _entry(id_: str, table: Mapping[str, Any]) -> _Entry:
    try:
        return _Entry.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CatalogError(f"catalogue, [{id_}] {where}: {first['msg']}") from None


def _size(text: str) -> Size:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise CatalogError(f"catalogue: {text!r} is not a size such as 1024x1024")
    return Size(int(width), int(height))
