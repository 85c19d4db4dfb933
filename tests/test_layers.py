"""The arrows of design.md, read from the imports, those inside functions too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import retouch

ROOT = Path(retouch.__file__).parent

#: Left may import right; names on one line never import each other.
LAYERS = [
    {"__main__"},
    {"cli"},
    {"server"},
    {"app"},
    {"wire", "worker"},
    {"projects"},
    {"editing"},
    {"admission", "routing", "finishing", "engines", "stores", "fetch"},
    {"pixels"},
    {"domain", "logs"},
]
#: Read only where parts are put together.
SETTINGS = {"cli", "server", "app"}
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}


def parts() -> Iterator[tuple[str, Path]]:
    for file in sorted(ROOT.rglob("*.py")):
        where = file.relative_to(ROOT).parts
        yield where[0].removesuffix(".py"), file


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Every module of Retouch that a file imports, with the line."""
    package = ["retouch", *file.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            yield node.lineno, module
            if module == "retouch":
                yield from ((node.lineno, f"retouch.{alias.name}") for alias in node.names)


def arrows() -> Iterator[tuple[str, str, str]]:
    for part, file in parts():
        for line, module in imports(file):
            names = module.split(".")
            if names[0] == "retouch" and len(names) > 1:
                yield part, names[1], f"{file.relative_to(ROOT)}:{line} imports {module}"


def test_every_part_has_a_layer() -> None:
    """A new folder or file at the top has to say where it stands."""
    known = RANK.keys() | {"__init__", "settings", "studio"}
    assert {part for part, _ in parts()} <= known


def test_imports_only_point_right() -> None:
    """A part imports itself and what stands to its right, nothing else."""
    wrong = [
        where
        for part, target, where in arrows()
        if part in RANK and target in RANK and part != target and RANK[part] >= RANK[target]
    ]
    assert wrong == []


def test_settings_are_read_only_where_parts_are_built() -> None:
    """Parts get values, not settings."""
    assert [where for part, target, where in arrows() if target == "settings" and part not in SETTINGS] == []


def test_only_one_module_names_an_engine() -> None:
    """An engine is one file or folder, and one line in app/engines.py."""
    wrong = [
        where
        for part, target, where in arrows()
        if target == "engines" and part != "engines" and not where.startswith("app/engines.py:")
    ]
    assert wrong == []


def test_engines_do_not_know_each_other() -> None:
    """An engine imports nothing of another engine, only what all of them share (engines/upstream)."""
    for file in (ROOT / "engines").rglob("*.py"):
        own = file.relative_to(ROOT / "engines").parts[0].removesuffix(".py")
        for line, module in imports(file):
            names = module.split(".")
            if names[:2] == ["retouch", "engines"] and len(names) > 2 and names[2] != "upstream":
                assert names[2] == own, f"{file.name}:{line} imports {module}"
