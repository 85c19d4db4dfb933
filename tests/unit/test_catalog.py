"""The catalogue: what each name promises and costs, and what is said of a table that is wrong."""

import tomllib
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from retouch.domain.edit import QUALITIES, Tier
from retouch.domain.model import MICRO, AccountTier, Model, Resolution
from retouch.routing.catalog import Catalog, CatalogError, load_catalog

#: Every name of the four seeds, and of the models' makers today.
NAMES = [
    "dall-e-2",
    "gpt-image-1",
    "gpt-image-1-mini",
    "gpt-image-1.5",
    "chatgpt-image-latest",
    "gpt-image-2",
    "gpt-image-2-2026-04-21",
    "gpt-image-2.5-flare",
    "gpt-image-2.5-sunburst",
    "gpt-image-2.6-flare",
    "gpt-image-2.6-sunburst",
    "gemini-25-flash-image-preview",
    "gemini-2.5-flash-image",
    "gemini-2.5-flash-image-preview",
    "gemini-3.1-flash-image",
    "gemini-3.1-flash-lite-image",
    "gemini-3-pro-image",
    "gemini-3-pro-image-preview",
    "fal-ai/bytedance/seedream/v4/edit",
    "fal-ai/bytedance/seedream/v4.5/edit",
    "fal-ai/nano-banana/edit",
    "qwen-edit",
    "nano-banana",
    "nano-banana-2",
    "seedream-v4",
    "nano-banana-pro",
    "seedream-v4.5",
    "flux-2-klein",
    "krea-2",
    "qwen-image-2.1",
    "seedream-v5-pro",
    "nano-banana-2-lite",
    "nano-banana-2.1",
    "retouch-classic",
]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog({})


def model(catalog: Catalog, name: str) -> Model:
    found = catalog.find(name)
    assert found is not None, name
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_a_model(catalog: Catalog, name: str) -> None:
    model(catalog, name)


def test_no_name_is_given_twice(catalog: Catalog) -> None:
    names = Counter(name for one in catalog for name in (one.id, *one.aliases))
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize(
    ("name", "price", "resolutions", "free"),
    [
        ("flux-2-klein", 5, "640px 1k 2k", True),
        ("krea-2", 10, "640px 1k", True),
        ("qwen-edit", 10, "640px 1k 2k", True),
        ("qwen-image-2.1", 10, "640px 1k 2k", True),
        ("seedream-v4", 40, "640px 1k 2k 4k", False),
        ("seedream-v4.5", 50, "640px 1k 2k 4k", False),
        ("seedream-v5-pro", 75, "640px 1k 2k", False),
        ("nano-banana", 50, "640px 1k", False),
        ("nano-banana-2-lite", 50, "640px 1k", False),
        ("nano-banana-2", 100, "640px 1k 2k 4k", False),
        ("nano-banana-2.1", 50, "640px 1k 2k 4k", False),
        ("nano-banana-pro", 150, "1k 2k 4k", False),
        ("gpt-image-2", 50, "640px 1k 2k 4k", False),
        ("gpt-image-2.5-flare", 50, "640px 1k 2k 4k", False),
        ("dall-e-2", 20, "", True),
        ("gpt-image-1", 50, "", True),
        ("gemini-25-flash-image-preview", 50, "", True),
        ("fal-ai/bytedance/seedream/v4/edit", 40, "", True),
        ("retouch-classic", 1, "640px 1k 2k 4k", True),
    ],
)
def test_base_price_resolutions_and_tiers(
    catalog: Catalog, name: str, price: int, resolutions: str, free: bool
) -> None:
    found = model(catalog, name)
    assert found.price_of(Tier.MEDIUM) == price * MICRO
    assert " ".join(found.resolutions) == resolutions
    assert (AccountTier.FREE in found.tiers) is free
    assert set(found.tiers) >= {AccountTier.CREATOR, AccountTier.PRO, AccountTier.BUSINESS}


@pytest.mark.parametrize(
    ("name", "images", "prompt", "n"),
    [
        ("retouch-classic", 16, 32_000, 10),
        ("dall-e-2", 1, 1000, 10),
        ("gpt-image-1", 16, 32_000, 10),
        ("gemini-25-flash-image-preview", 16, 4000, 8),
        ("fal-ai/bytedance/seedream/v4/edit", 10, 4000, 8),
        ("qwen-edit", 3, 15_000, 16),
        ("nano-banana-pro", 10, 15_000, 16),
    ],
)
def test_limits(catalog: Catalog, name: str, images: int, prompt: int, n: int) -> None:
    limits = model(catalog, name).limits
    assert (limits.images, limits.prompt, limits.n) == (images, prompt, n)


def test_what_every_model_documents_is_something_that_requests_can_say(catalog: Catalog) -> None:
    for one in catalog:
        assert set(one.qualities) <= QUALITIES.keys()
        assert one.qualities
        assert one.summary
        assert one.default_size is None or one.sizes is None or one.default_size in one.sizes
        # A contract that lists its sizes knows no resolutions, and the other way round.
        assert bool(one.resolutions) is bool(one.aspect_ratios) is (one.sizes is None)


def priced(**more: Any) -> Model:
    found = load_catalog({"m": {"price": 50, **more}}).find("m")
    assert found is not None
    return found


QUALITY = {"quality_prices": {"low": 20, "high": 200}}


@pytest.mark.parametrize(
    ("given", "tier", "resolution", "price"),
    [
        ({}, Tier.MEDIUM, None, 50),
        ({}, Tier.HIGH, None, 50),
        ({}, Tier.MEDIUM, Resolution.P640, 50),
        ({}, Tier.MEDIUM, Resolution.K1, 50),
        ({}, Tier.MEDIUM, Resolution.K2, 75),
        ({}, Tier.MEDIUM, Resolution.K4, 100),
        (QUALITY, Tier.LOW, None, 20),
        (QUALITY, Tier.MEDIUM, None, 50),
        (QUALITY, Tier.HIGH, None, 200),
        (QUALITY, Tier.LOW, Resolution.K2, 30),
        (QUALITY, Tier.HIGH, Resolution.K4, 400),
        # Whole credits for each image, rounded up.
        ({"price": 5}, Tier.MEDIUM, Resolution.K2, 8),
        ({"price": 0.25}, Tier.MEDIUM, None, 1),
        ({"price": 1.000001}, Tier.MEDIUM, None, 2),
        ({"price": 0}, Tier.MEDIUM, Resolution.K4, 0),
        # Factors of the operator's; what is not given stays. Exact: 30 x 1.1 is 33, not 33.000000000000004.
        ({"price": 30, "resolution_factors": {"2k": 1.1}}, Tier.MEDIUM, Resolution.K2, 33),
        ({"resolution_factors": {"2k": 1.1}}, Tier.MEDIUM, Resolution.K4, 100),
        ({"resolution_factors": {"640px": 0.5}}, Tier.MEDIUM, Resolution.P640, 25),
    ],
    ids=str,
)
def test_the_price_of_one_image(given: dict[str, Any], tier: Tier, resolution: Resolution | None, price: int) -> None:
    assert priced(**given).price_of(tier, resolution) == price * MICRO


def test_an_operators_table_changes_what_it_names_and_keeps_the_rest(catalog: Catalog) -> None:
    mine = load_catalog({"nano-banana-pro": {"price": 3, "resolution_factors": {"4k": 9}}})
    found, before = model(mine, "nano-banana-pro"), model(catalog, "nano-banana-pro")
    assert (found.price, found.price_of(Tier.MEDIUM, Resolution.K4)) == (3 * MICRO, 27 * MICRO)
    assert found.resolution_factors[Resolution.K2] == Fraction(3, 2)
    assert (found.aliases, found.routes, found.tiers) == (before.aliases, before.routes, before.tiers)


@pytest.mark.parametrize(
    ("toml", "line", "words"),
    [
        ("[models.mine]\nprice = 3\nprize = 3", 3, ("mine", "prize", "no such key")),
        ("[models.mine]\nprice = -1", 2, ("mine", "price", "greater than or equal to 0")),
        ("[models.mine]\nprice = inf", 2, ("price", "finite")),
        ("[models.mine]\nlimits = { n = 40 }", 2, ("limits.n", "16")),
        ("[models.mine.limits]\nimages = 1\nformats = ['png', 'tga']", 3, ("limits.formats.1", "'tga'", "webp")),
        ("[models.mine]\nroutes = [\n  { engine = 'cpu', model = 'm' },\n  { engine = 'cpu' },\n]", 4, ("missing",)),
        ("[models.mine]\n\nsizes = ['10x10', '10']", 3, ("sizes", "'10' is not a size such as 1024x1024")),
        ("[models.mine]\nsizes = ['10x10']\ndefault_size = '20x20'", 3, ("default_size", "10x10")),
        ("[models.mine]\naspect_ratios = ['16-9']", 2, ("aspect_ratios.0", "16:9")),
        ("[models.mine]\nresolutions = ['3k']", 2, ("resolutions.0", "'640px', '1k', '2k' or '4k'")),
        ("[models.mine]\nqualities = ['best']", 2, ("qualities.0", "'best' is none of low")),
        ("[models.mine]\ntiers = ['gold']", 2, ("tiers.0", "'free'")),
        ("[models.mine]\nquality_prices = { best = 3 }", 2, ("quality_prices.best", "'low'")),
        ("[models.mine]\nresolution_factors = { 8k = 3 }", 2, ("resolution_factors.8k", "'4k'")),
        ("port = 1\n[models.mine]\nprice = 1\naliases = ['other', 'qwen-edit']", 4, ("aliases.1", "qwen-edit already")),
        ("[models.mine]\naliases = ['default']", 2, ("'default'",)),
        ("[models.default]\nprice = 1", 1, ("default_order",)),
        ("[models.qwen-edit]\nprice = 'much'", 2, ("qwen-edit", "price", "number")),
    ],
)
def test_a_wrong_table_is_told_with_file_line_model_and_key(
    tmp_path: Path, toml: str, line: int, words: tuple[str, ...]
) -> None:
    file = tmp_path / "retouch.toml"
    file.write_text(toml)
    with pytest.raises(CatalogError) as caught:
        load_catalog(tomllib.loads(toml)["models"], file)
    told = str(caught.value)
    assert told.startswith(f"{file}, line {line}: ")
    assert not [word for word in words if word not in told], told


def test_a_wrong_table_of_the_environment_is_told_as_such(tmp_path: Path) -> None:
    """The file says nothing of it, or something else."""
    file = tmp_path / "retouch.toml"
    file.write_text("[models.mine]\nprice = 3\n")
    with pytest.raises(CatalogError, match=r"^RETOUCH_MODELS in the environment: model mine, price: "):
        load_catalog({"mine": {"price": -1}}, file)
    with pytest.raises(CatalogError, match=r"^RETOUCH_MODELS in the environment: model mine, prize: "):
        load_catalog({"mine": {"prize": 1}})
