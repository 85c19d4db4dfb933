"""Pictures handed in before the request that uses them: an address to write to once, then a path to name."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from retouch.admission.keys import Caller
from retouch.domain.edit import ImageInput
from retouch.domain.errors import Code, RetouchError, invalid_image
from retouch.domain.picture import Buffer
from retouch.domain.project import Upload
from retouch.pixels.sniff import ALLOWED, guess, sniff
from retouch.stores.objects import Objects
from retouch.stores.uploads import Uploads

#: What paths begin with: Magic Hour's SDK tells by it what is uploaded already (magic_hour 0.90.0, files/client.py).
PREFIX = "api-assets/"
#: Where the bytes lie.
UPLOADS = "uploads"
#: How long an address can be written to.
LASTS = timedelta(hours=1)
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
        paths = {PREFIX + name: f"{UPLOADS}/{caller.account_id}/_{name}" for name in names}
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

    async def claim(self, upload: Upload) -> None:
        """Become the one who writes. Raises GONE for an address that was used."""
        if not await self._uploads.claim(upload.path):
            raise RetouchError(Code.GONE, "This upload address was used already, or has expired.", retryable=False)

    async def release(self, upload: Upload) -> None:
        """Let another try: nothing came, or not all."""
        await self._uploads.release(upload.path)

    async def keep(self, upload: Upload, data: Buffer) -> None:
        """Keep what came, by whoever has claimed it. Raises INVALID_IMAGE for what is no picture, FORBIDDEN."""
        if sniff(data) is None:
            raise invalid_image("body", f"{ALLOWED}; this is {guess(data)}.")
        await self._objects.put(upload.key, data)
        if not await self._uploads.store(upload, len(data), most_bytes=self._quota):
            await self._objects.delete(upload.key)
            raise self._full()

    async def read(self, path: str, field: str, caller: Caller) -> ImageInput:
        """The picture that the caller's account has handed in. Raises NOT_FOUND, for another's as for none."""
        key = await self._uploads.key(path, caller.account_id) if _PATH.fullmatch(path) else None
        if key is None:
            raise RetouchError(Code.NOT_FOUND, f"There is no upload {path!r}.", param=field)
        return ImageInput(field, await self._objects.get(key))

    def _full(self) -> RetouchError:
        message = f"This account has uploaded as much as it may: {self._quota // 1_000_000} MB within seven days."
        return RetouchError(Code.FORBIDDEN, message, retryable=False)


#: The endings of files that are read. What counts is the content.
ENDINGS = ("png", "jpg", "jpeg", "jfif", "webp", "gif", "tiff", "tif", "bmp", "avif", "heic", "heif")
