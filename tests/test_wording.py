"""Every fault has its words in both languages, no words are left over, and every text of the project is NFC."""

from __future__ import annotations

import ast
import re
import string
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

import pytest

from surveys.problems import EFFECTS, LANGUAGES, Problem, wording

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "surveys" / "wording"
SOURCES = sorted((ROOT / "surveys").rglob("*.py"))
#: Calls whose first text is a code of the wording, and in which other argument it may stand.
CALLS = {
    "add": 0,
    "fault": 0,
    "note": 0,
    "remark": 0,
    "phrase": 0,
    "Problem": 0,
    "not_accepted": 0,
    "refer": 1,
}
#: Names that Problem and phrase use for themselves, so that no placeholder can have them.
RESERVED = {"code", "language", "severity", "file", "sheet", "row", "column"}
#: Letters that only Vietnamese has among the languages used here.
VIETNAMESE = re.compile(
    "[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE
)
CODES = sorted(wording())
OPTIONAL = re.compile("⟦[^⟧]*⟧")
TEXT_SUFFIXES = {
    ".py", ".toml", ".csv", ".md", ".txt", ".json", ".yml", ".yaml", ".ipynb", ".R", ".html", ".cff", ".sh", ".svg",
}  # fmt: skip
SKIPPED = {".git", ".venv", "venv", "build", "dist", "node_modules", "__pycache__"}


def test_a_code_has_its_words_in_one_file() -> None:
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.toml")]
    assert sorted(code for table in tables for code in table) == CODES


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@cache
def literals() -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Every text constant and name of a function or argument, and every text put together as a pattern of its parts."""
    whole: set[str] = set()
    patterns: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            if isinstance(node, (ast.FunctionDef, ast.arg)):  # commands and options are named after them
                whole.add(node.name if isinstance(node, ast.FunctionDef) else node.arg)
            if isinstance(node, ast.JoinedStr):
                patterns.add(pattern(node))
    return frozenset(whole), tuple(re.compile(text) for text in sorted(patterns) if text)


def pattern(text: ast.JoinedStr) -> str:
    """``place.{name}`` as a pattern that captures the name; empty when its fixed parts are no part of a code."""
    fixed = [str(part.value) for part in text.values if isinstance(part, ast.Constant)]
    if not fixed or not all(re.fullmatch(r"[a-z_.]*[.][a-z_.]*|[a-z_]*_", part) for part in fixed):
        return ""
    return "".join(
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else "(.+)" for part in text.values
    )


def is_used(code: str) -> bool:
    """Whether the sources name a code outright, or put it together from parts that they name."""
    return _is_named(code) or any(
        _is_named(code.removeprefix(f"{at}.")) for at in places_of_sayings() if code.startswith(f"{at}.")
    )


def _is_named(code: str) -> bool:
    whole, patterns = literals()
    return code in whole or any(
        all(part in whole for part in found.groups())
        for pattern in patterns
        if (found := pattern.fullmatch(code))
    )


@cache
def places_of_sayings() -> frozenset[str]:
    """The places of the wording below which sections of reports name their phrases: the first argument of ``Saying``."""
    return frozenset(
        node.args[0].value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Saying" and node.args
        if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    )


def codes_called() -> set[tuple[str, str]]:
    """(module, code) of every call that names a code of the wording outright."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            position = CALLS.get(name)
            if position is None or len(node.args) <= position:
                continue
            argument = node.args[position]
            code = argument.value if isinstance(argument, ast.Constant) else None
            if isinstance(code, str) and re.fullmatch(r"[a-z_]+\.[a-z_.]+", code):
                found.add((str(path.relative_to(ROOT)), code))
    return found


def test_every_code_that_is_called_has_words() -> None:
    assert {(place, code) for place, code in codes_called() if code not in wording()} == set()


def test_every_call_fills_the_placeholders_of_its_words() -> None:
    """A placeholder that is not filled would be an error while the user's own error is being shown."""
    lacking = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                not isinstance(node, ast.Call)
                or not node.args
                or any(key.arg is None for key in node.keywords)
            ):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            code = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
            if (
                name in ("add", "note", "remark", "fault", "phrase")
                and isinstance(code, str)
                and code in wording()
            ):
                given = {key.arg for key in node.keywords}
                if not placeholders(wording()[code]["vi"]) <= given:
                    lacking.append(f"{path.relative_to(ROOT)}:{node.lineno}: {code}")
    assert lacking == []


def test_a_code_nobody_uses_is_found_out() -> None:
    assert is_used("place.row")
    assert is_used("record.missing")
    assert not is_used("place.no_such_place")
    assert not is_used("handover.column.no_such_column")


def test_every_wording_is_used() -> None:
    unused = [code for code in CODES if not is_used(code)]
    assert unused == []


@pytest.mark.parametrize("code", CODES)
def test_both_languages_say_the_same(code: str) -> None:
    entry = wording()[code]
    assert set(entry) - {"touches"} == set(LANGUAGES)
    assert entry.get("touches", EFFECTS[0]) in EFFECTS
    assert placeholders(entry["vi"]) == placeholders(entry["en"])
    assert not placeholders(entry["vi"]) & RESERVED
    assert all(text.strip() == text and text for text in entry.values())
    assert not VIETNAMESE.search(entry["en"])


@pytest.mark.parametrize("code", CODES)
def test_every_wording_can_be_filled(code: str) -> None:
    params = tuple((name, f"⟨{name}⟩") for name in sorted(placeholders(wording()[code]["vi"])))
    for language in LANGUAGES:
        text = Problem(code, params=params).text(language)
        assert all(value in text for _, value in params)


def test_a_nearest_word_is_shown_only_where_there_is_one() -> None:
    """Every placeholder that may be empty stands in an optional part of its wording."""
    shown = [
        code for code in CODES for text in wording()[code].values() if "{nearest}" in OPTIONAL.sub("", text)
    ]
    assert shown == []
    found = Problem("reference.block", params=(("value", "xã"), ("accepted", "so, huyen"), ("nearest", "")))
    assert found.text("vi") == "không có khối “xã”. Chấp nhận: so, huyen."


def test_a_key_of_a_toml_file_is_no_column() -> None:
    assert (
        Problem("record.missing", file="study.toml", column="study.code").place("vi")
        == "study.toml, khóa study.code"
    )
    assert (
        Problem("record.missing", file="tree.csv", row=3, column="rule").place("vi")
        == "tree.csv, dòng 3, cột rule"
    )


def test_tables_of_words_are_sorted_in_rooms_without_repeats() -> None:
    total = sum(len(tomllib.loads(path.read_text(encoding="utf-8"))) for path in FOLDER.glob("*.toml"))
    assert total == len(CODES)


def texts() -> list[Path]:
    """Every text file of the project."""
    found = []
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT).parts
        hidden = any(part in SKIPPED or (part.startswith(".") and part != ".ci") for part in inside)
        if not hidden and path.is_file() and path.suffix in TEXT_SUFFIXES:
            found.append(path)
    return found


def test_every_text_file_is_nfc() -> None:
    """Data sets that are meant to be spoiled or foreign (samples of broken rounds, exports) are not of the project's hand."""
    foreign = ("data-sample", "tests/surveys/returns", "tests/real")
    wrong = []
    for path in texts():
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(foreign):
            text = path.read_bytes().decode("utf-8")
            if not unicodedata.is_normalized("NFC", text):
                wrong.append(name)
    assert wrong == []
