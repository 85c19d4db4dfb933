"""What each Gemini image model draws and reads.

From the Gemini API's model pages, google-genai 3.4.0 and LiteLLM 1.109.1 where they agree.
"""

from dataclasses import dataclass

import orjson

from retouch.engines.upstream import V2_5, V3, V3_1, Shapes


@dataclass(frozen=True, slots=True, kw_only=True)
class GeminiModel:
    """shapes: aspect ratios and `imageSize` tiers. images: how many one call reads."""

    shapes: Shapes
    images: int = 14


#: For names newer than this table: what every model of the third generation draws by itself, no tier asked for.
UNKNOWN = GeminiModel(shapes=Shapes(V3))

MODELS = {
    # It refuses imageSize, and draws about one megapixel. More than three images are read, and advised against.
    "gemini-2.5-flash-image": GeminiModel(shapes=Shapes(V2_5), images=3),
    "gemini-3-pro-image": GeminiModel(shapes=Shapes(V3, {"1K": 1, "2K": 2, "4K": 4})),
    "gemini-3.1-flash-image": GeminiModel(shapes=Shapes(V3_1, {"512": 0.5, "1K": 1, "2K": 2, "4K": 4})),
    # Its ratios and images are not documented apart from its sibling's.
    "gemini-3.1-flash-lite-image": GeminiModel(shapes=Shapes(V3_1, {"1K": 1})),
}


def model_of(name: str) -> GeminiModel:
    """The model of this name, or of its preview."""
    return MODELS.get(name.removesuffix("-preview"), UNKNOWN)


def model_names(body: bytes) -> frozenset[str]:
    """The names in an answer of models.list, without their `models/`; none of anything else."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return frozenset()
    rows = found.get("models") if isinstance(found, dict) else None
    names = (str(row["name"]) for row in rows or () if isinstance(row, dict) and "name" in row)
    return frozenset(name.removeprefix("models/") for name in names)
