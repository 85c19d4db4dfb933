"""An edit as a server of some kind reads it."""

from collections.abc import Callable, Iterator

from retouch.domain.edit import Background
from retouch.domain.engine import EngineCall
from retouch.domain.picture import Format
from retouch.engines.compatible.kinds import Kind, Way
from retouch.engines.compatible.prompts import seed_of
from retouch.engines.upstream import Base64, Body, Filed, alpha_mask, base64_json, luma_mask, multipart

Value = str | int


def edit_body(call: EngineCall, kind: Kind, way: Way) -> Body:
    """The body for `way`. Encodes the mask, some milliseconds: use a thread where there is one."""
    fields = [("prompt", way.prompt(call)), ("model", call.model), *way.always, *_parameters(call, kind, way)]
    if way.json:
        return _json(fields, call, way)
    field = way.image if len(call.images) == 1 else way.images
    files = [Filed.of(field, picture) for picture in call.images]
    if way.mask is not None and call.mask is not None:
        mask = alpha_mask(call.mask) if way.alpha_mask else luma_mask(call.mask)
        files.append(Filed.of(way.mask, mask, "mask"))
    return multipart([(name, str(value)) for name, value in fields], files)


def _parameters(call: EngineCall, kind: Kind, way: Way) -> Iterator[tuple[str, Value]]:
    for name in way.sends:
        value = PARAMETERS[name](call, _format(call, kind))
        if value is not None:
            yield name, value


def _format(call: EngineCall, kind: Kind) -> Format:
    """The format to ask for: PNG where the server cannot encode what is wanted, or the wanted one has no alpha."""
    clear = call.background is Background.TRANSPARENT and call.output_format is Format.JPEG
    return call.output_format if call.output_format in kind.formats and not clear else Format.PNG


def _json(fields: list[tuple[str, Value]], call: EngineCall, way: Way) -> Body:
    """The first image under its own field, the others as a list."""
    first, *others = (Base64(picture.data) for picture in call.images)
    return base64_json({**dict(fields), way.image: first, **({way.images: others} if others else {})})


#: A parameter's value for a call and the format asked for; None where there is nothing to say.
PARAMETERS: dict[str, Callable[[EngineCall, Format], Value | None]] = {
    "n": lambda call, _: len(call.seeds) if len(call.seeds) > 1 else None,
    "size": lambda call, _: str(call.size or call.images[0].size),
    "output_format": lambda _, wanted: wanted.value,
    "output_compression": lambda call, wanted: call.output_compression if wanted is not Format.PNG else None,
    "seed": lambda call, _: seed_of(call),
    "negative_prompt": lambda call, _: call.negative_prompt or None,
    "quality": lambda call, _: call.quality.value if call.quality else None,
    "background": lambda call, _: call.background.value if call.background is not Background.AUTO else None,
    "input_fidelity": lambda call, _: call.input_fidelity,
    "safety_identifier": lambda call, _: call.user or None,
    "stream": lambda call, _: "true" if call.partial_images else None,
    "partial_images": lambda call, _: call.partial_images or None,
}
