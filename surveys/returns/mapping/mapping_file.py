"""Mapping files: what a person decided about the columns of a file of returns. Only rows that someone accepted count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from surveys.definitions.csv_tables import Row
from surveys.definitions.instrument.records import Instrument
from surveys.problems import Language, Problems, phrase
from surveys.returns.files.filled_tables import filled_table
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.questions import ColumnTarget
from surveys.review.columns_and_words import ACCEPTED, MAPPING
from surveys.review.review_file import review_bytes, review_rows
from surveys.review.review_workbook import WorkbookTexts, review_workbook
from surveys.vocabulary.folding import fold
from surveys.vocabulary.new_file import write_new

#: What a row can say. ``ignore``: the column is no question; ``absent``: the file does not ask the item; ``tick``: a mark for one
#: level, whose target is ``item=level``; ``options``: a question with several answers, whose target is its text.
KINDS = ("item", "field", "tick", "options", "ignore", "absent")


@dataclass(frozen=True, slots=True)
class Assigned:
    """One accepted row: the column with this heading (and letter, where several have it) holds ``target``; None: nothing."""

    heading: str
    letter: str
    target: ColumnTarget | None
    row: int


class Decided:
    """The accepted rows of a mapping file; ``absent``: items that the file does not ask."""

    def __init__(self, file: str, rows: Iterable[Assigned], absent: Iterable[str]) -> None:
        self.file = file
        self.rows = tuple(rows)
        self.absent = frozenset(absent)
        self._columns = Counter(row.target for row in self.rows if row.target)
        self._by_heading: dict[str, list[Assigned]] = {}
        for row in self.rows:
            self._by_heading.setdefault(fold(row.heading), []).append(row)

    def targets(self, column: Column) -> tuple[ColumnTarget, ...] | None:
        """What was decided about a column: its target, nothing, or None when nobody decided."""
        rows = self._by_heading.get(fold(column.heading), [])
        if len(rows) > 1 or not column.heading:
            rows = [row for row in rows if row.letter == column.letter]
        return tuple(row.target for row in rows if row.target) if rows else None

    def is_spread(self, target: ColumnTarget) -> bool:
        """Whether several rows were accepted with the same target: the first filled of their columns is read."""
        return self._columns[target] > 1

    def note_missing(self, tables: Sequence[FormTable], problems: Problems) -> None:
        """Note every accepted row whose column is in none of the tables: the file is another than the one that was mapped."""
        columns = [column for table in tables for column in table.columns]
        present = {fold(column.heading) for column in columns} | {("", column.letter) for column in columns}
        for row in self.rows:
            if (fold(row.heading) or ("", row.letter)) not in present:
                problems.add(
                    "mapping.column_missing", file=self.file, row=row.row, column="heading",
                    heading=row.heading or row.letter, table=tables[0].file if tables else "",
                )  # fmt: skip


def write_mapping(
    mapping: pd.DataFrame, path: Path, instrument: Instrument | None = None, language: Language = "vi"
) -> None:
    """Write a mapping for a person to complete: a workbook where ``path`` ends in .xlsx, in which decisions and what the
    ``instrument`` knows can be chosen, else CSV."""
    rows = list(mapping.itertuples(index=False))
    if path.suffix.lower() != ".xlsx":
        write_new(path, review_bytes(MAPPING, rows))
        return
    choices = {"decision": tuple(words.offered(language) for words in MAPPING.words.values()), "kind": KINDS}
    if instrument:
        choices["target"] = (*(field.code for field in instrument.fields), *instrument.item)
    offered = {name: [choice] * len(rows) for name, choice in choices.items()}
    howto = phrase("review.howto.mapping", language)
    write_new(path, review_workbook(MAPPING, rows, WorkbookTexts(language, howto, choices=offered)))


def read_mapping(path: Path, file: str, instrument: Instrument) -> Decided:
    """The accepted rows of a mapping file. Raises :class:`~surveys.problems.SurveyError` with every row that is faulty."""
    problems = Problems()
    assigned: dict[tuple[str, str], Assigned] = {}
    absent = []
    filled = filled_table(path, problems, file)
    for row in filter(_is_accepted, review_rows(filled, MAPPING) if filled else ()):
        target = None if row["kind"] == "ignore" else _target(row, instrument)
        if row["kind"] == "absent":
            absent += [target.code] if target else []
        elif not row["heading"] and not row["column"]:
            row.place.note("mapping.no_heading", "heading")
        elif target or row["kind"] == "ignore":
            found = Assigned(row["heading"], row["column"], target, row.line)
            first = assigned.setdefault((fold(found.heading), found.letter), found)
            if first is not found:
                row.place.note("mapping.decided_twice", "heading", other=first.row)
    problems.raise_errors()
    return Decided(file, assigned.values(), absent)


def _is_accepted(row: Row) -> bool:
    meaning = MAPPING.meaning(row["decision"])
    if row["decision"] and not meaning:
        row.place.note("mapping.decision", "decision", value=row["decision"], accepted=MAPPING.accepted)
    return meaning == ACCEPTED


def _target(row: Row, instrument: Instrument) -> ColumnTarget | None:
    """What a row says that its column holds; None (noted) when it names no kind, field, item or level."""
    kind, code, level = row["kind"], row["target"], ""
    if kind not in KINDS:
        row.place.note("mapping.kind", "kind", value=kind, accepted=KINDS)
        return None
    if kind == "options":
        return ColumnTarget("options", code)
    if kind == "tick":
        code, _, level = code.partition("=")
    known = [field.code for field in instrument.fields] if kind == "field" else list(instrument.item)
    if code not in known:
        row.place.not_accepted("mapping.target", "target", code, known)
        return None
    if kind != "tick":
        return ColumnTarget("field" if kind == "field" else "item", code, row["unit"])
    levels = [found.code for found in instrument.scale_of(code).levels]
    if level not in levels:
        row.place.not_accepted("mapping.target", "target", level, levels)
        return None
    return ColumnTarget("tick", code, row["unit"], levels.index(level))
