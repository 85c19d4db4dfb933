"""The catalogue: models.toml and the operator's own tables, as Model objects."""

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from retouch.domain.model import MICRO, Model
from retouch.routing.entries import Entry
from retouch.routing.places import ConfigError, Key, place

__all__ = ["DEFAULT", "MICRO", "Catalog", "CatalogError", "load_catalog"]

#: The name that stands for the first available model of the setting `default_order`; no model can have it.
DEFAULT = "default"


class CatalogError(ConfigError):
    """A table of the catalogue that is wrong; the message names file and line, the model and the key."""


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


def load_catalog(own: Mapping[str, Mapping[str, Any]], file: Path | None = None) -> Catalog:
    """Read the package's catalogue and lay the operator's tables over it.

    `own` came from the operator's TOML file `file`, or from the environment. Raises CatalogError naming file, line,
    model and key when a table is wrong, or when two models have one name.
    """
    with as_file(files(__package__).joinpath("models.toml")) as package:
        tables = _Tables(tomllib.loads(package.read_text("utf-8")), package, own, file)
        return Catalog(tables.models())


class _Tables:
    """The package's tables, and the operator's over them."""

    def __init__(
        self, given: Mapping[str, Any], package: Path, own: Mapping[str, Mapping[str, Any]], file: Path | None
    ) -> None:
        self._package, self._own, self._file = package, own, file
        self._tables = {id_: {**given.get(id_, {}), **own.get(id_, {})} for id_ in dict.fromkeys((*given, *own))}

    def models(self) -> list[Model]:
        models = [self._model(id_, table) for id_, table in self._tables.items()]
        holders: dict[str, str] = {model.id: model.id for model in models}
        for model in models:
            for at, alias in enumerate(model.aliases):
                if alias == DEFAULT or holders.setdefault(alias, model.id) != model.id:
                    raise self._error(
                        model.id, ("aliases", at), f"{alias!r} names {holders.get(alias, 'the default')} already"
                    )
            if model.id == DEFAULT:
                raise self._error(model.id, (), "no model can be called default: set default_order")
        return models

    def _model(self, id_: str, table: Mapping[str, Any]) -> Model:
        try:
            return Entry.model_validate(table).model(id_)
        except ValidationError as error:
            first = error.errors()[0]
        path, given = first["loc"], {"value": first["input"]}
        if first["type"] == "missing" or path[-1] == _KEY:
            # The input is then not what stands in the file at this path.
            path, given = tuple(part for part in path if part != _KEY), {}
        raise self._error(id_, path, _words(first), **given)

    def _error(self, id_: str, path: tuple[Key, ...], why: str, **given: object) -> CatalogError:
        own = self._own.get(id_, {})
        ours = path[0] in own if path else id_ in self._own
        where = place(self._file, ("models", id_, *path), **given) if ours else place(self._package, (id_, *path))
        name = ".".join(map(str, path))
        return CatalogError(f"{where or 'RETOUCH_MODELS in the environment'}: model {id_}{name and f', {name}'}: {why}")


#: What pydantic ends the path of a table's key with, when the key itself is wrong.
_KEY = "[key]"


def _words(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such key; docs/reference/settings.md lists them"
    if error["type"] == "missing":
        return "this key is missing"
    return error["msg"].removeprefix("Value error, ")
