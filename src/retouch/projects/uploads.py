"""Pictures handed in before the request that uses them: an address to write to once, then a path to name."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from retouch.admission.keys import Caller
from retouch.domain.edit import ImageInput
from retouch.domain.errors import Code, RetouchError, invalid_image
from retouch.domain.picture import Buffer
from retouch.domain.project import Upload
from retouch.pixels.sniff import ALLOWED, guess, sniff
from retouch.stores.objects import Objects
from retouch.stores.uploads import Stored, Uploads

#: What paths begin with: Magic Hour's SDK tells by it what is uploaded already (magic_hour 0.90.0, files/client.py).
PREFIX = "api-assets/"
#: Where the bytes lie.
UPLOADS = "uploads"
#: How long an address can be written to.
LASTS = timedelta(hours=1)
#: How long keeping a picture in the store takes at the most, once it has come.
KEEPING = timedelta(minutes=1)
#: Uploads of an account, those to come included.
MOST = 10_000

_PATH = re.compile(r"api-assets/[A-Za-z0-9_-]{22}\.[a-z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture can be handed in: `path` names it in requests."""

    path: str
    account_id: str
    max_bytes: int
    expires_at: datetime


class Uploading:
    """Uploads of accounts: at most `max_bytes` each, and `quota` bytes of an account in all."""

    def __init__(self, uploads: Uploads, objects: Objects, *, max_bytes: int, quota: int) -> None:
        self._uploads = uploads
        self._objects = objects
        self._quota = quota
        self.max_bytes = max_bytes

    async def offer(self, caller: Caller, endings: Sequence[str]) -> list[Place]:
        """A place for each file, in order. Raises FORBIDDEN where the account has handed in as much as it may."""
        expires_at = datetime.now(UTC).replace(microsecond=0) + LASTS
        names = [f"{secrets.token_urlsafe(16)}.{ending}" for ending in endings]
        paths = {PREFIX + name: _key(caller.account_id, name) for name in names}
        offered = await self._uploads.add(
            caller.account_id,
            paths,
            max_bytes=self.max_bytes,
            expires_at=expires_at,
            most=MOST,
            most_bytes=self._quota,
        )
        if not offered:
            raise self._full()
        return [Place(path, caller.account_id, self.max_bytes, expires_at) for path in paths]

    async def find(self, path: str) -> Upload:
        """The upload of a path. Raises NOT_FOUND."""
        found = await self._uploads.find(path) if _PATH.fullmatch(path) else None
        if found is None:
            raise RetouchError(Code.NOT_FOUND, "There is no such upload.")
        return found

    async def claim(self, upload: Upload, seconds: float) -> Upload:
        """Become the one who writes, whose bytes come within `seconds`; the upload as it is theirs.

        Raises GONE for an address that was used, OVERLOADED for one that is being used: if that writer has died, the
        address can be used again once it would have ended. Each writes to a place of its own, so that one who comes to
        life again changes nothing.
        """
        mine = replace(upload, key=_key(upload.account_id, upload.path.removeprefix(PREFIX), secrets.token_hex(4)))
        if await self._uploads.claim(upload.path, mine.key, timedelta(seconds=seconds) + KEEPING):
            return mine
        now = await self._uploads.find(upload.path)
        if now is None or now.receiving_until is None or now.receiving_until > now.expires_at:
            raise _gone()
        wait = max(1.0, (now.receiving_until - datetime.now(UTC)).total_seconds())
        message = f"This upload address is being used. If nothing comes of that, it can be used again in {wait:.0f} s."
        raise RetouchError(Code.OVERLOADED, message, retry_after=wait)

    async def release(self, upload: Upload) -> None:
        """Let another try: nothing came, or not all."""
        await self._uploads.release(upload.path, upload.key)

    async def keep(self, upload: Upload, data: Buffer) -> None:
        """Keep what came, by whoever has claimed it. Raises INVALID_IMAGE for what is no picture, FORBIDDEN, GONE."""
        if sniff(data) is None:
            raise invalid_image("body", f"{ALLOWED}; this is {guess(data)}.")
        await self._objects.put(upload.key, data)
        stored = await self._uploads.store(upload, len(data), most_bytes=self._quota)
        if stored is not Stored.KEPT:
            await self._objects.delete(upload.key)
            raise self._full() if stored is Stored.FULL else _gone()

    async def read(self, path: str, field: str, caller: Caller) -> ImageInput:
        """The picture that the caller's account has handed in. Raises NOT_FOUND, for another's as for none."""
        key = await self._uploads.key(path, caller.account_id) if _PATH.fullmatch(path) else None
        if key is None:
            raise RetouchError(Code.NOT_FOUND, f"There is no upload {path!r}.", param=field)
        return ImageInput(field, await self._objects.get(key))

    def _full(self) -> RetouchError:
        message = f"This account has uploaded as much as it may: {self._quota // 1_000_000} MB within seven days."
        return RetouchError(Code.FORBIDDEN, message, retryable=False)


def _key(account_id: str, name: str, writer: str = "") -> str:
    """Where an upload lies."""
    return f"{UPLOADS}/{account_id}/{writer}_{name}"


def _gone() -> RetouchError:
    return RetouchError(Code.GONE, "This upload address was used already, or has expired.", retryable=False)


#: The endings of files that are read. What counts is the content.
ENDINGS = ("png", "jpg", "jpeg", "jfif", "webp", "gif", "tiff", "tif", "bmp", "avif", "heic", "heif")
