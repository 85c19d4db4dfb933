"""`retouch edit`: edit files with no server. Its options; the work is in `edit_files`."""

from pathlib import Path
from typing import Annotated

import typer


def edit(  # noqa: PLR0917 - each is an option
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Images to edit.", exists=True, dir_okay=False)],
    prompt: Annotated[str, typer.Option("--prompt", "-p", help="What to do, in words.")],
    mask: Annotated[
        Path | None, typer.Option(help="Marks the area to edit: transparent or white.", exists=True, dir_okay=False)
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model of `retouch models`.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="File (.png, .jpg, .jpeg, .webp), folder, or - for standard output."
            " (default: IN-edited beside each input)",
        ),
    ] = None,
    n: Annotated[int, typer.Option("-n", help="Images to make of each input.")] = 1,
    size: Annotated[str | None, typer.Option(help="WIDTHxHEIGHT or auto.")] = None,
    fit: Annotated[str | None, typer.Option(help="cover, contain or stretch.")] = None,
    background: Annotated[str | None, typer.Option(help="auto, transparent or opaque.")] = None,
    format_: Annotated[str | None, typer.Option("--format", help="png, jpeg or webp. (default: by -o, or png)")] = None,
    compression: Annotated[int | None, typer.Option(help="Quality of jpeg and webp, 0 to 100.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same input and seed, same bytes.")] = None,
    together: Annotated[bool, typer.Option("--together", help="All inputs are the images of one edit.")] = False,
) -> None:
    """Edit image files by a prompt, with no server.

    Each input is edited by itself unless --together is given. Exit status: 0 all done, 1 an edit failed, 2 wrong
    usage, 3 an edit was refused (image, mask or prompt).
    """
    from retouch.cli.edit_files import edit_files  # noqa: PLC0415 - so that the other commands start sooner

    fields: dict[str, object] = {
        "prompt": prompt,
        "model": model,
        "n": n,
        "size": size,
        "fit": fit,
        "background": background,
        "output_format": format_,
        "output_compression": compression,
        "seed": seed,
        "response_format": "b64_json",
    }
    groups = [tuple(inputs)] if together else [(path,) for path in inputs]
    raise typer.Exit(edit_files(groups, mask, output, fields))
