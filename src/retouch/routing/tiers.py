"""What an account's tier allows: models, and resolutions (design.md, Money in numbers)."""

from dataclasses import replace

from retouch.domain.edit import EditRequest
from retouch.domain.errors import Code, RetouchError
from retouch.domain.model import Model
from retouch.domain.picture import Size
from retouch.domain.resolution import AccountTier, Resolution

#: Up to here a resolution costs no more than none.
_PLAIN = Resolution.K1


def within_tier(request: EditRequest, model: Model, tier: AccountTier, source: Size) -> EditRequest:
    """The request with a resolution of `auto` or `usual` settled for the tier; `source` is the first image's size.

    `auto` is the highest that model and tier allow. `usual` leaves the size to the model where nothing else was said;
    it is the highest up to 1k where an aspect ratio was, 640px on the tier free, and never above what the tier allows.
    Raises FORBIDDEN naming the tier.
    """
    if tier not in model.tiers:
        raise _forbidden("model", f"{model.id} is for the tiers {', '.join(model.tiers)}", tier)
    match request.resolution:
        case Resolution() as asked:
            if asked not in tier.resolutions:
                raise _forbidden("resolution", f"Resolutions above {tier.most.value} are for a higher tier", tier)
            return request
        case None:
            return request
        case word:
            return replace(request, resolution=_settled(word, request, model, tier, source))


def _settled(word: str, request: EditRequest, model: Model, tier: AccountTier, source: Size) -> Resolution | None:
    allowed = [one for one in model.resolutions if one in tier.resolutions]
    if not allowed:
        return None
    if word == "auto":
        return max(allowed, key=_edge)
    if request.aspect_ratio in (None, "auto") and tier is not AccountTier.FREE:
        return None if source.longest <= tier.most.edge else max(allowed, key=_edge)
    return max((one for one in allowed if one.edge <= _PLAIN.edge), key=_edge, default=min(allowed, key=_edge))


def _edge(resolution: Resolution) -> int:
    return resolution.edge


def _forbidden(param: str, why: str, tier: AccountTier) -> RetouchError:
    return RetouchError(Code.FORBIDDEN, f"{why}; this account's tier is {tier.value}.", param=param, retryable=False)
