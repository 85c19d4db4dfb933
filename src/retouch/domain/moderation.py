"""Whether what is asked for may be done at all, judged before an engine sees it."""

from dataclasses import dataclass
from typing import Protocol

from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import Picture


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: the prompt, and the pictures by the field that each came in."""

    prompt: str
    pictures: tuple[tuple[str, Picture], ...]


class Moderator(Protocol):
    """Who judges. A new one is a file in engines/moderation, and a line in its list."""

    async def judge(self, subject: Subject, deadline: float) -> None:
        """Return if it may be done; `deadline` is on the clock of `time.monotonic`.

        Raises RetouchError: `not_allowed`, or `undecided` where there is no verdict, for whatever reason.
        """
        ...


def not_allowed(categories: list[str], param: str | None) -> RetouchError:
    """The verdict against it: what it was found to be, and the field at fault if it is one."""
    found = ", ".join(categories)
    message = f"The request was refused by this server's content moderation: {found}."
    return RetouchError(
        Code.CONTENT_POLICY_VIOLATION, message, param=param, extras={"categories": categories}, retryable=False
    )


def undecided(code: Code, retry_after: float | None = None) -> RetouchError:
    """No verdict could be had: nothing is edited then."""
    message = "The content moderation of this server gives no verdict at the moment, so nothing was edited."
    return RetouchError(code, message, retry_after=retry_after)
