"""`retouch accounts`, `credits` and `usage` as typed in a shell, on a real database."""

from pathlib import Path

import pytest

from clients.test_cli import retouch
from retouch.domain.ledger import EditState, Settlement
from retouch.domain.model import MICRO
from retouch.stores.database import Database
from retouch.stores.ledger import Ledger
from support.money import admission, customer


class Shell:
    """Commands on one database."""

    def __init__(self, database_url: str, cwd: Path) -> None:
        self.database_url = database_url
        self.cwd = cwd

    def __call__(self, *arguments: object, status: int = 0) -> str:
        """What a command prints; to standard error where it is to fail."""
        done = retouch(*arguments, cwd=self.cwd, RETOUCH_DATABASE_URL=self.database_url)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout or done.stderr


@pytest.fixture
def shell(database_url: str, tmp_path: Path) -> Shell:
    return Shell(database_url, tmp_path)


def test_an_account_is_made_shown_set_and_granted_credits(shell: Shell) -> None:
    account = shell("accounts", "create", "Alice", "--credits", "3.5", "--tier", "pro").strip()
    assert account.startswith("acct_")
    assert "Alice" in shell("accounts", "list")
    assert shell("credits", "grant", account, "10", "--note", "invoice 17", "--reference", "17") == "13.5\n"
    assert shell("credits", "grant", account, "10", "--reference", "17") == "13.5\n"
    assert shell("credits", "grant", "--", account, "-1.25") == "12.25\n"
    shown = shell("credits", "show", account)
    assert [line.split()[3] for line in shown.splitlines()[1:]] == ["adjustment", "grant", "grant"]
    assert "invoice 17" in shown
    changed = shell("accounts", "set", account, "--images-per-day", "100", "--spend-cap", "7.5", "--unlimited")
    assert dict(line.rsplit(maxsplit=1) for line in changed.splitlines()[2:])["images a day"] == "100"
    shown = shell("accounts", "show", account)
    assert shown == changed
    assert "7.5" in shown
    again = shell("accounts", "set", account, "--images-per-day", "default", "--limited")
    assert dict(line.rsplit(maxsplit=1) for line in again.splitlines()[2:])["images a day"] == "default"


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (("accounts", "create", "A", "--credits", "-1"), 2, "--credits"),
        (("accounts", "create", "A", "--tier", "gold"), 2, "gold"),
        (("accounts", "show", "acct_none"), 1, "no account acct_none"),
        (("accounts", "set", "acct_none", "--tier", "pro"), 1, "no account acct_none"),
        (("credits", "grant", "acct_none", "5"), 1, "no account acct_none"),
        (("credits", "grant", "acct_none", "0"), 2, "AMOUNT"),
        (("credits", "grant", "acct_none", "0.0000001"), 2, "AMOUNT"),
        (("credits", "grant", "acct_none", "nan"), 2, "AMOUNT"),
        (("credits", "grant", "acct_none", "lots"), 2, "AMOUNT"),
        (("usage", "--by", "moon"), 2, "moon"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    shell: Shell, arguments: tuple[str, ...], status: int, why: str
) -> None:
    said = shell(*arguments, status=status)
    assert why in said
    assert "Traceback" not in said


async def test_usage_and_the_check(shell: Shell, database: Database) -> None:
    """The check ends with status 1 and names the row that was changed by hand."""
    who, ledger = await customer(database, 10), Ledger(database)
    asked = admission(who, images=3, price=2 * MICRO)
    await ledger.admit(asked)
    await ledger.settle(
        Settlement(edit_id=asked.edit_id, attempt=1, state=EditState.COMPLETE, made=2, due=1, cost=80_000)
    )
    [line] = shell("usage", "--by", "account", "--by", "model").splitlines()[1:]
    assert line.split() == [who.account, "a-model", "1", "2", "4", "0.0800"]
    assert "Every balance is the sum of its entries" in shell("credits", "check")
    await database.run(b"update accounts set balance = balance + 1 where id = %(id)s", {"id": who.account})
    found = shell("credits", "check", status=1)
    assert who.account in found
    assert "balance 6000001, entries 6000000" in found
