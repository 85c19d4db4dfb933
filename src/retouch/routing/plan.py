"""The plan of an edit: from what was asked and what the route does natively to calls and finishing.

Pure: no I/O and no pixels, so that every rule is a row of a table in its test.
"""

from dataclasses import dataclass

from retouch.domain.edit import HINTS, QUALITIES, Background, EditRequest, Tier
from retouch.domain.engine import MaskKind, Offer
from retouch.domain.errors import Code, RetouchError, invalid
from retouch.domain.model import Delivery, Model, Route
from retouch.domain.native_size import native_size
from retouch.domain.picture import Format, Size
from retouch.domain.resolution import Resolution

#: Hints at their documented default ask for nothing, so nothing is ignored.
_DEFAULT_HINTS = {"quality": {"auto", "standard"}, "input_fidelity": {"low"}, "moderation": {"auto"}}

_SEEDS = 2**63

#: Asked of a model that draws no transparency, so that the backdrop can be taken away afterwards.
BACKDROP = "Place the subject alone on a plain, evenly lit white background, without shadows."


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be done for one edit on one route.

    size: the exact size of the answer; None leaves it to the edit (a crop, a rotation).
    frame: what source and mask are cut and scaled to before the engine sees them; None is as they are.
    ask: the size asked of the engine; None is the size of what it is sent.
    prompt: what the engine is told; `cut_out` when a plain backdrop was asked for and is then removed.
    mask_emulated: the engine knows no masks; `guided` when it is shown one more picture in which the area is marked.
    images: how many the engine makes; `first_seed` is the first one's, the others follow it.
    copies: how often each image made is given; above 1 only where a seed makes no difference.
    emulated, ignored_hints: what the answer's headers tell the caller.
    """

    model: Model
    route: Route
    offer: Offer
    size: Size | None
    frame: Size | None
    ask: Size | None
    prompt: str
    cut_out: bool
    mask_emulated: bool
    guided: bool
    images: int
    first_seed: int
    copies: int
    tier: Tier
    format: Format
    compression: int
    delivery: Delivery
    partial_images: int
    emulated: tuple[str, ...]
    ignored_hints: tuple[str, ...]

    def seed(self, image: int) -> int:
        """The seed of one image, counted from 0."""
        return (self.first_seed + image) % _SEEDS

    def native(self, size: Size) -> Size | None:
        """What the engine draws that serves a picture of this size best; None where it draws any size."""
        return _nearest(size, self.offer) if self.offer.sizes or self.offer.fits else None


def make_plan(
    request: EditRequest,
    model: Model,
    route: Route,
    offer: Offer,
    *,
    source: Size,
    mask: MaskKind,
    seed: int,
    guide: str = "",
) -> Plan:
    """Bridge the request and the offer.

    `source` is the first image's size, `seed` the first image's seed where the caller gave none, `guide` what is said
    of a picture that marks the area: there is none where the engine takes no more pictures or words. Raises
    UNSUPPORTED_PARAMETER or INVALID_REQUEST for what can be neither done nor emulated on this route.
    """
    _refuse(request, model, offer)
    size, frame, ask = _sizes(request, model, offer, source)
    images = request.n if offer.varied else 1
    cut_out = request.background is Background.TRANSPARENT and not offer.transparent
    prompt = _prompt(request, model, offer, cut_out=cut_out)
    mask_emulated = mask is not MaskKind.NONE and not offer.mask
    emulated = {
        "mask": mask_emulated,
        "size": ask is not None and size is not None and ask != size,
        "n": images > offer.images_per_call,
        "background": cut_out,
    }
    return Plan(
        model=model,
        route=route,
        offer=offer,
        size=size,
        frame=frame,
        ask=ask,
        prompt=prompt,
        cut_out=cut_out,
        mask_emulated=mask_emulated,
        guided=mask_emulated and len(request.images) < offer.max_images and _fits(f"{prompt}\n{guide}", offer),
        images=images,
        first_seed=seed if request.seed is None else request.seed,
        copies=1 if offer.varied else request.n,
        tier=QUALITIES[request.quality or "auto"],
        format=request.output_format or Format.PNG,
        compression=100 if request.output_compression is None else request.output_compression,
        delivery=request.response_format or model.delivery,
        # A preview has its backdrop still.
        partial_images=0 if cut_out else min(request.partial_images, offer.partials),
        emulated=tuple(name for name, done in emulated.items() if done),
        ignored_hints=tuple(name for name in HINTS if _ignored(name, request, offer)),
    )


def _refuse(request: EditRequest, model: Model, offer: Offer) -> None:
    for name, taken in (("seed", offer.seed), ("negative_prompt", offer.negative_prompt)):
        if getattr(request, name) is not None and not taken:
            raise RetouchError(Code.UNSUPPORTED_PARAMETER, f"{model.id} takes no {name} for this edit", param=name)
    if len(request.images) > offer.max_images:
        takes = "one image" if offer.max_images == 1 else f"up to {offer.max_images} images"
        raise invalid("image", f"This edit on {model.id} takes {takes}; {len(request.images)} were sent")


def _prompt(request: EditRequest, model: Model, offer: Offer, *, cut_out: bool) -> str:
    """What the engine is told. Raises INVALID_REQUEST where the provider takes no prompt of that length."""
    added = f"\n{BACKDROP}" if cut_out else ""
    prompt = request.prompt + added
    if not _fits(prompt, offer):
        room = max(0, (offer.longest_prompt or 0) - len(added))
        why = " with background=transparent, for which it is told more," if cut_out else ""
        message = f"The prompt may have {room} characters{why} on {model.id}'s provider; it has {len(request.prompt)}"
        raise invalid("prompt", message)
    return prompt


def _fits(prompt: str, offer: Offer) -> bool:
    return offer.longest_prompt is None or len(prompt) <= offer.longest_prompt


def _sizes(
    request: EditRequest, model: Model, offer: Offer, source: Size
) -> tuple[Size | None, Size | None, Size | None]:
    wanted = model.default_size if request.size is None else request.size
    if isinstance(request.resolution, Resolution):
        wanted = request.resolution.size(request.aspect_ratio, source)
    if isinstance(wanted, Size):
        frame = None if offer.reshapes else wanted
        return wanted, frame, frame and _nearest(frame, offer)
    if offer.sizes or offer.fits:
        best = _nearest(source, offer)
        return best, best, best
    return (None if offer.reshapes else source), None, None


def _nearest(size: Size, offer: Offer) -> Size:
    """The native size that serves this one best."""
    if offer.fits is not None:
        return offer.fits(size)
    return size if offer.sizes is None else native_size(size, offer.sizes)


def _ignored(name: str, request: EditRequest, offer: Offer) -> bool:
    value = getattr(request, name)
    return name in request.sent and name not in offer.hints and value not in _DEFAULT_HINTS.get(name, ())
