"""`retouch edit`: edit files with no server."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from retouch.admission.keys import Caller
from retouch.app import local_editing
from retouch.cli.settings import read_settings
from retouch.domain.edit import EditRequest, ImageInput
from retouch.domain.errors import Code, RetouchError
from retouch.editing import Editing, FinalImage
from retouch.wire.form.bounds import FormBounds
from retouch.wire.form.draft import Draft
from retouch.wire.form.fields import slot_of

#: Nobody's account: the command line edits with no server and no key.
_LOCAL = Caller(account_id="local", key_id="local", scopes=frozenset({"edit"}), error_format=None)

#: The fault is ours or a machine's, not the request's: another try may work.
_OURS = {Code.INTERNAL_SERVER_ERROR, Code.UPSTREAM_ERROR, Code.UPSTREAM_TIMEOUT, Code.OVERLOADED}


class Exit(IntEnum):
    """What a script can tell from the exit status; with several inputs, the first failure's."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3


@dataclass(frozen=True)
class Job:
    """One edit to make: what is asked, and where its images go."""

    label: str
    request: EditRequest
    outputs: tuple[Path, ...]


def edit(  # noqa: PLR0917 - each is an option
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Images to edit.", exists=True, dir_okay=False)],
    prompt: Annotated[str, typer.Option("--prompt", "-p", help="What to do, in words.")],
    mask: Annotated[
        Path | None, typer.Option(help="Marks the area to edit: transparent or white.", exists=True, dir_okay=False)
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model of `retouch models`.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File or folder. (default: IN-edited beside each input)")
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
    fields: dict[str, object] = {
        "prompt": prompt,
        "model": model,
        "n": n,
        "size": size,
        "fit": fit,
        "background": background,
        "output_format": format_ or _format_of(output),
        "output_compression": compression,
        "seed": seed,
        "response_format": "b64_json",
    }
    console = Console(stderr=True)
    groups = [tuple(inputs)] if together else [(path,) for path in inputs]
    try:
        jobs = [_job(group, mask, fields, output, many=len(groups) > 1) for group in groups]
    except (RetouchError, OSError) as error:
        console.print(f"retouch: {error}", style="red", highlight=False, markup=False)
        raise typer.Exit(Exit.USAGE) from None
    raise typer.Exit(asyncio.run(_run(jobs, console)))


def _job(
    group: Sequence[Path], mask: Path | None, fields: dict[str, object], output: Path | None, *, many: bool
) -> Job:
    draft = Draft(FormBounds())
    for name, value in fields.items():
        if value is not None:
            draft.set_scalar(slot_of(name), value)
    for path in group:
        draft.add_picture(slot_of("image"), ImageInput(str(path), path.read_bytes()))
    if mask:
        draft.add_picture(slot_of("mask"), ImageInput(str(mask), mask.read_bytes()))
    request = draft.finish()
    ending = "png" if request.output_format is None else request.output_format.value
    return Job(str(group[0]), request, _outputs(group[0], output, ending, request.n, many=many))


def _outputs(source: Path, output: Path | None, ending: str, n: int, *, many: bool) -> tuple[Path, ...]:
    if output is None:
        first = source.with_name(f"{source.stem}-edited.{ending}")
    elif many or output.is_dir():
        output.mkdir(parents=True, exist_ok=True)
        first = output / f"{source.stem}.{ending}"
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        first = output
    return (first,) if n == 1 else tuple(first.with_stem(f"{first.stem}-{index + 1}") for index in range(n))


def _format_of(output: Path | None) -> str | None:
    known = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
    return None if output is None else known.get(output.suffix.lower())


async def _run(jobs: Sequence[Job], console: Console) -> Exit:
    status = Exit.DONE
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    async with local_editing(read_settings()) as editing:
        with Progress(*columns, console=console) as progress:
            bar = progress.add_task("", total=sum(len(job.outputs) for job in jobs))
            for job in jobs:
                progress.update(bar, description=job.label)
                try:
                    await _edit(editing, job, partial(progress.advance, bar))
                except RetouchError as error:
                    progress.console.print(f"{job.label}: {error.message}", style="red", highlight=False, markup=False)
                    status = status or (Exit.FAILED if error.code in _OURS else Exit.REFUSED)
    return status


async def _edit(editing: Editing, job: Job, advance: Callable[[], None]) -> None:
    answer = await editing.begin(job.request, _LOCAL)
    async for event in answer.events(bytes_too=True):
        if isinstance(event, FinalImage):
            path = job.outputs[event.index]
            path.write_bytes(event.image.data)
            typer.echo(path)
            advance()
