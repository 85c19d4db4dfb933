"""From what a request names to a model and a route that can serve it now."""

from collections.abc import Mapping, Sequence

from retouch.domain.edit import EditRequest
from retouch.domain.engine import Engine
from retouch.domain.errors import Code, RetouchError
from retouch.domain.model import Model, Route
from retouch.domain.picture import Picture
from retouch.routing.catalog import DEFAULT, Catalog
from retouch.routing.contract import check_contract

#: Parameters that only the GPT image models document (OpenAI, openai 3.52.0 image_edit_params.py).
_GPT_ONLY = frozenset({"background", "output_format", "output_compression", "input_fidelity", "partial_images"})


class Chooser:
    """Knows the catalogue and which engines work, and picks."""

    def __init__(self, catalog: Catalog, engines: Mapping[str, Engine], default_order: Sequence[str]) -> None:
        self.catalog = catalog
        self._engines = engines
        self._default_order = default_order

    def engine(self, route: Route) -> Engine:
        """The engine of a route that `routes` gave."""
        return self._engines[route.engine]

    def routes(self, model: Model) -> tuple[Route, ...]:
        """The routes of a model that work now, in order."""
        return tuple(route for route in model.routes if self.lacks(route) is None)

    def missing(self, model: Model) -> str | None:
        """Why a model is not available, as a sentence for the operator, or None."""
        if self.routes(model):
            return None
        if not model.routes:
            return f'no route is set for {model.id}: add routes under [models."{model.id}"] in retouch.toml'
        return " or ".join(dict.fromkeys(filter(None, (self.lacks(route) for route in model.routes))))

    def model(self, request: EditRequest, pictures: Sequence[Picture]) -> Model:
        """The model that serves this request (design.md, Names that stay stable).

        Raises INVALID_MODEL for one that is unknown or not available.
        """
        if request.model is not None and request.model != DEFAULT:
            return self._named(request.model)
        if request.model is None and (contract := self._by_contract(request, pictures)):
            return contract
        return self.default()

    def default(self) -> Model:
        """The model that `default` stands for now. Raises INVALID_MODEL where none of `default_order` is available."""
        known = [model for id_ in self._default_order if (model := self.catalog.find(id_))]
        for model in known:
            if self.routes(model):
                return model
        lacking = "; ".join(f"{model.id}: {self.missing(model)}" for model in known) or "it names no known model"
        raise _not_available(f"No model of the setting default_order is available. {lacking}")

    def _named(self, name: str) -> Model:
        model = self.catalog.find(name)
        if model is None:
            known = ", ".join(model.id for model in self.catalog if self.routes(model))
            raise _not_available(f"The model {name!r} does not exist. Available: default, {known}")
        if why := self.missing(model):
            raise _not_available(f"The model {name!r} is not available: {why}")
        return model

    def _by_contract(self, request: EditRequest, pictures: Sequence[Picture]) -> Model | None:
        """The first of the family that takes the request; where none does, the first GPT image model says why."""
        family = "gpt" if request.sent & _GPT_ONLY else "dall-e"
        routed = [model for model in self.catalog if model.family == family and self.routes(model)]
        fitting = (model for model in routed if _fits(model, request, pictures))
        return next(fitting, routed[0] if routed and family == "gpt" else None)

    def lacks(self, route: Route) -> str | None:
        """What a route lacks to work, as a sentence for the operator, or None."""
        engine = self._engines.get(route.engine)
        if engine is None:
            return f"there is no engine {route.engine!r}"
        return engine.missing()


def _fits(model: Model, request: EditRequest, pictures: Sequence[Picture]) -> bool:
    try:
        check_contract(model, request, pictures)
    except RetouchError:
        return False
    return True


def _not_available(message: str) -> RetouchError:
    return RetouchError(Code.INVALID_MODEL, message, param="model", retryable=False)
