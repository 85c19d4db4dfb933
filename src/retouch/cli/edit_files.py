"""The work of `retouch edit`: files in, edited files out."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from retouch.admission.keys import Caller
from retouch.app import local_editing
from retouch.cli.outputs import STANDARD, OutputError, format_of, name_outputs
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


def edit_files(
    groups: Sequence[Sequence[Path]], mask: Path | None, output: Path | None, fields: dict[str, object]
) -> Exit:
    """Make an edit of each group of files, and tell what is wrong on standard error, a plain sentence a line."""
    try:
        jobs = _jobs(groups, mask, output, fields)
    except (OutputError, RetouchError, OSError) as error:
        typer.secho(f"retouch: {error}", fg="red", err=True)
        return Exit.USAGE
    return asyncio.run(_run(jobs))


def _jobs(
    groups: Sequence[Sequence[Path]], mask: Path | None, output: Path | None, fields: dict[str, object]
) -> list[Job]:
    asked = {**fields, "output_format": format_of(output, fields["output_format"], many=len(groups) > 1)}
    requests = [_request(group, mask, asked) for group in groups]
    first = requests[0]
    ending = "png" if first.output_format is None else first.output_format.value
    outputs = name_outputs([group[0] for group in groups], output, ending, first.n)
    return [Job(str(group[0]), request, files) for group, request, files in zip(groups, requests, outputs, strict=True)]


def _request(group: Sequence[Path], mask: Path | None, fields: dict[str, object]) -> EditRequest:
    draft = Draft(FormBounds())
    for name, value in fields.items():
        if value is not None:
            draft.set_scalar(slot_of(name), value)
    for path in group:
        draft.add_picture(slot_of("image"), ImageInput(str(path), path.read_bytes()))
    if mask:
        draft.add_picture(slot_of("mask"), ImageInput(str(mask), mask.read_bytes()))
    return draft.finish()


async def _run(jobs: Sequence[Job]) -> Exit:
    status = Exit.DONE
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    async with local_editing(read_settings()) as editing:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            bar = progress.add_task("", total=sum(len(job.outputs) for job in jobs))
            for job in jobs:
                progress.update(bar, description=job.label)
                try:
                    await _edit(editing, job, partial(progress.advance, bar))
                except RetouchError as error:
                    _tell(progress.console, f"{job.label}: {error.message}")
                    status = status or (Exit.FAILED if error.code in _OURS else Exit.REFUSED)
    return status


def _tell(console: Console, sentence: str) -> None:
    """Print above the progress bar, as one line however narrow the terminal is."""
    console.print(sentence, style="red", highlight=False, markup=False, soft_wrap=True)


async def _edit(editing: Editing, job: Job, advance: Callable[[], None]) -> None:
    answer = await editing.begin(job.request, _LOCAL)
    async for event in answer.events(bytes_too=True):
        if isinstance(event, FinalImage):
            path = job.outputs[event.index]
            if path == STANDARD:
                typer.echo(event.image.data, nl=False)
            else:
                path.write_bytes(event.image.data)
                typer.echo(path)
            advance()
