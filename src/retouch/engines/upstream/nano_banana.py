"""The sizes of Google's image models ("Nano Banana"), which several providers serve: an aspect ratio and a tier.

Pixels from LiteLLM 1.109.1 (GEMINI_IMAGE_SIZE_TO_ASPECT_RATIO) for the third generation at 1K, and from a model
router's page for 2.5, which has no tiers. The tiers halve, double and quadruple the edges.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from retouch.domain.native_size import native_size
from retouch.domain.picture import Size


def _both(table: Mapping[str, tuple[int, int]]) -> dict[str, Size]:
    """Each ratio and its reverse."""
    sizes = {ratio: Size(*pixels) for ratio, pixels in table.items()}
    turned = {":".join(reversed(ratio.split(":"))): size.turned() for ratio, size in sizes.items()}
    return {**turned, **sizes}


#: 21:9 has no reverse. Ratio to pixels.
V2_5 = {
    **_both({"1:1": (1024, 1024), "3:2": (1248, 832), "4:3": (1184, 864), "5:4": (1152, 896), "16:9": (1344, 768)}),
    "21:9": Size(1536, 672),
}
V3 = {
    **_both({"1:1": (1024, 1024), "3:2": (1264, 848), "4:3": (1200, 896), "5:4": (1152, 928), "16:9": (1376, 768)}),
    "21:9": Size(1584, 672),
}
V3_1 = {**V3, **_both({"4:1": (2048, 512), "8:1": (3072, 384)})}


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a size is asked for; `tier` is None where the model takes none."""

    ratio: str
    tier: str | None


class Shapes:
    """What one model draws: each ratio in each tier."""

    def __init__(self, ratios: Mapping[str, Size], tiers: Mapping[str | None, float] | None = None) -> None:
        """`tiers` gives the factor on the edges by the provider's word for the tier; None for a model without."""
        self._spellings = {
            Size(int(size.width * factor), int(size.height * factor)): Spelling(ratio, tier)
            for tier, factor in (tiers or {None: 1.0}).items()
            for ratio, size in ratios.items()
        }
        self.sizes = tuple(self._spellings)

    def nearest(self, size: Size) -> Size:
        """The size that serves this one best, as planning chooses it."""
        return native_size(size, self._spellings)

    def spell(self, size: Size) -> Spelling:
        """How to ask for the nearest size."""
        return self._spellings[self.nearest(size)]
