"""The kinds of server, as rows. Facts and what is unverified: each row's comment names its source.

Whatever a server has a default for is sent explicitly where it is read: defaults differ (JPEG, 512x512, a fixed
seed), and `response_format` is left out where nothing says that it is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from retouch.domain.engine import EngineCall
from retouch.domain.picture import Format, Size
from retouch.engines.compatible.prompts import LORA, PIPE, SD_ARGS, Control, plain, with_negative, with_seed

_BASE64 = ("response_format", "b64_json")
_ENCODING = ("output_format", "output_compression")
_ALL = frozenset(Format)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One route of a server: where an edit goes and how it is written.

    image: the field of a single image; images: that of each where there are several. json: base64 in a JSON body,
    the first image under `image` and the others as a list under `images`; else multipart. mask: its field, or None
    where there is none or it is ignored; alpha_mask: RGBA, 0 = edit; else opaque, white = edit. always: fields with
    fixed values. sends: the parameters that are read (`form.PARAMETERS`). prompt: how the prompt is written; seeded,
    negated: whether it carries the seed and the negative prompt. only: the one size that is drawn. varied: False
    where the same edit always gives the same image.
    """

    path: str = "/images/edits"
    json: bool = False
    image: str = "image"
    images: str = "image[]"
    most_images: int = 16
    mask: str | None = None
    alpha_mask: bool = False
    per_call: int = 1
    always: tuple[tuple[str, str], ...] = ()
    sends: tuple[str, ...] = ("size",)
    prompt: Callable[[EngineCall], str] = plain
    seeded: bool = False
    negated: bool = False
    only: Size | None = None
    varied: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What one kind of server does.

    edit: its way without a mask. masked: its way with one; taken by default only where reads_masks is sure, else
    where the operator says `mask = true`. controls: what must never be in a caller's prompt. own_paths: addresses of
    results are right in their path alone. longest_prompt: characters.
    """

    edit: Way
    masked: Way | None = None
    reads_masks: bool = False
    controls: tuple[Control, ...] = ()
    formats: frozenset[Format] = frozenset({Format.PNG})
    input_formats: frozenset[str] = frozenset({"png", "jpeg", "webp"})
    hints: frozenset[str] = frozenset()
    transparent: bool = False
    partials: int = 0
    longest_prompt: int | None = None
    own_paths: bool = False


# vllm-project/vllm-omni: docs/serving/image_edit_api.md, entrypoints/openai/api_server.py. `mask` is ignored;
# `mask_image` is read by some pipelines only.
_VLLM = Way(per_call=10, always=(_BASE64,), sends=("n", "size", *_ENCODING, "seed", "negative_prompt"))
_VLLM_OMNI = Kind(edit=_VLLM, masked=replace(_VLLM, mask="mask_image"), formats=_ALL)

# sgl-project/sglang: docs/diffusion/api/openai_api.md, protocol.py. The mask is taken and unused; the seed's default
# is 1024, always; how the images of one call differ is not said, so each is a call.
_SGLANG = Kind(
    edit=Way(always=(_BASE64,), sends=("size", *_ENCODING, "seed", "negative_prompt")),
    formats=_ALL,
)

# mudler/LocalAI: core/http/endpoints/openai/image.go, inpainting.go. No edits route. Inpainting draws 512x512 with
# seed 0 and answers an address, whose host depends on the server's own base URL setting.
_LOCALAI = Kind(
    edit=Way(
        path="/images/generations",
        json=True,
        image="file",
        images="ref_images",
        always=(_BASE64,),
        sends=("size", "seed"),
        prompt=with_negative,
        negated=True,
    ),
    masked=Way(path="/images/inpainting", most_images=1, mask="mask", sends=(), only=Size(512, 512), varied=False),
    reads_masks=True,
    controls=(PIPE, LORA, SD_ARGS),
    input_formats=frozenset({"png", "jpeg"}),
    own_paths=True,
)

# leejet/stable-diffusion.cpp: examples/server/routes_openai.cpp. Of a repeated `image` one is read, so `image[]`
# always; an image it cannot decode is skipped in silence, so PNG and JPEG only; image i of a call has seed + i.
_SD = Way(image="image[]", per_call=10, sends=("n", "size", *_ENCODING), prompt=with_seed, seeded=True)
_SD_CPP = Kind(
    edit=_SD,
    masked=replace(_SD, mask="mask"),
    reads_masks=True,
    controls=(SD_ARGS, LORA),
    formats=frozenset({Format.PNG, Format.JPEG}),
    input_formats=frozenset({"png", "jpeg"}),
)

# xorbitsai/inference: xinference/api/restful_api.py. A mask calls its inpainting; white = repaint is unverified.
_XI = Way(always=(_BASE64,), sends=("size",))
_XINFERENCE = Kind(edit=_XI, masked=replace(_XI, mask="mask"), controls=(LORA,))

# Aquiles-ai/Aquiles-Image: aquilesimage/main.py. The mask is taken and unused.
_AQUILES = Kind(
    edit=Way(most_images=10, always=(_BASE64,), sends=("size", "input_fidelity")),
    hints=frozenset({"input_fidelity"}),
    longest_prompt=1000,
)

# Another Retouch keeps every promise itself. It refuses a seed on models that take none, so the operator says
# `seed = true` where they do.
_HINTED = ("quality", "background", "input_fidelity", "negative_prompt", "safety_identifier")
_FULL = Way(per_call=10, always=(_BASE64,), sends=("n", "size", *_ENCODING, *_HINTED, "stream", "partial_images"))
_RETOUCH = Kind(
    edit=_FULL,
    masked=replace(_FULL, mask="mask", alpha_mask=True),
    reads_masks=True,
    formats=_ALL,
    hints=frozenset({"quality", "input_fidelity", "user", "safety_identifier"}),
    transparent=True,
    partials=3,
)

# A server that nothing is known of: what the oldest clients send, and OpenAI's mask if the operator vouches for it.
_PLAIN = Kind(edit=Way(), masked=Way(mask="mask", alpha_mask=True), controls=(SD_ARGS, LORA))

KINDS = {
    "vllm-omni": _VLLM_OMNI,
    "sglang": _SGLANG,
    "localai": _LOCALAI,
    "sd-cpp": _SD_CPP,
    "xinference": _XINFERENCE,
    "aquiles": _AQUILES,
    "retouch": _RETOUCH,
    "plain": _PLAIN,
}
