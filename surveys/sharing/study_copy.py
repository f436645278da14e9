"""A study folder that can be shared: its settings and tables, and its returns under running numbers.

Units that people confirmed, settled differences of two entries and recoded values are in the returns already. Decisions on forms
are carried over with who, when and why. Whatever the files of returns hold beside that is left behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Unit
from surveys.definitions.instrument.written_out import own_files
from surveys.definitions.study.reading import FILES, STUDY_FILE
from surveys.definitions.study.records import Decision, StudyDefinition
from surveys.definitions.toml_writing import toml_table
from surveys.problems import phrase
from surveys.returns.writing import csv_of, tidy_table
from surveys.sharing.pseudonyms import Pseudonymised
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.csv import csv_bytes

INSTRUMENT = "instrument"
REGISTER = "units.csv"
_DECISIONS = "decisions"
#: Tables that are carried over as they were read; the other decisions are in the returns already.
_CARRIED = ("frames", "margins", "externals", "agencies", "targets", "headlines")
#: Sections whose files the copy does not have: they are in its tables already, or name people.
_NOT_COPIED = ("results", "lists")
#: Columns of tidy returns that the copy does not have: it is what these told of.
_LEFT_BEHIND = ("source_file", "source_sheet", "source_row", "content", "batch", "edited", "state_text")
#: How the returns of a copy are written.
_WRITTEN = {"reader": "tidy", "encoding": "utf-8", "delimiter": ",", "decimal": ".", "date_order": "ymd"}


@dataclass(frozen=True)
class _Part:
    """The evaluations of one file of the copy, int [m]; ``entry``: first or second data entry, or neither."""

    path: str
    questionnaire: str
    entry: str
    rows: np.ndarray


def study_files(screened: ScreenedRound, found: Pseudonymised) -> dict[str, bytes]:
    """Every file of the copy: path → content."""
    study, parts = screened.study, list(_parts(found))
    records: dict[str, Sequence[Any]] = {key: getattr(study, key) for key in _CARRIED if getattr(study, key)}
    if study.issued:  # without codes of those whom the forms were for
        records["issued"] = [replace(form, interviewer="", drawn="") for form in study.issued]
    if study.drawn:
        records["drawn"] = [replace(made, element=made.form_code) for made in study.drawn]
    if study.has_assessments:  # without texts, which change no points and may name people
        records["assessments"] = [
            replace(made, explanation="", evidence="", note="") for made in study.assessments
        ]
    decisions = list(_decisions(screened, found))
    if decisions:
        records[_DECISIONS] = decisions
    files = {f"{key}.csv": _records(FILES[key], rows) for key, rows in records.items()}
    if _has_own_register(study):
        files[REGISTER] = _records(Unit, study.units)
    own = own_files(study.instrument)
    files |= {f"{INSTRUMENT}/{name}": content for name, content in own.items()}
    files |= {part.path: _table(found, part) for part in parts}
    named = {key: f"{key}.csv" for key in records}
    return {STUDY_FILE: _study_toml(study, parts, named, found.pattern, bool(own)).encode(), **files}


def _parts(found: Pseudonymised) -> Iterator[_Part]:
    """The files of the copy: runs of evaluations that were read from one file, in the order of reading."""
    rows = found.returns.rows
    told = zip(found.source, rows["questionnaire"], rows["entry"], strict=True)
    place = 0
    for number, ((_, questionnaire, entry), run) in enumerate(groupby(told), start=1):
        size = sum(1 for _ in run)
        name = "-".join(filter(None, (f"{number:03d}", questionnaire, entry)))
        yield _Part(f"returns/{name}.csv", questionnaire, entry, np.arange(place, place + size))
        place += size


def _table(found: Pseudonymised, part: _Part) -> bytes:
    """The tidy returns of one file, with columns of running numbers for the persons who answered."""
    returns = found.returns
    items = returns.instrument.items_of(part.questionnaire)
    table = tidy_table(returns, part.rows, items).drop(columns=list(_LEFT_BEHIND), errors="ignore")
    persons = found.persons.iloc[part.rows].reset_index(drop=True)
    return csv_of(pd.concat([table, persons], axis=1))


def _decisions(screened: ScreenedRound, found: Pseudonymised) -> Iterator[Decision]:
    """The decision that stands for each form, under its numbers."""
    by, decisions = screened.dispositions.decided, screened.study.decisions
    if by is None:
        return
    rows, made = found.returns.rows, by[found.row]
    about: dict[tuple[str, str], int] = {}
    names = rows["form_code"].where(rows["form_code"] != "", rows["submission"])
    told = zip(rows["submission"], rows["unit_code"], names, made.tolist(), strict=True)
    code_of: dict[str, str] = {}
    for submission, unit, name, k in told:
        if k >= 0:
            about[submission, unit if decisions[k].unit else ""] = k
            code_of[submission] = name
    for (submission, unit), k in sorted(about.items(), key=lambda entry: entry[1]):
        said = decisions[k]
        why = (said.reviewer, said.reason, said.date)
        yield Decision(code_of[submission], unit, said.decision, *why, submission)


def _records(record: type, rows: Sequence[Any]) -> bytes:
    columns = [field.name for field in fields(record)]
    cells = ([_cell(getattr(row, name)) for name in columns] for row in rows)
    return csv_bytes(columns, cells, guard=record is Decision, mark=False)


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return ";".join(map(str, value))
    return repr(value) if isinstance(value, float) else value


def _has_own_register(study: StudyDefinition) -> bool:
    units = study.document.get("units", {})
    return isinstance(units, Mapping) and bool(units.get("file"))


def _study_toml(
    study: StudyDefinition, parts: Sequence[_Part], named: Mapping[str, str], pattern: str, own: bool
) -> str:
    """``study.toml`` of the copy: the settings of the study, whatever files they name anew."""
    said: dict[str, Any] = {key: value for key, value in study.document.items() if key not in _NOT_COPIED}
    said["study"] = {**said["study"], "pseudonymised": True}
    if own:
        said["study"]["instrument"] = f"./{INSTRUMENT}"
    codes = [*study.fieldwork.form_codes, *([pattern] if pattern else [])]
    said["fieldwork"] = {**said.get("fieldwork", {}), **({"form_codes": codes} if codes else {})}
    if _has_own_register(study):
        said["units"] = {**said["units"], "file": REGISTER}
    said["files"] = dict(named)
    said["returns"] = [
        {"path": part.path, "questionnaire": part.questionnaire, **_WRITTEN}
        | ({"entry": part.entry} if part.entry else {})
        for part in parts
    ]
    about = "".join(f"# {phrase('sharing.about', language)}\n" for language in ("vi", "en"))
    return about + "\n" + "\n".join(_sections(said))


def _sections(said: Mapping[str, Any]) -> Iterator[str]:
    """The tables of a document, lists of tables one by one."""
    for key, value in said.items():
        if isinstance(value, list):
            yield from (toml_table(f"[[{key}]]", entry) for entry in value)
        elif value:
            yield toml_table(f"[{key}]", value)
