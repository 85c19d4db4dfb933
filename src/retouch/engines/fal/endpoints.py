"""fal's endpoints: one row each of what its input takes.

From the JavaScript client's types (@fal-ai/client 1.10.1, types/endpoints.d.ts) and the models' llms.txt pages, where
nothing else is said. sync_mode is never sent: fal then keeps no result that a resumed job could fetch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from retouch.domain.edit import Tier
from retouch.engines.fal.sizes import FreeSize, RatioSize, Sizing
from retouch.engines.upstream import V2_5, V3, V3_1


class MaskStyle(StrEnum):
    """How `mask_url` marks the area to edit: white on black, or white and transparent on opaque black.

    The second reads the same by brightness and by alpha, for endpoints that do not say which counts.
    """

    WHITE = "white"
    WHITE_AND_CLEAR = "white and clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """sizing: how a size is asked for; None where the result has the input's.

    images: how many it reads; as `image_url` if `single`, else as `image_urls`. results: the most of `num_images`.
    together: the most of images and results. mask: how it reads one; `needs_mask` if it does nothing without.
    seed: the same seed gives the same image. quality: its words for ours. always: sent with every request; the
    format is PNG wherever there is a choice, so that nothing is lost before we pack the answer.
    """

    sizing: Sizing | None = None
    images: int = 1
    single: bool = False
    results: int = 4
    together: int | None = None
    mask: MaskStyle | None = None
    needs_mask: bool = False
    seed: bool = False
    negative_prompt: bool = False
    quality: Mapping[Tier, str] = field(default_factory=dict)
    always: Mapping[str, object] = field(default_factory=dict)

    def results_for(self, images: int) -> int:
        """How many results one request with so many images may have."""
        return self.results if self.together is None else max(1, min(self.results, self.together - images))


PNG = {"output_format": "png"}

# Areas as documented; the longest edge and, where nothing is said, the shape keep to what the model's maker allows.
_SEEDREAM_4 = FreeSize(area=(921_600, 4096 * 4096), longest=4096, ratio=16)
_SEEDREAM_4_5 = FreeSize(area=(2560 * 1440, 4096 * 4096), longest=4096, ratio=4)
# fal bounds only qwen-image-2/edit; a model of the same family is asked for no more.
_QWEN = FreeSize(area=(512 * 512, 2048 * 2048), longest=4096, ratio=4, step=16)
# fal bounds nothing; what Black Forest Labs' own API draws: up to 4 megapixels, edges of multiples of 16.
_FLUX_2 = FreeSize(area=(512 * 512, 2048 * 2048), longest=4096, ratio=4, step=16)
# The rule of OpenAI's own API for the model (Python SDK 3.52.0).
_GPT_2_5 = FreeSize(area=(655_360, 8_294_400), longest=3840, ratio=3, step=16)

# Without it a prompt that speaks of several pictures gets, and is charged for, more than were asked for. A seed is
# taken and not promised to repeat an image, as with Google itself.
_BANANA = {**PNG, "limit_generations": True}

_QWEN_PLUS = Endpoint(sizing=_QWEN, images=3, seed=True, negative_prompt=True, always=PNG)
_GPT = Endpoint(
    sizing=_GPT_2_5,
    images=16,
    mask=MaskStyle.WHITE_AND_CLEAR,
    quality={Tier.LOW: "low", Tier.MEDIUM: "medium", Tier.HIGH: "high"},
    always=PNG,
)

ENDPOINTS: dict[str, Endpoint] = {
    # More than ten images are read as the last ten. max_images stays 1: num_images is what counts results.
    "fal-ai/bytedance/seedream/v4/edit": Endpoint(sizing=_SEEDREAM_4, images=10, results=6, together=15, seed=True),
    "fal-ai/bytedance/seedream/v4.5/edit": Endpoint(sizing=_SEEDREAM_4_5, images=10, results=6, together=15, seed=True),
    "fal-ai/nano-banana/edit": Endpoint(sizing=RatioSize(V2_5), images=3, always=_BANANA),
    "fal-ai/nano-banana-pro/edit": Endpoint(
        sizing=RatioSize(V3, {"1K": 1, "2K": 2, "4K": 4}), images=14, always=_BANANA
    ),
    "fal-ai/nano-banana-2/edit": Endpoint(
        sizing=RatioSize(V3_1, {"0.5K": 0.5, "1K": 1, "2K": 2, "4K": 4}), images=14, always=_BANANA
    ),
    "fal-ai/qwen-image-edit": Endpoint(sizing=_QWEN, single=True, seed=True, negative_prompt=True, always=PNG),
    "fal-ai/qwen-image-edit-plus": _QWEN_PLUS,
    "fal-ai/qwen-image-edit-2509": _QWEN_PLUS,
    "fal-ai/qwen-image-edit-2511": _QWEN_PLUS,
    "fal-ai/qwen-image-edit/inpaint": Endpoint(
        sizing=_QWEN,
        single=True,
        mask=MaskStyle.WHITE,
        needs_mask=True,
        seed=True,
        negative_prompt=True,
        always=PNG,
    ),
    "fal-ai/flux-2/klein/9b/edit": Endpoint(sizing=_FLUX_2, images=4, seed=True, always=PNG),
    "fal-ai/flux-pro/v1/fill": Endpoint(single=True, mask=MaskStyle.WHITE, needs_mask=True, seed=True, always=PNG),
    "openai/gpt-image-2.5/flare/edit": _GPT,
    "openai/gpt-image-2.5/sunburst/edit": _GPT,
}
