"""Files that are kept: a folder of this machine, or a bucket."""

import asyncio
import atexit
import mimetypes
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import Buffer
from retouch.stores.local_file import Writing

if TYPE_CHECKING:  # these exist for type checkers only
    from obstore import ObjectMeta
    from obstore.store import ClientConfig, RetryConfig

_PART = r"[A-Za-z0-9_][A-Za-z0-9._=-]*"
_KEY = re.compile(rf"{_PART}(/{_PART})*")
_LONGEST_KEY = 512
_RETRY_AFTER = 5.0
#: obstore's threads let go of Python's objects a moment after an answer was awaited. Where the interpreter ends in that
#: moment (one command in eight, without this pause), it aborts the process: seconds.
_LETTING_GO = 0.1
_RETRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """A kept file: its key, bytes, when it was put (UTC), and a tag that changes with its content."""

    key: str
    size: int
    modified: datetime
    etag: str | None


class Objects:
    """Files by key, such as `outputs/2026-11-21/edit_.../0.png`. A file appears whole or not at all."""

    def __init__(self, store: ObjectStore, place: str, folder: Path | None = None, *, own: bool = False) -> None:
        """Use `Objects.open`. `place` is what an operator calls it, `folder` where this machine has its files.

        `own` where it lies with the rest of our data: not behind a network, for others to see.
        """
        atexit.unregister(_let_go)
        atexit.register(_let_go)
        self._store = store
        self.place = place
        self._folder = folder
        self._writing = Writing(in_place=own)

    @classmethod
    def open(cls, folder: Path, url: str | None = None) -> Self:
        """The store at `url` (s3://, gs://, az://, file://), or without one the `folder`, made private to us.

        Buckets take credentials and endpoint from their providers' own variables (AWS_..., GOOGLE_..., AZURE_...).
        Connects to nothing yet. Raises RetouchError (INVALID_REQUEST) for a URL that cannot be used.
        """
        if url is not None and urlsplit(url).scheme == "file":
            folder = Path(unquote(urlsplit(url).path))
        elif url is not None:
            try:
                return cls(from_url(url, client_options=_client_options(), retry_config=_RETRIES), url)
            except (BaseError, ValueError) as error:
                message = f"RETOUCH_STORAGE_URL ({url}) cannot be used: {why(error)}"
                raise RetouchError(Code.INVALID_REQUEST, message) from error
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(LocalStore(folder, automatic_cleanup=True), str(folder.absolute()), folder, own=url is None)

    async def put(self, key: str, data: Buffer, *, durable: bool = False) -> None:
        """Keep a file, in place of one that has this key already.

        In a folder of this machine it outlasts the end of this process, and a loss of power if it is to be `durable`;
        buckets see to that themselves.
        """
        checked(key)
        async with _border():
            if self._folder is not None:
                await self._writing.write(self._folder / key, data, durable=durable)
                return
            await obstore.put_async(self._store, key, bytes(data), attributes={"Content-Type": media_type(key)})

    async def _make_private(self, key: str) -> None:
        if self._folder is not None:
            with suppress(FileNotFoundError):  # deleted meanwhile
                await asyncio.to_thread(os.chmod, self._folder / key, 0o600)

    async def get(self, key: str) -> bytes:
        """A whole file. Raises RetouchError (NOT_FOUND)."""
        checked(key)
        async with _border():
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        """The bytes from `start` up to, not including, `end`. Raises RetouchError (NOT_FOUND)."""
        checked(key)
        async with _border():
            return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))

    async def head(self, key: str) -> ObjectInfo:
        """What is known of a file without reading it. Raises RetouchError (NOT_FOUND)."""
        checked(key)
        async with _border():
            return _info(await obstore.head_async(self._store, key))

    async def delete(self, key: str) -> None:
        """Remove a file; removing what is not there is no error."""
        checked(key)
        async with _border():
            try:
                await obstore.delete_async(self._store, key)
            except FileNotFoundError:
                return

    async def read(self, key: str) -> tuple[int, AsyncIterator[bytes]]:
        """A file's size and its bytes, piece by piece. Raises RetouchError (NOT_FOUND), also while it is read."""
        checked(key)
        async with _border():
            found = await obstore.get_async(self._store, key)

        async def pieces() -> AsyncIterator[bytes]:
            async with _border():
                async for piece in found.stream():
                    yield bytes(piece)

        return found.meta["size"], pieces()

    async def write(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """Keep a file that comes piece by piece, in place of one that has this key already."""
        checked(key)
        async with _border():
            if self._folder is None:
                await obstore.put_async(self._store, key, pieces, attributes={"Content-Type": media_type(key)})
                return
            await obstore.put_async(self._store, key, pieces)
            await self._make_private(key)

    async def list(self, prefix: str | None = None) -> AsyncIterator[ObjectInfo]:
        """Every file of ours, or those under a folder such as `outputs` or `outputs/2026-11-21`, in no order."""
        if prefix is not None:
            checked(prefix)
        async with _border():
            async for found in obstore.list(self._store, prefix=prefix):
                for meta in found:
                    if _KEY.fullmatch(meta["path"]):  # a desktop's own files, in a folder that somebody has opened
                        yield _info(meta)

    async def delete_older_than(self, prefix: str, age: timedelta) -> int:
        """Remove the files under a folder that were put longer ago than `age`; how many those were."""
        limit = datetime.now(UTC) - age
        old = [found.key async for found in self.list(prefix) if found.modified < limit]
        for key in old:
            await self.delete(key)
        return len(old)


def _let_go() -> None:
    time.sleep(_LETTING_GO)


def checked(key: str) -> str:
    """The key itself, if it is a plain path downwards. Raises RetouchError (NOT_FOUND), as for any file not there."""
    if len(key) > _LONGEST_KEY or not _KEY.fullmatch(key):
        raise not_found()
    return key


def media_type(key: str) -> str:
    """The MIME type that a key's ending stands for."""
    return mimetypes.guess_type(key)[0] or "application/octet-stream"


def why(error: BaseException) -> str:
    """What a store said of an error, in a short line, without what is for its makers."""
    return " ".join(str(error).partition("Debug source")[0].split())[:200]


def _info(meta: "ObjectMeta") -> ObjectInfo:
    return ObjectInfo(meta["path"], meta["size"], meta["last_modified"], meta["e_tag"])


def _client_options() -> "ClientConfig":
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT") or ""
    # Plain HTTP only where the operator wrote it: a MinIO or the like beside the server.
    plain: ClientConfig = {"allow_http": True} if endpoint.startswith("http://") else {}
    return {"connect_timeout": "5s", "timeout": "60s", **plain}


def not_found() -> RetouchError:
    """The error for a file that is not there; also for a link that is not good, so that trying tells nothing."""
    return RetouchError(Code.NOT_FOUND, "There is no such file.")


@asynccontextmanager
async def _border() -> AsyncIterator[None]:
    """Turn the store's errors into ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise not_found() from error
    except (BaseError, OSError) as error:
        raise RetouchError(
            Code.OVERLOADED, "The file store does not answer. Try again shortly.", retry_after=_RETRY_AFTER
        ) from error
