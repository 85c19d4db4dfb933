"""Where finished images are kept: those answered as links, and all others for a retry and for GET /v1/edits."""

from collections.abc import Sequence
from datetime import UTC, datetime

from retouch.domain.errors import Code, RetouchError
from retouch.domain.ledger import EditRecord, Output
from retouch.domain.picture import Format, Size
from retouch.editing.events import Edit, FinalImage
from retouch.finishing import Finished
from retouch.stores.objects import Objects


class Outputs:
    """The images of edits, by day, edit and attempt; without a store nothing is kept."""

    def __init__(self, objects: Objects | None) -> None:
        self._objects = objects

    async def put(self, edit: Edit, index: int, image: Finished, stored: list[str]) -> str | None:
        """Keep an image; its key, which is also added to `stored`."""
        if self._objects is None:
            return None
        day = datetime.fromtimestamp(edit.created, UTC).date().isoformat()
        # By attempt, so that one whose lease was lost cannot take away what the next one has made. Magic Hour's SDK
        # saves under the last part alone (magic_hour 0.90.0, helpers/download.py): it is no other image's.
        key = f"outputs/{day}/{edit.id}/{edit.id}-{edit.attempt}-{index}.{image.format.value}"
        stored.append(key)  # before it is there: an upload that is cut off may have arrived all the same
        # Who waits gets the picture right away; who comes for it later has paid for what must still be there.
        await self._objects.put(key, image.data, durable=edit.admission.queued)
        return key

    async def delete(self, keys: Sequence[str]) -> None:
        """Forget images again."""
        if self._objects is not None:
            for key in keys:
                await self._objects.delete(key)

    async def read(self, record: EditRecord, *, bytes_too: bool) -> list[FinalImage]:
        """The images of an edit that was settled, in order; without their bytes unless `bytes_too`.

        Raises RetouchError (GONE) when one has expired.
        """
        return [await self._read(output, bytes_too=bytes_too) for output in record.outputs]

    async def _read(self, output: Output, *, bytes_too: bool) -> FinalImage:
        data = b""
        try:
            if self._objects is None:
                raise _gone()
            if bytes_too:
                data = await self._objects.get(output.key)
            else:
                await self._objects.head(output.key)
        except RetouchError as error:
            raise _gone() if error.code is Code.NOT_FOUND else error from error
        return image_of(output, data)


def edit_of(key: str) -> str:
    """The id of the edit that an image's key is of."""
    return key.split("/")[2]


def image_of(output: Output, data: bytes = b"") -> FinalImage:
    """An image as its record says, with its bytes if they are at hand."""
    image = Finished(data, Format(output.format), Size(output.width, output.height), output.background)
    return FinalImage(output.index, image, output.key, output.revised_prompt)


def output_of(final: FinalImage) -> Output:
    """What the record says of an image. It has a key."""
    image = final.image
    assert final.key is not None, "kept images have keys"  # noqa: S101
    return Output(
        index=final.index,
        key=final.key,
        width=image.size.width,
        height=image.size.height,
        format=image.format.value,
        background=image.background,
        revised_prompt=final.revised_prompt,
    )


def _gone() -> RetouchError:
    message = "The images of this edit have expired. Nothing was charged for this request."
    return RetouchError(Code.GONE, message, retryable=False)
