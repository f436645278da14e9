"""Sections, tables, references and ranges are data: what is read is what is declared, and every declaration names a field."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from surveys.definitions.draft import Section
from surveys.definitions.instrument import consistency as instrument_checks
from surveys.definitions.instrument import parts as instrument
from surveys.definitions.record_building import columns_of, types_of
from surveys.definitions.study import consistency as study_checks
from surveys.definitions.study import reading as study
from surveys.problems import LANGUAGES
from surveys.vocabulary.validity_rules import VALIDITY_RULES

ROOT = Path(__file__).parents[3]
INSTRUMENTS = sorted(ROOT.glob("questionnaires/*/*/instrument.toml"))
STUDIES = [
    ROOT / "data-sample" / "ha-noi-2023" / "study.toml",
    Path(__file__).parent / "small" / "study.toml",
]


def names(record: type) -> set[str]:
    return {field.name for field in fields(record)}


def undeclared(document: Mapping[str, Any], sections: Mapping[str, Section]) -> set[str]:
    """Keys that stand in a document and that no record declares."""
    found = set(document) - set(sections)
    for name, value in document.items():
        section = sections[name]
        known = set(study.FILES) if section.form == "files" else names(section.record)
        tables = value if section.form == "array" else [value]
        if section.form == "by_code":
            tables = list(value.values())
        if name == "rules":
            known |= {key for rule in VALIDITY_RULES.values() for key in rule.defaults}
        found |= {f"{name}.{key}" for table in tables for key in table if key not in known}
    return found


@pytest.mark.parametrize("path", INSTRUMENTS, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_every_key_of_a_shipped_instrument_is_declared(path: Path) -> None:
    assert undeclared(tomllib.loads(path.read_text(encoding="utf-8")), instrument.SECTIONS) == set()
    for name, record in instrument.TABLES.items():
        if (path.parent / name).exists():
            with (path.parent / name).open(encoding="utf-8-sig", newline="") as lines:
                assert set(next(csv.reader(lines))) <= set(columns_of(record).accepted)


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.parent.name)
def test_every_key_of_a_study_is_declared(path: Path) -> None:
    assert undeclared(tomllib.loads(path.read_text(encoding="utf-8")), study.SECTIONS) == set()


def test_sections_and_tables_have_a_type_for_every_key() -> None:
    sections = {**instrument.SECTIONS, **study.SECTIONS}
    records = [section.record for section in sections.values() if section.form != "files"]
    for record in (*records, *instrument.TABLES.values(), *study.FILES.values()):
        assert set(types_of(record)) == names(record)
        assert set(columns_of(record).accepted) == names(record)
        assert record.__doc__


@pytest.mark.parametrize("checks", [instrument_checks, study_checks], ids=["instrument", "study"])
def test_references_ranges_and_keys_name_fields(checks: Any) -> None:
    for record, column, kind in checks.REFERENCES:
        assert column in names(record)
        assert "code" in names(kind)
    for record, column, low, high in checks.RANGES:
        assert column in columns_of(record).numbers
        assert low == 0 if high is None else low < high
    for record, column, key in checks.ONCE:
        assert {column, *key} <= names(record)


def test_records_of_units_name_their_block() -> None:
    for record, column in study_checks.OF_UNITS:
        assert {"block", column} <= names(record)


def test_the_language_of_official_files_is_vietnamese_unless_a_study_says_otherwise(small: Path) -> None:
    assert study.load_study(small).output.language == "vi"
    text = (small / "study.toml").read_text(encoding="utf-8")
    for language in LANGUAGES:
        changed = text.replace("[output]", f'[output]\nlanguage = "{language}"')
        (small / "study.toml").write_text(changed, encoding="utf-8")
        assert study.load_study(small).output.language == language


def test_a_date_may_stand_without_quotation_marks(small: Path) -> None:
    text = (small / "study.toml").read_text(encoding="utf-8")
    (small / "study.toml").write_text(text.replace('"2023-12-15"', "2023-12-15"), encoding="utf-8")
    assert study.load_study(small).fieldwork.end == "2023-12-15"
