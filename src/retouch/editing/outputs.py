"""Where finished images are kept that are answered as links."""

from collections.abc import Sequence
from datetime import UTC, datetime

from retouch.editing.events import Edit
from retouch.finishing import Finished
from retouch.stores.objects import Objects


class Outputs:
    """The images of edits, by day and edit; without a store no edit is answered by link."""

    def __init__(self, objects: Objects | None) -> None:
        self._objects = objects

    async def put(self, edit: Edit, index: int, image: Finished, stored: list[str]) -> str | None:
        """Keep an image if the answer links to it; its key, which is also added to `stored`."""
        if self._objects is None or edit.plan.delivery == "b64_json":
            return None
        day = datetime.fromtimestamp(edit.created, UTC).date().isoformat()
        key = f"outputs/{day}/{edit.id}/{index}.{image.format.value}"
        stored.append(key)  # before it is there: an upload that is cut off may have arrived all the same
        await self._objects.put(key, image.data)
        return key

    async def delete(self, keys: Sequence[str]) -> None:
        """Forget images again."""
        if self._objects is not None:
            for key in keys:
                await self._objects.delete(key)
