"""The columns of a table by what they hold; what is ambiguous, doubled, unknown or absent is noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from surveys.problems import Problems
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.questions import Target, Vocabulary
from surveys.returns.text.names import Names
from surveys.vocabulary.folding import fold_name


@dataclass(frozen=True)
class Layout:
    """The columns of a table by what they hold. ``items``: (item, unit text) → column; ``ticks``: (item, unit) → level → column;
    ``options``: question → column; ``fields``: field code → column."""

    fields: Mapping[str, Column]
    items: Mapping[tuple[str, str], Column]
    ticks: Mapping[tuple[str, str], Mapping[int, Column]]
    options: Mapping[str, Column]

    @property
    def held(self) -> tuple[tuple[str, str], ...]:
        """(item, unit text) of every column or set of columns, in the order of the file."""
        return (*self.items, *self.ticks)

    @property
    def item_codes(self) -> frozenset[str]:
        return frozenset(item for item, _ in self.held)


def lay_out(table: FormTable, vocabulary: Vocabulary, problems: Problems) -> Layout:
    """Match every column of a table; note ambiguous, doubled and unknown headings and items without a column."""
    held: dict[Target, list[Column]] = {}
    unknown = []
    for column in table.columns:
        targets = vocabulary.targets(column)
        if len(targets) == 1:
            held.setdefault(targets[0], []).append(column)
        elif targets:
            meanings = ", ".join(sorted({target.code for target in targets}))
            _note(problems, "returns.heading_ambiguous", table, column, meanings=meanings)
        elif not column.empty and not vocabulary.ignores(column):
            unknown.append(column)
    single = {target: _only(target, columns, table, problems) for target, columns in held.items()}
    layout = _layout(single)
    _note_missing(table, vocabulary, layout, unknown, problems)
    return layout


def _only(target: Target, columns: list[Column], table: FormTable, problems: Problems) -> Column:
    """The one column for a target: form tools keep the empty columns of deleted questions, so those are passed over."""
    if len(columns) == 1:
        return columns[0]
    filled = [column for column in columns if not column.empty]
    if len(filled) > 1:
        letters = ", ".join(column.letter or column.heading for column in filled)
        _note(problems, "returns.column_twice", table, filled[1], target=target.code, columns=letters)
    return (filled or columns)[0]


def _layout(single: Mapping[Target, Column]) -> Layout:
    ticks: dict[tuple[str, str], dict[int, Column]] = {}
    for target, column in single.items():
        if target.kind == "tick":
            ticks.setdefault((target.code, target.unit), {})[target.level] = column
    return Layout(
        {t.code: column for t, column in single.items() if t.kind == "field"},
        {(t.code, t.unit): column for t, column in single.items() if t.kind == "item"},
        ticks,
        {t.code: column for t, column in single.items() if t.kind == "options"},
    )


def _note_missing(
    table: FormTable, vocabulary: Vocabulary, layout: Layout, unknown: list[Column], problems: Problems
) -> None:
    optional = {
        code for question in layout.options for code in vocabulary.multiple[fold_name(question)].values()
    }
    named = layout.item_codes | vocabulary.absent | optional
    absent = [item for item in vocabulary.items if item.code not in named]
    headings = Names((column.heading, column.heading) for column in unknown)
    for item in absent:
        nearest = headings.nearest(item.text_vi) or headings.nearest(item.code)
        problems.add(
            "returns.item_missing",
            file=table.file,
            sheet=table.sheet,
            item=item.code,
            text=item.text_vi,
            nearest=nearest,
        )
    for assigned, heading in vocabulary.assigned.items():
        if not any(vocabulary.assigned_to(column) == assigned for column in table.columns):
            problems.add(
                "returns.assigned_missing",
                file=table.file,
                sheet=table.sheet,
                target=assigned,
                heading=heading,
            )
    for column in unknown:
        nearest = vocabulary.item_names.nearest(column.heading) if absent else ""
        _note(problems, "returns.column_ignored", table, column, "warning", nearest=nearest)


def _note(
    problems: Problems,
    code: str,
    table: FormTable,
    column: Column,
    severity: Literal["error", "warning"] = "error",
    **params: str,
) -> None:
    problems.add(
        code,
        severity=severity,
        file=table.file,
        sheet=table.sheet,
        row=None,
        column=column.heading or column.letter,
        **params,
    )
