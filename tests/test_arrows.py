"""Arrows between rooms go one way; the imports of every module are read, not run, and compared with the plan.

Definitions flow into returns, validity, sampling, scoring and hand-over; the command line sees all of them; ``weighting``
knows nothing of surveys, and ``questionnaires`` holds no code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("surveys", "weighting", "questionnaires")

#: Room → rooms it may import (besides itself).
ARROWS = {
    "weighting": set(),
    "questionnaires": set(),
    "surveys": set(),
    "surveys.problems": set(),
    "surveys.definitions": {"surveys.problems", "questionnaires"},
    "surveys.returns": {"surveys.problems", "surveys.definitions"},
    "surveys.validity": {"surveys.problems", "surveys.definitions", "surveys.returns"},
    "surveys.sampling": {
        "surveys.problems", "surveys.definitions", "surveys.returns", "surveys.validity", "weighting",
    },
    "surveys.scoring": {
        "surveys.problems", "surveys.definitions", "surveys.returns", "surveys.validity", "surveys.sampling",
        "weighting",
    },
    "surveys.handover": {
        "surveys.problems", "surveys.definitions", "surveys.returns", "surveys.validity", "surveys.sampling",
        "surveys.scoring",
    },
    "surveys.fieldwork": {"surveys.problems", "surveys.definitions", "surveys.returns", "surveys.validity"},
}  # fmt: skip
#: (module, module imported): looked up when first needed, because the names a definition may use are declared where
#: they are carried out; see the docstring of the module.
LATE = {("surveys.definitions.rules", "surveys.validity.rules")}


def modules() -> list[tuple[str, Path]]:
    """Every module of the packages by its dotted name."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


MODULES = modules()


def room(module: str) -> str:
    """``surveys.scoring`` for ``surveys.scoring.tree``; the package itself for weighting and questionnaires."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "surveys" else parts[0]


def imports(module: str, path: Path) -> Iterator[tuple[str, bool]]:
    """(module imported, whether when the importing module loads) of the project's own packages."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        for name in imported(node, module, path):
            if name.split(".")[0] in PACKAGES:
                yield name, id(node) not in late


def imported(node: ast.AST, module: str, path: Path) -> list[str]:
    """Names of modules a statement imports; ``from surveys import problems`` is surveys.problems."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        parts = module.split(".") + (["__init__"] if path.name == "__init__.py" else [])
        base = ".".join(parts[: -node.level] + ([base] if base else []))
    known = {name for name, _ in MODULES}
    below = [f"{base}.{alias.name}" for alias in node.names if f"{base}.{alias.name}" in known]
    return below or [base]


def is_cli(module: str) -> bool:
    return room(module) in ("surveys.cli", "surveys.__main__")


@pytest.mark.parametrize(("module", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_imports_follow_the_arrows(module: str, path: Path) -> None:
    if is_cli(module):
        return
    allowed = ARROWS[room(module)] | {room(module)}
    for name, at_load in imports(module, path):
        late = (module, name) in LATE and not at_load
        assert room(name) in allowed or name == "surveys" or late, f"{module} imports {name}"


@pytest.mark.parametrize(("module", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_only_the_command_line_prints(module: str, path: Path) -> None:
    if is_cli(module):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("print", "input"), f"{module}, line {node.lineno}: {node.func.id}"
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not {"rich", "typer", "click"} & {name.split(".")[0] for name in names}, module


def test_the_exceptions_are_still_needed() -> None:
    found = {
        (module, name) for module, path in MODULES for name, at_load in imports(module, path) if not at_load
    }
    assert found >= LATE


def test_every_room_is_in_the_plan() -> None:
    assert {room(module) for module, _ in MODULES if not is_cli(module)} <= set(ARROWS)


def test_questionnaires_hold_no_code() -> None:
    ((_, path),) = [(name, path) for name, path in MODULES if room(name) == "questionnaires"]
    statements = ast.parse(path.read_text(encoding="utf-8")).body
    assert all(isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant) for s in statements)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import weighting.ranks", [("weighting.ranks", True)]),
        ("from surveys import problems", [("surveys.problems", True)]),
        ("from ..returns import tidy", [("surveys.returns.tidy", True)]),
        ("def f():\n    from surveys.scoring import values", [("surveys.scoring.values", False)]),
        ("import numpy, json", []),
    ],
)
def test_imports_are_read_in_every_form(
    source: str, expected: list[tuple[str, bool]], tmp_path: Path
) -> None:
    (tmp_path / "probe.py").write_text(source, encoding="utf-8")
    assert list(imports("surveys.validity.probe", tmp_path / "probe.py")) == expected
