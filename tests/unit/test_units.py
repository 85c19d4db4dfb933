"""Sizes of data in one unit."""

import pytest

from retouch.domain.units import MB, in_words
from retouch.settings import LimitSettings
from retouch.wire.form.bounds import FormBounds


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999_999, "999,999 bytes"), (MB, "1 MB"), (1_500_000, "1.5 MB"), (50 * MB, "50 MB")],
)
def test_a_size_is_told_in_the_unit_that_it_is_set_in(size: int, words: str) -> None:
    assert in_words(size) == words


def test_limits_are_told_as_they_are_set() -> None:
    """A limit of 50 MB is told as 50 MB, whoever meets it."""
    limits = LimitSettings()
    assert in_words(int(limits.image_mb * MB)) == in_words(FormBounds().image_bytes) == "50 MB"
    assert in_words(int(limits.body_mb * MB)) == in_words(FormBounds().body_bytes) == "96 MB"
