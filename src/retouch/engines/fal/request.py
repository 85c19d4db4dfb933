"""An edit as the input of a fal endpoint: plain JSON, no wrapper."""

from collections.abc import Sequence

import numpy as np

from retouch.domain.engine import EngineCall
from retouch.domain.picture import Format, Picture
from retouch.engines.fal.endpoints import Endpoint, MaskStyle
from retouch.engines.upstream import Base64, luma_mask
from retouch.pixels import encode, from_raw

#: Seeds are sent as the int32 that every model behind fal takes.
_SEEDS = 2**31

#: A picture as fal gets it: an address, or a `data:` address that is spelt out while it is sent.
Address = str | Base64


def edit_input(
    call: EngineCall, endpoint: Endpoint, images: Sequence[Address], mask: Address | None
) -> dict[str, object]:
    """The input's fields; nothing that the endpoint does not have."""
    value: dict[str, object] = {"prompt": call.prompt, "num_images": len(call.seeds), **endpoint.always}
    value |= {"image_url": images[0]} if endpoint.single else {"image_urls": list(images)}
    if mask is not None:
        value["mask_url"] = mask
    if endpoint.sizing is not None:
        # Without a size some endpoints draw a square, whatever the input's shape.
        value |= endpoint.sizing.fields(call.size or call.images[0].size)
    if endpoint.seed:
        value["seed"] = call.seeds[0] % _SEEDS
    if endpoint.negative_prompt and call.negative_prompt is not None:
        value["negative_prompt"] = call.negative_prompt
    if call.quality is not None and call.quality in endpoint.quality:
        value["quality"] = endpoint.quality[call.quality]
    return value


def mask_picture(mask: Picture, style: MaskStyle) -> Picture:
    """A mask (one raw channel, 255 = edit) as a PNG of the same size. Costs milliseconds: use a thread."""
    if style is MaskStyle.WHITE:
        return luma_mask(mask)
    grey = from_raw(mask)
    rgba = np.repeat(grey[:, :, np.newaxis], 4, axis=2)
    np.subtract(255, grey, out=rgba[:, :, 3])
    return Picture(encode(rgba, Format.PNG), "png", mask.size, has_alpha=True)
