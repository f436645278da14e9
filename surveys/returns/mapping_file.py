"""Mapping files: what a person decided about the columns of a file of returns. Only rows that someone accepted count."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.tables import Row
from surveys.problems import Problems, nearest
from surveys.returns.headings.columns import Column, Table
from surveys.returns.headings.questions import Target
from surveys.review.layouts import ACCEPTED, MAPPING
from surveys.review.review_file import read_review, review_bytes
from surveys.vocabulary.folding import fold

#: What a row can say. ``ignore``: the column is no question; ``absent``: the file does not ask the item; ``tick``: a mark for one
#: level, whose target is ``item=level``; ``options``: a question with several answers, whose target is its text.
KINDS = ("item", "field", "tick", "options", "ignore", "absent")


@dataclass(frozen=True, slots=True)
class Assigned:
    """One accepted row: the column with this heading (and letter, where several have it) holds ``target``; None: nothing."""

    heading: str
    letter: str
    target: Target | None
    row: int


class Decided:
    """The accepted rows of a mapping file; ``absent``: items that the file does not ask."""

    def __init__(self, file: str, rows: Iterable[Assigned], absent: Iterable[str]) -> None:
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
            if (fold(row.heading) or ("", row.letter)) not in present:
                problems.add(
                    "mapping.column_missing", file=self.file, row=row.row, column="heading",
                    heading=row.heading or row.letter, table=tables[0].file if tables else "",
                )  # fmt: skip


def write_mapping(mapping: pd.DataFrame, path: Path) -> None:
    """Write a mapping for a person to complete."""
    path.write_bytes(review_bytes(MAPPING.columns, mapping.itertuples(index=False)))


def read_mapping(path: Path, file: str, instrument: Instrument) -> Decided:
    """The accepted rows of a mapping file. Raises :class:`~surveys.problems.SurveyError` with every row that is faulty."""
    problems = Problems()
    rows = _Rows(file, instrument, problems)
    assigned, absent = [], []
    for row in filter(rows.is_accepted, read_review(path, MAPPING, problems, file)):
        if row["kind"] == "absent":
            absent += [row["target"]] if rows.names_a_code(row) else []
        elif found := rows.assigned(row):
            assigned.append(found)
    seen: dict[tuple[str, str], int] = {}
    for found in assigned:
        first = seen.setdefault((fold(found.heading), found.letter), found.row)
        if first != found.row:
            rows.note(found.row, "mapping.decided_twice", "heading", other=first)
    problems.raise_errors()
    return Decided(file, assigned, absent)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one mapping file, checked against an instrument."""

    file: str
    instrument: Instrument
    problems: Problems

    def note(self, line: int, code: str, column: str, **params: object) -> None:
        self.problems.add(code, severity="error", file=self.file, sheet="", row=line, column=column, **params)

    def is_accepted(self, row: Row) -> bool:
        meaning = MAPPING.meaning(row["decision"])
        if row["decision"] and not meaning:
            self.note(row.line, "mapping.decision", "decision", value=row["decision"], accepted="x, no")
        return meaning == ACCEPTED

    def assigned(self, row: Row) -> Assigned | None:
        """One accepted row with its target; None when it is faulty."""
        if row["kind"] not in KINDS:
            self.note(row.line, "mapping.kind", "kind", value=row["kind"], accepted=", ".join(KINDS))
            return None
        if not row["heading"] and not row["column"]:
            self.note(row.line, "mapping.no_heading", "heading")
            return None
        target = None if row["kind"] == "ignore" else self._target(row)
        if target is None and row["kind"] != "ignore":
            return None
        return Assigned(row["heading"], row["column"], target, row.line)

    def _target(self, row: Row) -> Target | None:
        if row["kind"] == "options":
            return Target("options", row["target"])
        if not self.names_a_code(row):
            return None
        if row["kind"] != "tick":
            kind: Literal["field", "item"] = "field" if row["kind"] == "field" else "item"
            return Target(kind, row["target"], row["unit"])
        code, _, level = row["target"].partition("=")
        scale = self.instrument.scale[self.instrument.item[code].scale]
        levels = [found.code for found in scale.levels]
        if not self._is_known(row, level, levels):
            return None
        return Target("tick", code, row["unit"], levels.index(level))

    def names_a_code(self, row: Row) -> bool:
        """Whether a row names a field or an item; another target is noted."""
        code = row["target"].partition("=")[0] if row["kind"] == "tick" else row["target"]
        fields = [field.code for field in self.instrument.fields]
        return self._is_known(row, code, fields if row["kind"] == "field" else self.instrument.item)

    def _is_known(self, row: Row, value: str, known: Collection[str]) -> bool:
        if value not in known:
            near, accepted = nearest(value, known) or "–", ", ".join(list(known)[:20])
            self.note(row.line, "mapping.target", "target", value=value, nearest=near, accepted=accepted)
        return value in known
