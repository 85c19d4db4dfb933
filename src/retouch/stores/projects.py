"""Projects: edits for later, with what is needed to run them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from psycopg.rows import kwargs_row, scalar_row, tuple_row

from retouch.domain.ledger import EditState, Output
from retouch.domain.project import Input, Order, Project
from retouch.stores.database import Connection, Database, fetch_one
from retouch.stores.ledger import as_json
from retouch.stores.queries import query

_INSERT, _TURN, _FIND, _LIST = map(query, ("insert_project", "take_turn", "find_project", "list_projects"))
_ORDER, _ASK, _ASKED, _DELETE = map(query, ("find_order", "ask_to_cancel", "cancel_asked", "delete_project"))
_KEEP_JOB, _UNTIDY, _TIDY = map(query, ("keep_job", "untidy_project", "tidy_project"))
_FORGET, _IN_USE, _OUTPUTS = map(query, ("forget_outputs", "inputs_in_use", "outputs_in_use"))


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What a settled project may still have in the store; `deleted` ones keep no outputs.

    `folder` is where outputs lie; it may hold others if the project was `restarted`.
    """

    inputs: Sequence[str]
    outputs: Sequence[str]
    deleted: bool
    folder: str
    restarted: bool


class Projects:
    """The projects of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, connection: Connection, id_: str, account_id: str, name: str | None, order: Order) -> None:
        """Keep the project of an edit that this transaction accepts, and put it in line."""
        inputs = {"folder": order.folder, "images": [asdict(image) for image in order.images]}
        params = {
            "id": id_,
            "account_id": account_id,
            "name": name,
            "request": as_json(order.request),
            "inputs": as_json({**inputs, "mask": order.mask and asdict(order.mask)}),
        }
        await connection.execute(_INSERT, params)
        await connection.execute(_TURN, {"id": id_})

    async def find(self, id_: str, account_id: str) -> Project | None:
        """An account's project."""
        return await self._database.one(kwargs_row(_project), _FIND, {"id": id_, "account_id": account_id})

    async def list(self, account_id: str, *, after: str | None, limit: int) -> list[Project]:
        """An account's projects, newest first, deleted ones left out."""
        params = {"account_id": account_id, "after": after, "limit": limit}
        return await self._database.all(kwargs_row(_project), _LIST, params)

    async def order(self, id_: str) -> tuple[Order, Sequence[Mapping[str, Any]]]:
        """What is to be done, and what providers have of it."""
        found = await self._database.one(tuple_row, _ORDER, {"id": id_})
        assert found is not None, "an edit that waits for its turn has a project"  # noqa: S101
        request, inputs, jobs = found
        mask = inputs["mask"]
        images = [Input(**image) for image in inputs["images"]]
        return Order(request=request, folder=inputs["folder"], images=images, mask=mask and Input(**mask)), jobs

    async def keep_job(self, id_: str, attempt: int, job: Mapping[str, Any]) -> bool:
        """Keep what a provider's queue has taken on; False where another runs the edit now."""
        return await self._database.run(_KEEP_JOB, {"id": id_, "attempt": attempt, "job": as_json([job])}) > 0

    async def ask_to_cancel(self, id_: str, account_id: str) -> bool:
        """Note that the owner wants it stopped; False where the account has no such project."""
        return await self._database.run(_ASK, {"id": id_, "account_id": account_id}) > 0

    async def cancel_asked(self, id_: str) -> bool:
        """Whether the owner wants it stopped."""
        return bool(await self._database.one(scalar_row, _ASKED, {"id": id_}))

    async def delete(self, connection: Connection, id_: str, account_id: str) -> bool:
        """Delete it, which also asks to stop it; False where the account has no such project."""
        return (await connection.execute(_DELETE, {"id": id_, "account_id": account_id})).rowcount > 0

    async def leftovers(self, connection: Connection, id_: str) -> Leftovers | None:
        """What a settled project may still have in the store, held until the transaction ends; None for nothing."""
        found = await fetch_one(connection, tuple_row, _UNTIDY, {"id": id_})
        if found is None:
            return None
        inputs, outputs, deleted, day, restarted = found
        pictures = [*inputs["images"], *filter(None, [inputs["mask"]])]
        return Leftovers(
            inputs=[one["key"] for one in pictures],
            outputs=[one["key"] for one in outputs],
            deleted=deleted,
            folder=f"outputs/{day}/{id_}",
            restarted=restarted,
        )

    async def tidied(self, connection: Connection, id_: str, left: Leftovers) -> None:
        """Note that it has nothing in the store but the outputs of one that is not deleted."""
        await connection.execute(_TIDY, {"id": id_})
        if left.deleted:
            await connection.execute(_FORGET, {"id": id_})

    async def folders_in_use(self) -> set[str]:
        """Where the pictures of unsettled projects lie."""
        return set(await self._database.all(scalar_row, _IN_USE))

    async def outputs_in_use(self, edit_ids: Collection[str]) -> tuple[set[str], set[str]]:
        """The pictures that edits of these ids have, and which of those edits are not settled: they may have more."""
        found = await self._database.all(tuple_row, _OUTPUTS, {"ids": list(edit_ids)})
        return {key for *_, keys in found for key in keys}, {id_ for id_, unsettled, _ in found if unsettled}


def _project(*, state: str, outputs: Sequence[Mapping[str, Any]], **columns: Any) -> Project:
    return Project(state=EditState(state), outputs=tuple(Output(**output) for output in outputs), **columns)
