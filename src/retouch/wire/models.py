"""GET /v1/models and /v1/models/{id}, in OpenAI's shape, with what each model takes and costs in extra fields."""

from typing import Any

from fastapi import APIRouter, Depends, Request

from retouch.admission.keys import Caller
from retouch.domain.edit import Tier
from retouch.domain.errors import Code, RetouchError
from retouch.domain.model import Model
from retouch.routing.catalog import DEFAULT, MICRO
from retouch.routing.choose import Chooser
from retouch.wire.auth import MayRead
from retouch.wire.parts import parts_of
from retouch.wire.problems import problem
from retouch.wire.via import not_in_circles

router = APIRouter(tags=["models"], dependencies=[Depends(not_in_circles)])


@router.get("/v1/models", summary="List the models, available or not")
async def list_models(request: Request, caller: MayRead) -> dict[str, Any]:
    """Every model of the catalogue that the key allows. `available` says whether it works now, and `missing` what it
    lacks if not.
    """
    chooser = parts_of(request).chooser
    allowed = [model for model in chooser.catalog if caller.may_use(model.id)]
    return {"object": "list", "data": [model_object(model, chooser) for model in allowed]}


# A path parameter, because ids hold slashes and ASGI servers decode %2F before routing (openai-edits.md, section 8).
@router.get("/v1/models/{model_id:path}", summary="One model")
async def get_model(request: Request, model_id: str, caller: MayRead) -> Any:
    """One model by id or alias, or `default` with what it `stands_for`; slashes may be percent-encoded or not."""
    parts = parts_of(request)
    try:
        model = _named(model_id, parts.chooser, caller)
    except RetouchError as error:
        return problem(error, parts.error_format(request), status=404)
    stands_for = {"stands_for": model.id} if model_id == DEFAULT else {}
    return {**model_object(model, parts.chooser), "id": model_id, **stands_for}


def _named(name: str, chooser: Chooser, caller: Caller) -> Model:
    model = chooser.default() if name == DEFAULT else chooser.catalog.find(name)
    if model is None or not caller.may_use(model.id):
        raise RetouchError(Code.INVALID_MODEL, f"The model {name!r} does not exist", param="model")
    return model


def model_object(model: Model, chooser: Chooser) -> dict[str, Any]:
    """A model as OpenAI lists it (openai 3.52.0, types/model.py), and what a caller of Retouch wants to know."""
    limits = model.limits
    missing = chooser.missing(model)
    return {
        "id": model.id,
        "object": "model",
        "created": model.created,
        "owned_by": model.owned_by,
        "summary": model.summary,
        "available": missing is None,
        "missing": missing,
        "aliases": list(model.aliases),
        "sizes": "any" if model.sizes is None else [str(size) for size in model.sizes],
        "default_size": "auto" if model.default_size is None else str(model.default_size),
        "aspect_ratios": list(model.aspect_ratios),
        "resolutions": list(model.resolutions),
        "qualities": list(model.qualities),
        "tiers": list(model.tiers),
        "response_format": model.delivery,
        "limits": {
            "images": limits.images,
            "image_bytes": limits.bytes,
            "prompt_characters": limits.prompt,
            "n": limits.n,
            "formats": sorted(limits.formats) if limits.formats else None,
            "square": limits.square,
        },
        "price": {
            "credits": model.price / MICRO,
            "by_quality": {tier.value: price / MICRO for tier, price in model.quality_prices.items()},
            "by_resolution": {
                resolution.value: model.price_of(Tier.MEDIUM, resolution) / MICRO for resolution in model.resolutions
            },
            "charged": {tier.value: _charged(model, tier) for tier in Tier},
        },
        "routes": [{"engine": route.engine, "model": route.model} for route in model.routes],
    }


def _charged(model: Model, tier: Tier) -> dict[str, int]:
    """Whole credits that one image of a quality is charged: by resolution, and `size` where none is asked for."""
    sizes = {"size": None, **{resolution.value: resolution for resolution in model.resolutions}}
    return {name: model.price_of(tier, resolution) // MICRO for name, resolution in sizes.items()}
