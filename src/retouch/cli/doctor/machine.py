"""The machine: room on the disk, the libraries that read and write pictures, the built-in editor."""

import asyncio
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import numpy as np

from retouch.cli.doctor.findings import Finding, State
from retouch.domain.engine import Engine, EngineCall, Made
from retouch.domain.errors import RetouchError
from retouch.domain.picture import Format, Picture
from retouch.pixels import encode, load, to_raw

#: Bytes free under which pictures and the database soon, or now, find no room.
LITTLE, NONE = 2_000_000_000, 200_000_000


def check_disk(data: Path) -> Finding:
    """Room and rights where the data folder is, or would be made."""
    folder = data.absolute()
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        advice = "let the user that runs Retouch write there, or set RETOUCH_DATA"
        return Finding("data folder", State.PROBLEM, f"{folder} cannot be written to", advice)
    free = shutil.disk_usage(folder).free
    state = State.OK if free >= LITTLE else State.WARNING if free >= NONE else State.PROBLEM
    found = f"{data.absolute()}{'' if data.exists() else ' (made at the first start)'}, {free / 1e9:.1f} GB free"
    return Finding("data folder", state, found, "" if state is State.OK else "make room, or set RETOUCH_DATA elsewhere")


def check_codecs() -> Finding:
    """Every format that is written is written, read again, and compared; AVIF and HEIC have their readers."""
    broken = list(_broken_codecs())
    if broken:
        advice = "install Retouch anew in a fresh environment: its packages bring these libraries"
        return Finding("codecs", State.PROBLEM, "; ".join(broken), advice)
    return Finding("codecs", State.OK, "png, jpeg and webp are written and read; avif and heic are read")


def _broken_codecs() -> Iterator[str]:
    pixels = np.full((16, 16, 4), (200, 120, 40, 255), np.uint8)
    for kind in Format:
        try:
            again = load(Picture(encode(pixels, kind), kind.value, to_raw(pixels).size), param="image")
        except Exception as error:  # whatever a broken library raises is what is to be told
            yield f"{kind}: {type(error).__name__}: {error}"
        else:
            if np.abs(again[:, :, :3].astype(int) - pixels[:, :, :3]).max() > 12:
                yield f"{kind}: what is read is not what was written"
    yield from _missing_readers()


def _missing_readers() -> Iterator[str]:
    try:
        import pi_heif  # noqa: PLC0415 - a library that does not load is a finding

        pi_heif.libheif_version()
    except Exception as error:
        yield f"heic: {error}"
    try:
        import pyvips  # noqa: PLC0415

        if not pyvips.type_find("VipsOperation", "heifload_buffer"):
            yield "avif: libvips was built without its reader"
    except Exception as error:
        yield f"avif: {error}"


async def check_editor(cpu: Engine, seconds: float) -> Finding:
    """The built-in editor edits a small picture in one of its worker processes."""
    pixels = np.full((32, 32, 4), (90, 120, 150, 255), np.uint8)
    deadline = time.monotonic() + seconds
    call = EngineCall(model="classic", prompt="sepia", images=(to_raw(pixels),), seeds=(1,), deadline=deadline)
    started = time.monotonic()
    try:
        async with asyncio.timeout(seconds), aclosing(cpu.run(call)) as events:
            made = [event async for event in events if isinstance(event, Made)]
    except (RetouchError, TimeoutError, OSError) as error:
        advice = (
            "look at the memory and the processes that this user may have; RETOUCH_CPU__WORKERS lowers their number"
        )
        return Finding("built-in editor", State.PROBLEM, str(error) or f"no answer in {seconds:g} s", advice)
    return Finding("built-in editor", State.OK, f"{len(made)} picture edited in {time.monotonic() - started:.1f} s")
