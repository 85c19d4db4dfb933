"""What editing needs of the ledger, and the ledger of a place where nothing is charged."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from retouch.domain.ledger import Admission, Calls, EditRecord, EditState, Outcome, Output, Settlement, Verdict

#: What is added to the transaction that accepts or ends an edit: given the database's connection and the edit's id.
Also = Callable[[Any, str], Awaitable[None]]


class Ledger(Protocol):
    """Where edits are admitted, charged, settled and found again (stores/ledger.py has it in PostgreSQL)."""

    async def admit(self, admission: Admission, also: Also | None = None, /) -> Verdict:
        """Accept and charge an edit, or say why not; `also` runs in the same transaction if it is accepted."""
        ...

    async def settle(self, settlement: Settlement, also: Also | None = None, /) -> bool:
        """End an edit and pay back what is due, once; False where it was ended or started again by another.

        `also` runs in the same transaction if it is ended.
        """
        ...

    async def recall(self, account_id: str, route: str, key: str, fingerprint: str, /) -> Verdict | None:
        """What an idempotency key stands for: REPLAY with its edit, CONFLICT, or None for a new one."""
        ...

    async def join(self, key_id: str, route: str, fingerprint: str, attempt: int, /) -> str | None:
        """The edit that retry number `attempt` (above 0) of the same request continues, if there is one."""
        ...

    async def requeue(self, edit_id: str, attempt: int, calls: Calls = (), /) -> bool:
        """Give a started edit back to be run later, with what was called for it; False where it is no longer ours."""
        ...

    async def renew(self, held: Mapping[str, int], calls: Mapping[str, Calls] | None = None, /) -> set[str]:
        """Say that these edits (attempt number by id) are being worked on; those that still are ours.

        `calls` is by id what their records are to have if this process dies.
        """
        ...

    async def note(self, edit_id: str, attempt: int, outputs: Sequence[Output], /) -> bool:
        """Keep what is finished of a running edit; False where it is no longer ours."""
        ...

    async def deliver(self, edit_ids: Sequence[str], /) -> None:
        """Note that these answers have reached their clients: no retry joins them any more."""
        ...

    async def state(self, edit_id: str, /) -> EditState | None:
        """Where an edit stands."""
        ...

    async def find(self, edit_id: str, /) -> EditRecord | None:
        """Everything that is kept of an edit."""
        ...


class NoLedger:
    """Nothing is charged and nothing is kept: edits on the command line, with no database."""

    async def admit(self, admission: Admission, also: Also | None = None, /) -> Verdict:
        """Everything is accepted."""
        if also is not None:
            raise NotImplementedError("an edit for later needs a database")
        return Verdict(Outcome.ACCEPTED, admission.edit_id, 0)

    async def settle(self, settlement: Settlement, also: Also | None = None, /) -> bool:
        """Nothing to pay back."""
        del settlement, also
        return True

    async def recall(self, account_id: str, route: str, key: str, fingerprint: str, /) -> Verdict | None:
        """No key stands for anything."""
        del account_id, route, key, fingerprint
        return None

    async def join(self, key_id: str, route: str, fingerprint: str, attempt: int, /) -> str | None:
        """Nothing to join."""
        del key_id, route, fingerprint, attempt
        return None

    async def requeue(self, edit_id: str, attempt: int, calls: Calls = (), /) -> bool:
        """Nothing waits."""
        del edit_id, attempt, calls
        return False

    async def renew(self, held: Mapping[str, int], calls: Mapping[str, Calls] | None = None, /) -> set[str]:
        """Nobody else works on these."""
        del calls
        return set(held)

    async def note(self, edit_id: str, attempt: int, outputs: Sequence[Output], /) -> bool:
        """Nobody else would go on from there."""
        del edit_id, attempt, outputs
        return True

    async def deliver(self, edit_ids: Sequence[str], /) -> None:
        """Nobody asks for it again."""

    async def state(self, edit_id: str, /) -> EditState | None:
        """Nothing is known."""
        del edit_id
        return None

    async def find(self, edit_id: str, /) -> EditRecord | None:
        """Nothing is known."""
        del edit_id
        return None
