"""Tables for people and for scripts: no cell is ever cut, and nothing in a cell is read as markup."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Wider than any row: a terminal wraps, but a script reads whole cells.
_WIDTH = 1000


class PlainTable(Table):
    """Rows of plain text."""

    def add_row(self, *cells: str) -> None:  # type: ignore[override]
        """Add one row."""
        super().add_row(*(Text(cell) for cell in cells))


def plain_table(*columns: str) -> PlainTable:
    """An empty table with these headings."""
    table = PlainTable(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def show(table: PlainTable) -> None:
    """Print a table to standard output."""
    Console(width=_WIDTH).print(table)
