"""The house keeps its plan: arrows between rooms, names of classes, sizes of files and functions. Modules are read, not run.

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

#: The rooms from the ground up: a room imports itself and rooms further down, never one further up.
ROOMS = (
    "questionnaires",
    "weighting",
    "surveys.problems",
    "surveys.vocabulary",
    "surveys.definitions",
    "surveys.review",
    "surveys.returns",
    "surveys.validity",
    "surveys.sharing",
    "surveys.sampling",
    "surveys.scoring",
    "surveys.comparison",
    "surveys.analysis",
    "surveys.handover",
    "surveys.published",
    "surveys.gap_report",
    "surveys.reports",
    "surveys.fieldwork",
    "surveys.simulation",
    "surveys.reference",
    "surveys.tabulated",
    "surveys.screening",
    "surveys.plot",
    "surveys.result",
    "surveys.entered",
    "surveys.study",
    "surveys.analysed",
    "surveys.what_it_takes",
    "surveys.between_rounds",
    "surveys.what_was_lost",
    "surveys.reported",
    "surveys.described",
    "surveys.fielded",
    "surveys.planned",
    "surveys.founded",
    "surveys.monitored",
    "surveys.handed_over",
    "surveys.delivered",
    "surveys",
    "surveys.cli",
    "surveys.__main__",
)
#: The rooms that may call the statistics.
STATISTICIANS = {"surveys.sampling", "surveys.scoring", "surveys.comparison", "surveys.analysis"}


#: Longest file, in lines, and longest function, in lines of code.
FILE_LINES, FUNCTION_LINES = 600, 40


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
    here = ROOMS.index(room(module))
    for name, _ in imports(module, path):
        assert ROOMS.index(room(name)) <= here, f"{module} imports {name}, a room further up"
        if room(name) == "weighting":
            assert room(module) in STATISTICIANS | {"weighting"}, f"{module} calls the statistics"


@pytest.mark.parametrize("package", ["surveys", "weighting"])
def test_no_circle_of_modules(package: str) -> None:
    """Late imports (inside functions) count as well."""
    called = {
        module: {name for name, _ in imports(module, path) if name != module}
        for module, path in MODULES
        if module.startswith(package)
    }
    assert circles(called) == []


def circles(called: dict[str, set[str]]) -> list[str]:
    """Modules in circles: what is left when modules that call nothing left, or that nothing left calls, are taken away."""
    left = {module: names & called.keys() for module, names in called.items()}
    while True:
        used = {name for names in left.values() for name in names}
        free = {module for module, names in left.items() if not names or module not in used}
        if not free:
            return sorted(left)
        left = {module: names - free for module, names in left.items() if module not in free}


def test_a_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"a", "c"}, "c": set(), "d": {"c", "a"}}) == ["a", "b"]


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


def test_every_room_is_in_the_plan() -> None:
    assert {room(module) for module, _ in MODULES} == set(ROOMS)


def test_questionnaires_hold_no_code() -> None:
    ((_, path),) = [(name, path) for name, path in MODULES if room(name) == "questionnaires"]
    statements = ast.parse(path.read_text(encoding="utf-8")).body
    assert all(isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant) for s in statements)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import weighting.groups", [("weighting.groups", True)]),
        ("from surveys import problems", [("surveys.problems", True)]),
        ("from ..returns import record_set", [("surveys.returns.record_set", True)]),
        ("def f():\n    from surveys.scoring import values", [("surveys.scoring.values", False)]),
        ("import numpy, json", []),
    ],
)
def test_imports_are_read_in_every_form(
    source: str, expected: list[tuple[str, bool]], tmp_path: Path
) -> None:
    (tmp_path / "probe.py").write_text(source, encoding="utf-8")
    assert list(imports("surveys.validity.probe", tmp_path / "probe.py")) == expected


def classes(path: Path) -> list[str]:
    """Names of all classes of a file, nested ones included."""
    return [node.name for node in ast.walk(syntax(path)) if isinstance(node, ast.ClassDef)]


def code_lines(path: Path) -> dict[str, int]:
    """Lines of code of each function of a file, by name and line: docstrings, blank lines and comments do not count."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {
        f"{node.name}, line {node.lineno}": sum(
            bool(line.strip()) and not line.lstrip().startswith("#")
            for statement in node.body[ast.get_docstring(node) is not None :]
            for line in lines[statement.lineno - 1 : statement.end_lineno]
        )
        for node in ast.walk(syntax(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = {}
    for module, path in MODULES:
        for name in classes(path):
            places.setdefault(name, []).append(module)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize(("module", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_files_and_functions_stay_short(module: str, path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= FILE_LINES, f"{module}: {lines} lines"
    long = {name: count for name, count in code_lines(path).items() if count > FUNCTION_LINES}
    assert not long, f"{module}: lines of code of its functions {long}"


def test_classes_are_found_and_lines_of_code_counted(tmp_path: Path) -> None:
    probe = tmp_path / "probe.py"
    probe.write_text(
        'class A:\n    class B:\n        def f(self):\n            """One.\n\n            Two."""\n\n'
        "            # a comment\n            x = (\n                1\n            )\n\n            return x\n"
        'def g():\n    """Nothing but this."""\n',
        encoding="utf-8",
    )
    assert classes(probe) == ["A", "B"]
    assert code_lines(probe) == {"f, line 3": 4, "g, line 14": 0}
