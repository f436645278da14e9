"""The reference is complete and up to date: every key, column, rule, status and remark, and nothing else."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from surveys.definitions.study.reading import load_study
from surveys.handover.codebook import TABLES
from surveys.problems import LANGUAGES, Language, wording
from surveys.reference.pages import FOLDERS, pages
from surveys.reference.subjects import Subject, named, subjects
from surveys.vocabulary.remarks import REMARKS

ROOT = Path(__file__).parents[2]
SUBJECTS = subjects()
TEXTS: Mapping[str, Mapping[str, Any]] = {
    file.name.removesuffix(".toml"): tomllib.loads(file.read_text(encoding="utf-8"))
    for file in (resources.files("surveys.reference") / "texts").iterdir()
    if file.name.endswith(".toml")
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_are_those_of_the_software(language: Language) -> None:
    folder = ROOT / "docs" / FOLDERS[language]
    written = {path.name: path.read_text("utf-8") for path in folder.glob("*.md")}
    assert written == pages(language), "out of date: run `python -m surveys.reference docs`"


def name_of(subject: Subject) -> str:
    return f"{subject.part}: {subject.name}"


def test_everything_has_a_type_a_meaning_in_both_languages_and_an_example() -> None:
    for subject in SUBJECTS:
        assert subject.kind, name_of(subject)
        assert all(subject.meaning(language).strip() for language in LANGUAGES), name_of(subject)
        assert subject.example, name_of(subject)


def test_names_are_unique_within_their_part() -> None:
    names = [name_of(subject) for subject in SUBJECTS]
    assert len(names) == len(set(names))


def test_no_text_is_left_over() -> None:
    known = {(subject.part, subject.name) for subject in SUBJECTS}
    for file in ("instrument", "study", "simulation", "files", "results", "words"):
        for key, text in TEXTS[file].items():
            in_toml = isinstance(text, dict) and "vi" in text
            found = [(f"{file}.toml", key)] if in_toml else [(key, column) for column in text]
            assert set(found) <= known, f"{file}: {set(found) - known}"
    rules = {
        f"{rule}.{parameter}".rstrip(".") for rule, texts in TEXTS["rules"].items() for parameter in texts
    }
    assert rules == {subject.name for subject in SUBJECTS if subject.part == "rules"}


@pytest.mark.parametrize("part", ["instrument.toml", "study.toml", "simulation.toml"])
def test_examples_of_keys_are_lines_of_toml(part: str) -> None:
    for subject in SUBJECTS:
        if subject.part == part:
            (key,) = tomllib.loads(subject.example)
            assert key == subject.name.rpartition(".")[2], name_of(subject)


def test_examples_of_results_are_values_of_their_column() -> None:
    for table in TABLES.values():
        part = f"results/{'council/' if table.name.startswith('council') else ''}{table.path}"
        for column in table.columns:
            (subject,) = (s for s in SUBJECTS if (s.part, s.name) == (part, column.name))
            if column.is_number:
                value = float(subject.example)
                assert column.low is None or value >= column.low, name_of(subject)
                assert column.high is None or value <= column.high, name_of(subject)
            if column.accepted:
                assert subject.example in column.accepted, name_of(subject)


def test_every_setting_of_the_sample_is_explained() -> None:
    document = load_study(ROOT / "data-sample/ha-noi-2023").document
    known = {subject.name for subject in SUBJECTS if subject.part == "study.toml"}
    for section, content in document.items():
        for table in content if isinstance(content, list) else [content]:
            assert isinstance(table, dict)
            for key in table:
                assert f"{section}.{key}" in known or any(
                    name.startswith(f"{section}.{key}.") for name in known
                )


def test_every_remark_of_the_source_is_declared() -> None:
    used = set()
    for path in (ROOT / "surveys").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "remark" and node.args:
                argument = node.args[0]
                used |= {argument.value} if isinstance(argument, ast.Constant) else set()
    assert used <= set(REMARKS)
    assert set(REMARKS) <= set(wording())
    assert {code for code in wording() if re.fullmatch(r"compare\..*\.note", code)} <= set(REMARKS)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("minimum_share", {"rules: too_few_answers.minimum_share"}),
        (
            "too_few_answers",
            {
                "rules: too_few_answers",
                "rules: too_few_answers.minimum_share",
                "rules: too_few_answers.dont_know_counts",
            },
        ),
        ("RETURNS.PATH", {"study.toml: returns.path"}),
        ("study.toml returns.path", {"study.toml: returns.path"}),
        ("on_missing_group", {"study.toml: inference.on_missing_group"}),
        ("suppressed", {"statuses: suppressed"}),
        ("n_eff", {"results/scores.csv: n_eff"}),
        ("frames.csv", {f"frames.csv: {column}" for column in ("block", "unit", "group", "population")}),
        ("no-such-thing", set()),
    ],
)
def test_a_name_is_found_whole_or_by_its_end(asked: str, found: set[str]) -> None:
    assert {name_of(subject) for subject in named(asked)} == found
