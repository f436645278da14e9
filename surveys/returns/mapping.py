"""Files of products that nobody has described: a mapping from columns to items, fields and units that a person has decided.

:func:`propose_mapping` writes what is known and what is only likely, each with its reason; :func:`read_mapping` reads the file
back when a return file of the study names it. Only rows that someone accepted count: likeness decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.definitions.tables import Row
from surveys.problems import Language, Problems, SurveyError, fault, nearest, phrase
from surveys.returns.headings.columns import Column, Table
from surveys.returns.headings.questions import Target, Vocabulary
from surveys.returns.register import registers
from surveys.returns.text.names import likest
from surveys.review.layouts import ACCEPTED, MAPPING
from surveys.review.review_file import read_review, review_bytes
from surveys.vocabulary.folding import fold, without_marks

#: What a row can say. ``ignore``: the column is no question; ``absent``: the file does not ask the item; ``tick``: a mark for one
#: level, whose target is ``item=level``; ``options``: a question with several answers, whose target is its text.
KINDS = ("item", "field", "tick", "options", "ignore", "absent")
LIKELY = 0.5  # least likeness that is worth proposing
_PARTED = re.compile(r"\s*(?:\s[-–—:|/>]\s|[\[\](){}\n;]|:\s)\s*")


@dataclass(frozen=True, slots=True)
class Assigned:
    """One accepted row: the column with this heading (and letter, where several have it) holds ``target``; None: nothing."""

    heading: str
    letter: str
    target: Target | None
    row: int


class Decided:
    """The accepted rows of a mapping file."""

    def __init__(self, file: str, rows: Iterable[Assigned], absent: Iterable[str] = ()) -> None:
        self.file = file
        self.rows = tuple(rows)
        self.absent = frozenset(absent)
        self._by_heading: dict[str, list[Assigned]] = {}
        for row in self.rows:
            self._by_heading.setdefault(fold(row.heading), []).append(row)

    def targets(self, column: Column) -> tuple[Target, ...] | None:
        """What was decided about a column: its target, nothing, or None when nobody decided."""
        rows = self._by_heading.get(fold(column.heading), [])
        if len(rows) > 1 or not column.heading:
            rows = [row for row in rows if row.letter == column.letter]
        return tuple(row.target for row in rows if row.target) if rows else None

    def note_missing(self, tables: Sequence[Table], problems: Problems) -> None:
        """Note every accepted row whose column is in none of the tables: the file is another than the one that was mapped."""
        columns = [column for table in tables for column in table.columns]
        present = {fold(column.heading) for column in columns} | {("", column.letter) for column in columns}
        for row in self.rows:
            key = fold(row.heading) or ("", row.letter)
            if key not in present:
                problems.add(
                    "mapping.column_missing", file=self.file, row=row.row, column="heading",
                    heading=row.heading or row.letter, table=tables[0].file if tables else "",
                )  # fmt: skip


def propose_mapping(path: str | Path, study: StudyDefinition, language: Language = "vi") -> pd.DataFrame:
    """One row for each column of a file and each item without one: the columns of the review file.

    ``kind``, ``target`` and ``unit`` are what the column holds or most likely holds; ``reason`` says why; ``decision`` is ``x``
    where heading and name are equal and empty where they are only alike, for a person to fill in (``x``, ``no``).
    ``path`` may be a return file of the study, whose settings are used, or any file.

    Raises :class:`~surveys.problems.SurveyError` when the file cannot be read.
    """
    file = _return_file(Path(path), study)
    tables, vocabulary = _tables(Path(path), file, study)
    columns = {(column.letter, column.heading): column for table in tables for column in table.columns}
    exact = {key: vocabulary.targets(column) for key, column in columns.items()}
    held = {target.code for targets in exact.values() for target in targets if len(targets) == 1}
    likely = _Likely(vocabulary, held)
    rows = [
        _exact(column, exact[key][0], vocabulary, language)
        if len(exact[key]) == 1
        else _proposed(column, likely, language)
        for key, column in columns.items()
        if column.heading or not column.empty
    ]
    proposed = {str(row[3]).partition("=")[0] for row in rows}
    rows += [_without_column(item.code, language) for item in vocabulary.items if item.code not in proposed]
    return pd.DataFrame(rows, columns=list(MAPPING.columns))


def write_mapping(mapping: pd.DataFrame, path: Path) -> None:
    """Write a mapping for a person to complete."""
    path.write_bytes(review_bytes(MAPPING.columns, mapping.itertuples(index=False)))


def read_mapping(path: Path, file: str, instrument: Instrument) -> Decided:
    """The accepted rows of a mapping file. Raises :class:`~surveys.problems.SurveyError` with every row that is faulty."""
    problems = Problems()
    rows, absent = [], []
    for row in (row for row in read_review(path, MAPPING, problems, file) if _accepted(row, file, problems)):
        if row["kind"] == "absent":
            absent += _known(row, file, instrument, problems)
        elif found := _assigned(row, file, instrument, problems):
            rows.append(found)
    _note_doubles(rows, file, problems)
    problems.raise_errors()
    return Decided(file, rows, absent)


class _Proposal(NamedTuple):
    likeness: float
    target: Target
    name: str


def _return_file(path: Path, study: StudyDefinition) -> ReturnFile:
    """The study's own entry for this file without its mapping, or a plain one."""
    for file in study.returns:
        if (study.folder / file.path).resolve() == path.resolve():
            return replace(file, mapping="")
    return ReturnFile(path.name)


def _tables(path: Path, file: ReturnFile, study: StudyDefinition) -> tuple[list[Table], Vocabulary]:
    from surveys.returns.files.opening import read_sheets
    from surveys.returns.readers.registry import choose
    from surveys.returns.reading import questionnaire_of, vocabulary_of

    by_block = registers(study)
    sheets = read_sheets(path, file.path, sheet=file.sheet, encoding=file.encoding)
    vocabulary = vocabulary_of(study, file, file.questionnaire, by_block)
    tables = choose(sheets, vocabulary, file.reader, file.path).read(sheets, vocabulary)
    if not tables:
        raise fault("returns.no_rows", file=file.path)
    try:
        questionnaire = questionnaire_of(study.instrument, file, tables[0]).code
    except SurveyError:
        questionnaire = ""
    return tables, vocabulary_of(study, file, questionnaire, by_block)


def _exact(column: Column, target: Target, vocabulary: Vocabulary, language: Language) -> tuple[str, ...]:
    return (*_written(column, target, vocabulary), phrase("mapping.exact", language), "x")


class _Likely:
    """What headings are like, each text compared once."""

    def __init__(self, vocabulary: Vocabulary, held: Collection[str]) -> None:
        self.vocabulary, self.held = vocabulary, frozenset(held)
        self._items = {
            without_marks(name): (item.code, name)
            for item in vocabulary.items
            for name in (item.text_en, *item.aliases, item.code, item.text_vi)
            if name
        }
        self._fields = {
            without_marks(name): (field.code, name)
            for field in vocabulary.instrument.fields
            for name in (field.label_en, field.code, *field.headers, field.label_vi)
            if name
        }
        self._seen: dict[tuple[str, str], tuple[float, str, str]] = {}

    def best(self, column: Column) -> _Proposal | None:
        """The item of a unit that two parts of a heading are like; otherwise what the heading or a part of it is most like."""
        parts = [part for part in _PARTED.split(column.heading) if part]
        found = list(self._cells(parts)) or list(self._whole((column.heading, *column.names, *parts)))
        return max(found, key=lambda proposal: proposal.likeness, default=None)

    def _whole(self, texts: Iterable[str]) -> Iterator[_Proposal]:
        for text in dict.fromkeys(texts):
            for kind, (likeness, code, name) in (("item", self.item(text)), ("field", self.field(text))):
                if likeness >= LIKELY and code not in self.held:
                    yield _Proposal(likeness, Target("item" if kind == "item" else "field", code), name)

    def _cells(self, parts: Sequence[str]) -> Iterator[_Proposal]:
        for unit_part in parts if self.vocabulary.register else ():
            of_unit, unit, unit_name = self.unit(unit_part)
            for item_part in parts:
                of_item, item, name = self.item(item_part)
                if item_part != unit_part and min(of_item, of_unit) >= LIKELY:
                    yield _Proposal(
                        (of_item + of_unit) / 2, Target("item", item, unit), f"{name} [{unit_name}]"
                    )

    def item(self, text: str) -> tuple[float, str, str]:
        return self._nearest("item", text, self._items)

    def field(self, text: str) -> tuple[float, str, str]:
        return self._nearest("field", text, self._fields)

    def unit(self, text: str) -> tuple[float, str, str]:
        register = self.vocabulary.register
        assert register is not None
        if ("unit", text) not in self._seen:
            nearest = [(likeness, code, name) for code, name, likeness in register.nearest(text)]
            code = register.resolve(text)
            self._seen["unit", text] = (1.0, code, text) if code else (*nearest, (0.0, "", ""))[0]
        return self._seen["unit", text]

    def _nearest(self, kind: str, text: str, names: Mapping[str, tuple[str, str]]) -> tuple[float, str, str]:
        if (kind, text) not in self._seen:
            found = [(likeness, *names[name]) for name, likeness in likest(text, names, 1)]
            self._seen[kind, text] = (*found, (0.0, "", ""))[0]
        return self._seen[kind, text]


def _proposed(column: Column, likely: _Likely, language: Language) -> tuple[str, ...]:
    """The most likely meaning of a column that has no exact one, never accepted by itself."""
    best = likely.best(column)
    if best is None:
        return (column.letter, column.heading, "", "", "", phrase("mapping.nothing_near", language), "")
    reason = phrase("mapping.alike", language, percent=f"{100 * best.likeness:.0f}", name=best.name)
    if best.target.kind == "item":
        counted = _options_read(column, best.target.code, likely.vocabulary)
        reason += phrase("mapping.cells", language, **counted)
    return (*_written(column, best.target, likely.vocabulary), reason, "")


def _options_read(column: Column, item: str, vocabulary: Vocabulary) -> dict[str, int]:
    """How many filled cells are options of the item's scale."""
    options = vocabulary.options[vocabulary.scale_of(item).code]
    found = column.distinct
    known = [options.read(text).fault == "" for text in found.texts]
    return {"read": int(found.counts[known].sum()) if known else 0, "cells": int(found.counts.sum())}


def _written(column: Column, target: Target, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Column, heading, kind, target and unit as they stand in the file."""
    code = target.code
    if target.kind == "tick":
        scale = vocabulary.scale_of(target.code)
        levels = [level.code for level in scale.levels]
        code = f"{target.code}={levels[target.level]}" if target.level >= 0 else target.code
    unit = target.unit
    if unit and vocabulary.register:
        unit = vocabulary.register.resolve(unit) or unit
    return column.letter, column.heading, target.kind, code, unit


def _without_column(item: str, language: Language) -> tuple[str, ...]:
    return "", "", "absent", item, "", phrase("mapping.no_column", language), ""


def _accepted(row: Row, file: str, problems: Problems) -> bool:
    meaning = MAPPING.meaning(row["decision"])
    if row["decision"] and not meaning:
        problems.add(
            "mapping.decision",
            file=file,
            row=row.line,
            column="decision",
            value=row["decision"],
            accepted="x, no",
        )
    return meaning == ACCEPTED


def _assigned(row: Row, file: str, instrument: Instrument, problems: Problems) -> Assigned | None:
    """One accepted row as a target; None when it is faulty."""
    if row["kind"] not in KINDS:
        problems.add(
            "mapping.kind",
            file=file,
            row=row.line,
            column="kind",
            value=row["kind"],
            accepted=", ".join(KINDS),
        )
        return None
    if not row["heading"] and not row["column"]:
        problems.add("mapping.no_heading", file=file, row=row.line, column="heading")
        return None
    heading = row["heading"]
    if row["kind"] == "ignore":
        return Assigned(heading, row["column"], None, row.line)
    found = _target(row, file, instrument, problems)
    return Assigned(heading, row["column"], found, row.line) if found else None


def _target(row: Row, file: str, instrument: Instrument, problems: Problems) -> Target | None:
    if row["kind"] == "options":
        return Target("options", row["target"])
    if not _known(row, file, instrument, problems):
        return None
    kind: Literal["field", "item", "tick"] = (
        "field" if row["kind"] == "field" else "tick" if row["kind"] == "tick" else "item"
    )
    code, _, level = row["target"].partition("=")
    if kind != "tick":
        return Target(kind, code, row["unit"])
    levels = [found.code for found in instrument.scale[instrument.item[code].scale].levels]
    if level not in levels:
        _note_target(row, file, level, levels, problems)
        return None
    return Target("tick", code, row["unit"], levels.index(level))


def _known(row: Row, file: str, instrument: Instrument, problems: Problems) -> list[str]:
    """The code a row names, or nothing (the fault is noted)."""
    fields = {field.code for field in instrument.fields}
    known: Collection[str] = fields if row["kind"] == "field" else instrument.item
    code = row["target"].partition("=")[0] if row["kind"] == "tick" else row["target"]
    if code in known:
        return [code]
    _note_target(row, file, code, known, problems)
    return []


def _note_target(row: Row, file: str, value: str, known: Iterable[str], problems: Problems) -> None:
    names = list(known)
    problems.add(
        "mapping.target", file=file, row=row.line, column="target", value=value,
        nearest=nearest(value, names) or "–", accepted=", ".join(names[:20]),
    )  # fmt: skip


def _note_doubles(rows: Sequence[Assigned], file: str, problems: Problems) -> None:
    """A column that was decided twice."""
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (fold(row.heading), row.letter)
        if key in seen:
            problems.add("mapping.decided_twice", file=file, row=row.row, column="heading", other=seen[key])
        seen.setdefault(key, row.row)
