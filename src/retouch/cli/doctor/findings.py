"""What `retouch doctor` finds, and how it is shown."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

from rich.console import Console
from rich.table import Table
from rich.text import Text


class State(StrEnum):
    """How a thing stands. Only a problem makes the command fail."""

    OK = "ok"
    OFF = "off"
    WARNING = "warning"
    PROBLEM = "problem"


_STYLES = {State.OK: "green", State.OFF: "dim", State.WARNING: "yellow", State.PROBLEM: "bold red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was found, and what to do about it."""

    check: str
    state: State
    found: str
    advice: str = ""


def as_json(findings: Iterable[Finding]) -> str:
    """`{"ok": ..., "findings": [{"check", "state", "found", "advice"}]}`."""
    rows = [asdict(finding) for finding in findings]
    healthy = all(row["state"] is not State.PROBLEM for row in rows)
    return json.dumps({"ok": healthy, "findings": rows}, indent=2)


def show(findings: Iterable[Finding]) -> None:
    """Print a table to standard output, as wide as the terminal is; cells wrap and are never cut."""
    table = Table(box=None, pad_edge=False)
    for column in ("check", "state"):
        table.add_column(column, no_wrap=True)
    for column in ("found", "what to do"):
        table.add_column(column, overflow="fold")
    for one in findings:
        table.add_row(Text(one.check), Text(one.state, _STYLES[one.state]), Text(one.found), Text(one.advice))
    # What is no terminal, a script or a pipe, reads whole lines.
    Console(width=None if Console().is_terminal else 400).print(table)
