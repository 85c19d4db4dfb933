"""Sizes as Magic Hour's editor words them: how long the longest edge is, and an aspect ratio."""

from enum import StrEnum

from retouch.domain.picture import Size

#: The aspect ratios that Magic Hour's editor takes (magic_hour 0.90.0).
ASPECT_RATIOS = ("auto", "16:9", "9:16", "4:3", "3:2", "1:1", "4:5", "2:3")


class Resolution(StrEnum):
    """The longest edge of an answer: exactly 640, 1024, 2048 or 4096 pixels."""

    P640 = "640px"
    K1 = "1k"
    K2 = "2k"
    K4 = "4k"

    @property
    def edge(self) -> int:
        """The longest edge, pixels."""
        return _EDGES[self]

    def size(self, aspect: str | None, source: Size) -> Size:
        """The exact size in the aspect `a:b`; None and `auto` are that of the `source`. The other edge is rounded."""
        width, height = source.width, source.height
        if aspect not in (None, "auto"):
            width, height = (int(part) for part in str(aspect).split(":"))
        longest = max(width, height)

        def scaled(edge: int) -> int:
            return max(1, (2 * edge * self.edge + longest) // (2 * longest))

        return Size(scaled(width), scaled(height))


_EDGES = {Resolution.P640: 640, Resolution.K1: 1024, Resolution.K2: 2048, Resolution.K4: 4096}


class AccountTier(StrEnum):
    """What an account has subscribed to, the smallest first."""

    FREE = "free"
    CREATOR = "creator"
    PRO = "pro"
    BUSINESS = "business"

    @property
    def most(self) -> Resolution:
        """The highest resolution that it may ask for."""
        return _MOST[self]

    @property
    def resolutions(self) -> tuple[Resolution, ...]:
        """Every resolution that it may ask for, the lowest first."""
        return tuple(one for one in Resolution if one.edge <= self.most.edge)


_MOST = {
    AccountTier.FREE: Resolution.P640,
    AccountTier.CREATOR: Resolution.K2,
    AccountTier.PRO: Resolution.K4,
    AccountTier.BUSINESS: Resolution.K4,
}
