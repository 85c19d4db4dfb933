"""Where `retouch edit` writes: names whose endings say what is in the files."""

from collections.abc import Sequence
from pathlib import Path

_FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}


#: `-o -`: standard output, for one image.
STANDARD = Path("-")


class OutputError(Exception):
    """The output that was named cannot be written as it is named."""


def format_of(output: Path | None, asked: object, *, many: bool) -> object:
    """The format that was asked for, or else the one that the output's ending says; None where neither says any.

    many: there are several inputs, so that the output is a folder. Raises OutputError for an ending of no format
    that is written, and where ending and format differ.
    """
    if output is None or output == STANDARD or output.is_dir() or not output.suffix:
        return asked
    said = _FORMATS.get(output.suffix.lower())
    if many and said is None:
        return asked
    if many:
        raise OutputError(f"-o {output}: with several inputs it names a folder.")
    if said is None:
        raise OutputError(f"-o {output}: the name of a file ends in .png, .jpg, .jpeg or .webp.")
    if asked is not None and asked != said:
        raise OutputError(f"-o {output} says {said}, --format says {asked}.")
    return said


def name_outputs(sources: Sequence[Path], output: Path | None, ending: str, n: int) -> list[tuple[Path, ...]]:
    """The files to write for each source, n each, in folders that are made if they are missing.

    Raises OutputError where several sources name one file, or several images standard output, and OSError.
    """
    if output == STANDARD:
        if len(sources) * n != 1:
            raise OutputError(f"-o -: standard output takes one image, and {len(sources) * n} would be made.")
        return [(STANDARD,)]
    firsts = [_first(source, output, ending, many=len(sources) > 1) for source in sources]
    for first in firsts:
        if firsts.count(first) > 1:
            raise OutputError(f"Several inputs would be written to {first}: edit them one after the other.")
        first.parent.mkdir(parents=True, exist_ok=True)
    return [_numbered(first, n) for first in firsts]


def _first(source: Path, output: Path | None, ending: str, *, many: bool) -> Path:
    if output is None:
        return source.with_name(f"{source.stem}-edited.{ending}")
    if many or output.is_dir():
        return output / f"{source.stem}.{ending}"
    return output if output.suffix else output.with_name(f"{output.name}.{ending}")


def _numbered(first: Path, n: int) -> tuple[Path, ...]:
    return (first,) if n == 1 else tuple(first.with_stem(f"{first.stem}-{index + 1}") for index in range(n))
