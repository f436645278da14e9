"""The reference is complete and up to date: every key, column, rule, status and remark, and nothing else."""

from __future__ import annotations

import ast
import codecs
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from importlib import resources
from pathlib import Path
from typing import Any, get_args, get_origin
from zoneinfo import ZoneInfo

import pytest
from pydantic import ConfigDict, TypeAdapter

from surveys.definitions.csv_tables import Row
from surveys.definitions.record_building import from_cells, from_table, types_of
from surveys.definitions.study.reading import load_study
from surveys.handover.official_columns import TABLES
from surveys.problems import LANGUAGES, Language, Place, Problems, wording
from surveys.reference.pages import FOLDERS, pages
from surveys.reference.subjects import CSV_FILES, TOML_FILES, Subject, named, subjects
from surveys.returns.readers.registry import READERS
from surveys.vocabulary.combination_names import AGGREGATIONS
from surveys.vocabulary.remarks import REMARKS
from surveys.vocabulary.validity_rules import VALIDITY_RULES

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


def keys_of(section: str, hint: Any) -> Iterator[tuple[str, type, str]]:
    """(full name, record, field) of the keys of a section that a record holds, those of the tables within it included."""
    if get_origin(hint) is tuple:
        hint = get_args(hint)[0]
    if not is_dataclass(hint):
        return
    assert isinstance(hint, type)
    for name, kind in types_of(hint).items():
        within = list(keys_of(f"{section}.{name}", kind))
        yield from within or [(f"{section}.{name}", hint, name)]


def accepted(record: type, name: str, value: object) -> None:
    """Raises where a field of a record does not take a value."""
    TypeAdapter(types_of(record)[name], config=ConfigDict(allow_inf_nan=False)).validate_python(value)


@pytest.mark.parametrize("part", TOML_FILES)
def test_examples_of_keys_are_accepted_by_their_record(part: str) -> None:
    examples = {subject.name: subject.example for subject in SUBJECTS if subject.part == part}
    keys = [key for name, section in TOML_FILES[part].items() for key in keys_of(name, section.record)]
    checked = [(name, record, field) for name, record, field in keys if name in examples]
    assert len(checked) > 40
    for name, record, field in checked:
        problems = Problems()
        table = from_table(record, tomllib.loads(examples[name]), Place(problems, part))
        accepted(record, field, table[field])
        assert not problems, name


@pytest.mark.parametrize("part", CSV_FILES)
def test_examples_of_columns_are_accepted_by_their_record(part: str) -> None:
    record = CSV_FILES[part]
    examples = {subject.name: subject.example for subject in SUBJECTS if subject.part == part}
    problems = Problems()
    cells = from_cells(record, Row(Place(problems, part, 2), examples))
    for name in types_of(record):
        accepted(record, name, cells[name])
    assert not problems


def test_examples_of_parameters_fit_their_rule() -> None:
    for rule in VALIDITY_RULES.values():
        for parameter in rule.parameters:
            (subject,) = (s for s in SUBJECTS if s.name == f"{rule.name}.{parameter.name}")
            assert parameter.fits(tomllib.loads(subject.example)[parameter.name]), name_of(subject)


def test_examples_name_words_that_exist() -> None:
    examples = {
        name_of(s): tomllib.loads(s.example)[s.name.rpartition(".")[2]]
        for s in SUBJECTS
        if s.part in TOML_FILES
    }
    assert examples["instrument.toml: scoring.rule"] in AGGREGATIONS
    assert examples["study.toml: scoring.rule"] in AGGREGATIONS
    assert {examples[f"{part}: rules.rule"] for part in ("instrument.toml", "study.toml")} <= set(
        VALIDITY_RULES
    )
    assert examples["study.toml: returns.reader"] in {reader.name for reader in READERS}
    codecs.lookup(examples["study.toml: returns.encoding"])
    ZoneInfo(examples["study.toml: fieldwork.timezone"])
    assert set(examples["simulation.toml: defects"]) <= set(VALIDITY_RULES)


def test_every_reader_is_named() -> None:
    (subject,) = (s for s in SUBJECTS if name_of(s) == "study.toml: returns.reader")
    for language in LANGUAGES:
        assert {r.name for r in READERS} <= set(re.findall(r"\w+", subject.meaning(language)))


def test_examples_of_results_are_values_of_their_column() -> None:
    for table in TABLES.values():
        within = next((name for name in ("council", "monitor") if table.name.startswith(f"{name}-")), "")
        part = f"results/{within}{'/' * bool(within)}{table.path}"
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
        ("n_eff", {"results/scores.csv: n_eff", "results/tables.csv: n_eff"}),
        ("frames.csv", {f"frames.csv: {column}" for column in ("block", "unit", "group", "population")}),
        ("no-such-thing", set()),
    ],
)
def test_a_name_is_found_whole_or_by_its_end(asked: str, found: set[str]) -> None:
    assert {name_of(subject) for subject in named(asked)} == found
