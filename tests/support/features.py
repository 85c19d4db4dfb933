"""What a caller may ask of any model, asked through the OpenAI SDK and checked: native, emulated, or refused by name.

`native`: the engine did it. `emulated`: Retouch did, and said so where it has a word for it. `refused`: an error that
names the field.
"""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai

from retouch.domain.edit import Fit
from retouch.domain.picture import Size
from retouch.pixels import frame, frame_mask
from retouch.routing.catalog import load_catalog
from support.images import Array, decoded, encoded, mask, photo
from upstreams.server import Upstream

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "models.md"

SIDE = 320
BOX = (100, 110, 220, 200)
SOURCE = photo(SIDE, SIDE)
NATIVE, EMULATED, REFUSED = "native", "emulated", "refused"

#: What the built-in editor is asked, since it does what it is told and nothing else.
_CLASSIC = {
    "several": "put the pictures side by side",
    "mask": "remove the marked area",
    "alpha as mask": "fill the transparent area",
    "n=3": "remove the marked area",
    "transparent": "remove the background",
}


@dataclass(frozen=True)
class Asking:
    """A model, the SDK, and the upstreams behind the server."""

    client: openai.AsyncOpenAI
    model: str
    upstreams: tuple[Upstream, ...] = field(default=())

    async def edit(
        self, feature: str = "", image: Any = None, **given: Any
    ) -> tuple[list[Array], httpx.Headers, bytes]:
        """One edit: its pictures, the answer's headers, and the first file."""
        classic = self.model == "retouch-classic"
        prompt = _CLASSIC.get(feature, "make it brighter") if classic else "the same, but at dusk"
        image = encoded(SOURCE) if image is None else image
        raw = await self.client.images.with_raw_response.edit(
            model=self.model, prompt=prompt, image=image, **{"response_format": "b64_json", **given}
        )
        files = [base64.b64decode(item.b64_json) for item in raw.parse().data or () if item.b64_json]
        return [decoded(data, "RGBA") for data in files], raw.headers, files[0] if files else b""

    def upstream_saw(self, **texts: str) -> bool:
        """Whether the last request to a provider had these text fields, in a form or in JSON."""
        seen = [request for upstream in self.upstreams for request in upstream.seen if request.method == "POST"]
        forms = [request.texts() | (request.json if isinstance(request.json, dict) else {}) for request in seen]
        return any(all(str(form.get(name)) == value for name, value in texts.items()) for form in forms)

    def images_sent(self) -> int:
        """How many pictures the last edit that a provider took had."""
        (edit,) = [(upstream, upstream.seen) for upstream in self.upstreams if upstream.seen]
        upstream, seen = edit
        forms = [len(request.files("image", "image[]")) for request in seen if request.parts]
        if forms:
            return forms[-1]
        edits: list[Any] = getattr(upstream, "edits", [])
        return len(edits[-1].images)


async def one_image(ask: Asking) -> str:
    """A picture comes back, and is not the one that was sent."""
    pictures, _, _ = await ask.edit()
    assert len(pictures) == 1
    assert pictures[0].shape != SOURCE.shape or not np.array_equal(pictures[0][..., :3], SOURCE)
    return NATIVE


async def several(ask: Asking) -> str:
    """Two images are both used: the provider gets both; the built-in editor's answer holds both."""
    other = photo(200, 160, seed=3)
    pictures, _, _ = await ask.edit("several", image=[encoded(SOURCE), encoded(other)])
    assert len(pictures) == 1
    if ask.model == "retouch-classic":
        assert pictures[0].shape[1] > SIDE + 100
    else:
        assert ask.images_sent() == 2
    return NATIVE


async def masked(ask: Asking) -> str:
    """Outside the mask the answer equals the source to the bit."""
    pictures, headers, _ = await ask.edit("mask", mask=mask(SIDE, SIDE, BOX))
    _kept(pictures[0])
    assert headers["retouch-mask"] == "alpha"
    return _named("mask", headers)


async def alpha_as_mask(ask: Asking) -> str:
    """The image's own hole is the area to edit, and is filled."""
    holed = np.dstack([SOURCE, np.full((SIDE, SIDE), 255, np.uint8)])
    left, top, right, bottom = BOX
    holed[top:bottom, left:right, 3] = 0
    pictures, headers, _ = await ask.edit("alpha as mask", image=encoded(holed), extra_body={"mask_source": "alpha"})
    _kept(pictures[0], holed)
    assert pictures[0][(top + bottom) // 2, (left + right) // 2, 3] == 255
    assert headers["retouch-mask"] == "image-alpha"
    return _named("mask", headers)


async def three(ask: Asking) -> str:
    """Three pictures, no two the same."""
    extra: dict[str, Any] = {"mask": mask(SIDE, SIDE, BOX)} if ask.model == "retouch-classic" else {}
    pictures, headers, _ = await ask.edit("n=3", n=3, **extra)
    assert len(pictures) == 3
    assert len({picture.tobytes() for picture in pictures}) == 3
    return _named("n", headers)


async def odd_size(ask: Asking) -> str:
    """A size that no model draws: exact to the pixel, or refused by a contract that lists its sizes."""
    pictures, headers, _ = await ask.edit(size="333x251")
    assert pictures[0].shape[:2] == (251, 333)
    return _named("size", headers)


async def transparent(ask: Asking) -> str:
    """Something is clear and something is not."""
    source = np.full((SIDE, SIDE, 3), 245, np.uint8)
    source[120:220, 100:200] = (180, 40, 30)
    pictures, headers, _ = await ask.edit("transparent", image=encoded(source), background="transparent")
    alpha = pictures[0][..., 3]
    assert alpha.min() == 0
    assert alpha.max() == 255
    return _named("background", headers)


async def jpeg(ask: Asking) -> str:
    """A JPEG that was compressed by 60; native if the provider was asked for it."""
    _, _, data = await ask.edit(output_format="jpeg", output_compression=60)
    assert data.startswith(b"\xff\xd8")
    native = ask.model == "retouch-classic" or ask.upstream_saw(output_format="jpeg", output_compression="60")
    return NATIVE if native else EMULATED


async def link(ask: Asking) -> str:
    """A link that works without a key."""
    pictures = await ask.client.images.edit(
        model=ask.model, prompt="make it brighter", image=encoded(SOURCE), response_format="url"
    )
    assert pictures.data
    assert pictures.data[0].url
    async with httpx.AsyncClient(trust_env=False) as plain:
        file = await plain.get(pictures.data[0].url)
    assert file.status_code == 200
    assert decoded(file.content).size
    return NATIVE


async def streamed(ask: Asking) -> str:
    """A completed event comes; native if partial images came before it."""
    extra: dict[str, Any] = {"mask": mask(SIDE, SIDE, BOX)} if ask.model == "retouch-classic" else {}
    prompt = "remove the marked area" if extra else "the same, but at dusk"
    stream = await ask.client.images.edit(
        model=ask.model, prompt=prompt, image=encoded(SOURCE), stream=True, partial_images=2, **extra
    )
    kinds = [event.type async for event in stream]
    assert kinds[-1] == "image_edit.completed"
    assert set(kinds[:-1]) <= {"image_edit.partial_image"}
    return NATIVE if len(kinds) > 1 else EMULATED


FEATURES: dict[str, Callable[[Asking], Awaitable[str]]] = {
    "one image": one_image,
    "several": several,
    "mask": masked,
    "alpha as mask": alpha_as_mask,
    "n=3": three,
    "333x251": odd_size,
    "transparent": transparent,
    "jpeg 60": jpeg,
    "url": link,
    "stream with partials": streamed,
}

#: The field that a refusal must name.
_FIELDS = {"several": "image", "333x251": "size", "transparent": "background", "alpha as mask": "image"}


async def cell(ask: Asking, feature: str) -> str:
    """What the model does of this feature; raises AssertionError where a promise is broken."""
    try:
        return await FEATURES[feature](ask)
    except openai.BadRequestError as error:
        if error.param != _FIELDS.get(feature):
            raise AssertionError(f"{feature} is refused by another name: {error}") from error
        return REFUSED


def table(rows: Mapping[str, Sequence[str]]) -> str:
    """Rows of cells by model, as Markdown."""
    head = ["model", *FEATURES]
    lines = [head, ["---"] * len(head), *([f"`{model}`", *cells] for model, cells in rows.items())]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def rows_of(page: str) -> dict[str, list[str]]:
    """The cells by model that a page of Markdown shows."""
    lines = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    return {name.strip("`"): cells for name, *cells in lines if len(cells) == len(FEATURES)}


def written(page: str, seen: Mapping[str, Sequence[str]]) -> str:
    """The page with a table of what was seen, in the catalogue's order; who was not asked keeps its row."""
    known = rows_of(page)
    rows: dict[str, Sequence[str]] = {}
    for model in load_catalog({}):
        unasked = known.get(model.id, ["not seen"] * len(FEATURES))
        rows[model.id] = seen.get(model.id, unasked) if model.routes else ["no route"] * len(FEATURES)
    before, _, rest = page.partition("| model |")
    after = rest.partition("\n\n")[2]
    return f"{before}{table(rows)}\n\n{after}"


def _kept(picture: Array, sent: Array = SOURCE) -> None:
    """Outside the box the answer is the source to the bit, as our own code scales it to the answer's size."""
    height, width = picture.shape[:2]
    framed = frame(sent, Size(width, height), Fit.COVER, pad="white")
    source = framed[..., :3]
    weights = np.zeros((SIDE, SIDE), np.uint8)
    left, top, right, bottom = BOX
    weights[top:bottom, left:right] = 255
    outside = frame_mask(weights, Size(width, height), Fit.COVER) == 0
    if framed.shape[2] == 4:  # the hole as the colours' own scaling has it, a pixel wider than a mask's
        outside &= framed[..., 3] == 255
    assert outside.mean() > 0.5
    assert np.array_equal(picture[..., :3][outside], source[outside])
    assert not np.array_equal(picture[..., :3][~outside], source[~outside])


def _named(what: str, headers: httpx.Headers) -> str:
    return EMULATED if what in headers.get("retouch-emulated", "").split(", ") else NATIVE
