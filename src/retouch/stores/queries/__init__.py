"""Named queries: every statement of Retouch lies in a `.sql` file here, under its name and a plain sentence."""

import re
from functools import cache
from importlib.resources import files

_HEAD = re.compile(r"^-- name: (?P<name>[a-z_]+)\n-- (?P<sentence>.+)\n", re.MULTILINE)


def query(name: str) -> bytes:
    """The statement of that name. Call it while importing, so that a wrong name stops the start (KeyError)."""
    return _all()[name]


def parse(text: str) -> dict[str, bytes]:
    """Split a file into its statements by name. Raises ValueError for a file that is not made of those alone."""
    heads = list(_HEAD.finditer(text))
    if not heads or heads[0].start() != 0 or len(heads) != text.count("-- name:"):
        raise ValueError("every query needs a line `-- name: some_name` and a sentence in the line below")
    ends = [head.start() for head in heads[1:]] + [len(text)]
    found = {head["name"]: text[head.end() : end].strip() for head, end in zip(heads, ends, strict=True)}
    if len(found) != len(heads) or not all(found.values()):
        raise ValueError("a query is empty, or two have one name")
    return {name: statement.encode() for name, statement in found.items()}


@cache
def _all() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for file in files(__name__).iterdir():
        if file.name.endswith(".sql"):
            queries = parse(file.read_text("utf-8"))
            if twice := found.keys() & queries.keys():
                raise ValueError(f"{file.name}: another file has {sorted(twice)} too")
            found |= queries
    return found
