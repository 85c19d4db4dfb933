"""What an account's tier allows, and what it makes of a resolution that is left to it."""

import pytest

from retouch.domain.edit import EditRequest, ImageInput
from retouch.domain.errors import Code, RetouchError
from retouch.domain.model import Model
from retouch.domain.picture import Size
from retouch.domain.resolution import AccountTier, Resolution
from retouch.routing.tiers import within_tier

R = Resolution
SMALL, LARGE = Size(300, 200), Size(3000, 2000)
ALL = Model(id="all", owned_by="t", summary="")
UP_TO_2K = Model(id="up-to-2k", owned_by="t", summary="", resolutions=(R.P640, R.K1, R.K2))
FROM_1K = Model(id="from-1k", owned_by="t", summary="", resolutions=(R.K1, R.K2, R.K4))
SIZES_ALONE = Model(id="sizes-alone", owned_by="t", summary="", resolutions=())
PAID = Model(id="paid", owned_by="t", summary="", tiers=(AccountTier.CREATOR, AccountTier.PRO))


def request(resolution: object = None, aspect: str | None = None) -> EditRequest:
    return EditRequest(
        prompt="p",
        images=(ImageInput("image", b""),),
        resolution=resolution,  # type: ignore[arg-type]
        aspect_ratio=aspect,
    )


@pytest.mark.parametrize(
    ("model", "tier", "resolution", "aspect", "source", "settled"),
    [
        (ALL, AccountTier.FREE, "auto", None, SMALL, R.P640),
        (ALL, AccountTier.CREATOR, "auto", None, SMALL, R.K2),
        (ALL, AccountTier.BUSINESS, "auto", "1:1", SMALL, R.K4),
        (UP_TO_2K, AccountTier.BUSINESS, "auto", None, SMALL, R.K2),
        (SIZES_ALONE, AccountTier.FREE, "auto", None, SMALL, None),
        (ALL, AccountTier.FREE, "usual", None, SMALL, R.P640),
        (ALL, AccountTier.CREATOR, "usual", None, SMALL, None),
        (ALL, AccountTier.CREATOR, "usual", "auto", LARGE, R.K2),
        (ALL, AccountTier.PRO, "usual", None, LARGE, None),
        (ALL, AccountTier.PRO, "usual", "16:9", LARGE, R.K1),
        (FROM_1K, AccountTier.PRO, "usual", "16:9", LARGE, R.K1),
        (SIZES_ALONE, AccountTier.PRO, "usual", "16:9", LARGE, None),
        (ALL, AccountTier.FREE, R.P640, None, LARGE, R.P640),
        (ALL, AccountTier.CREATOR, R.K2, None, LARGE, R.K2),
        (ALL, AccountTier.FREE, None, None, LARGE, None),
    ],
)
def test_a_resolution_that_is_left_to_the_tier(  # noqa: PLR0917 - a row of the table
    model: Model, tier: AccountTier, resolution: object, aspect: str | None, source: Size, settled: Resolution | None
) -> None:
    """`auto` is the best that model and tier allow, `usual` costs no more than none."""
    assert within_tier(request(resolution, aspect), model, tier, source).resolution == settled


@pytest.mark.parametrize(
    ("model", "tier", "resolution", "param"),
    [
        (ALL, AccountTier.FREE, R.K1, "resolution"),
        (ALL, AccountTier.CREATOR, R.K4, "resolution"),
        (PAID, AccountTier.FREE, None, "model"),
        (PAID, AccountTier.BUSINESS, None, "model"),
    ],
)
def test_what_the_tier_does_not_allow(
    model: Model, tier: AccountTier, resolution: Resolution | None, param: str
) -> None:
    """FORBIDDEN, naming the tier."""
    with pytest.raises(RetouchError) as caught:
        within_tier(request(resolution), model, tier, SMALL)
    assert (caught.value.code, caught.value.param) == (Code.FORBIDDEN, param)
    assert tier.value in caught.value.message
