"""The one unit in which sizes of data are set and told: a megabyte is a million bytes."""

MB = 1_000_000


def in_words(size: int) -> str:
    """A size in bytes as people read it: `50 MB`, `1.5 MB`, `900 bytes`."""
    return f"{size / MB:.10g} MB" if size >= MB else f"{size:,} bytes"
