"""Where in a TOML file a setting stands, so that an error can name the line. tomllib tells no positions."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Key = str | int

#: What may be missing to make TOML of the first lines of a statement.
_ENDS = ("", "]", "]]", '"""', "'''", '"""]', "''']")
_ABSENT = object()


class ConfigError(ValueError):
    """Something in the operator's settings that is wrong; the message says where it stands."""


def place(file: Path | None, path: Sequence[Key], value: object = _ABSENT) -> str | None:
    """File and line of the setting at `path`, or None where the file is not where it comes from.

    The environment wins over the file: `value`, where it is given, is the wrong one, and a file that says something
    else, or nothing, has not said it.
    """
    if file is None:
        return None
    text = file.read_text("utf-8")
    if value is not _ABSENT and _at(tomllib.loads(text), path) != value:
        return None
    line = line_of(text, path)
    return f"{file}, line {line}" if line else None


def located(error: ValueError, file: Path | None) -> ConfigError:
    """An error whose message begins with a setting (`engines.gpu1.kind is ...`), with where that stands before it."""
    setting = str(error).split(" ", 1)[0].rstrip(":")
    if "." not in setting:
        return ConfigError(str(error))
    where = file and place(file, _keys(setting, tomllib.loads(file.read_text("utf-8"))))
    return ConfigError(f"{where or 'in the environment'}: {error}")


def _keys(setting: str, tables: Any) -> tuple[Key, ...]:
    """The keys of a dotted setting. Names of tables may hold dots themselves, so it is read along what there is."""
    if not setting:
        return ()
    found = [key for key in tables if f"{setting}.".startswith(f"{key}.")] if isinstance(tables, dict) else []
    if not found:
        return (setting,)
    key = max(found, key=len)
    return (key, *_keys(setting[len(key) + 1 :], tables[key]))


def line_of(text: str, path: Sequence[Key]) -> int | None:
    """The line, from 1, on which `path` is first set in a TOML text; if it is not, then what it would lie in.

    `path` holds the keys of tables and the places in arrays. None where not even its first key is there.
    """
    whole = tomllib.loads(text)
    for length in range(len(path), 0, -1):
        if _at(whole, path[:length]) is not _ABSENT:
            return _first_line(text, path[:length])
    return None


def _first_line(text: str, path: Sequence[Key]) -> int:
    """The first line up to which the text, its open brackets closed, has the path."""
    lines = text.splitlines(keepends=True)
    last = str(path[-1])
    for number in range(1, len(lines) + 1):
        # A key stands on its line as it is, unless it is written with escapes; a place in an array stands nowhere.
        if (last in lines[number - 1] or last not in text or path[-1] != last) and _has("".join(lines[:number]), path):
            return number
    return len(lines)


def _has(text: str, path: Sequence[Key]) -> bool:
    for end in _ENDS:
        try:
            found = tomllib.loads(f"{text}\n{end}")
        except tomllib.TOMLDecodeError:
            continue
        if _at(found, path) is not _ABSENT:
            return True
    return False


def _at(value: Any, path: Sequence[Key]) -> object:
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return value
