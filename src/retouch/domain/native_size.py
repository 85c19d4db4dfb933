"""Which of the sizes that a model draws serves a wanted one best: one rule for planning and for every engine."""

from collections.abc import Iterable

from retouch.domain.picture import Size


def native_size(wanted: Size, sizes: Iterable[Size]) -> Size:
    """Of the sizes of the nearest aspect the smallest that is as wide and as high as wanted, else the largest.

    Aspects that differ by less than 0.05 % are the same. Raises ValueError where there are no sizes.
    """

    def distance(native: Size) -> tuple[float, bool, int]:
        ours, theirs = wanted.width / wanted.height, native.width / native.height
        short = native.width < wanted.width or native.height < wanted.height
        return round(max(ours, theirs) / min(ours, theirs), 3), short, -native.area if short else native.area

    return min(sizes, key=distance)
