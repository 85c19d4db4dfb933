"""What OpenAI's image models can do, by family.

From the Python SDK 3.52.0 (types/image_edit_params.py), the Node SDK 6.49.0, the OpenAPI description 2.3.0 and the
image generation guide. Where these differ, what all of them allow is used and the rest left to our own finishing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from retouch.domain.edit import Background
from retouch.domain.native_size import native_size
from retouch.domain.picture import Size
from retouch.engines.openai_images.free_size import nearest_free_size

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")

STANDARD = (Size(1024, 1024), Size(1536, 1024), Size(1024, 1536))
BOTH = frozenset({Background.TRANSPARENT, Background.OPAQUE})
#: Characters, of every GPT image model (OpenAPI description 2.3.0).
LONGEST_PROMPT = 32_000
OPAQUE = frozenset({Background.OPAQUE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """sizes: those it draws, or None where `fits` gives the nearest. backgrounds: those that may be asked for.

    input_fidelity: takes the parameter, as low or high.
    """

    sizes: tuple[Size, ...] | None = STANDARD
    fits: Callable[[Size], Size] | None = None
    backgrounds: frozenset[Background] = BOTH
    input_fidelity: bool = False

    def size_for(self, size: Size) -> Size:
        """The size to ask for so as to serve this one, as planning chooses it."""
        return native_size(size, self.sizes or STANDARD) if self.fits is None else self.fits(size)


#: Only what is said of every GPT image model: for names that these sources do not describe, such as newer ones.
UNKNOWN = Family(backgrounds=frozenset())

FAMILIES = {
    "gpt-image-1": Family(input_fidelity=True),
    # The Python SDK allows input_fidelity low, its default; the Node SDK and the description none: never sent.
    "gpt-image-1-mini": Family(),
    "gpt-image-1.5": Family(input_fidelity=True),
    # Transparency is a preview to the Python SDK and the description, an error to the Node SDK and the guide.
    # input_fidelity is always high and must be left out.
    "gpt-image-2": Family(sizes=None, fits=nearest_free_size, backgrounds=OPAQUE),
    # Nothing says whether input_fidelity is taken: treated like 2.
    "gpt-image-2.5-sunburst": Family(sizes=None, fits=nearest_free_size),
    "gpt-image-2.5-flare": Family(sizes=None, fits=nearest_free_size),
    # Named by the Python SDK, which says nothing of their sizes but that all GPT image models draw the standard ones.
    "gpt-image-2.6-sunburst": UNKNOWN,
    "gpt-image-2.6-flare": UNKNOWN,
    "chatgpt-image-latest": UNKNOWN,
}


def family_of(model: str) -> Family:
    """The family of a model or of one of its dated snapshots."""
    return FAMILIES.get(_SNAPSHOT.sub("", model), UNKNOWN)
