"""The columns of a table by what they hold; what is ambiguous, doubled, unknown or absent is noted."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from surveys.definitions.instrument.records import Item
from surveys.problems import Problems
from surveys.returns.headings.columns import Column
from surveys.returns.headings.first_filled import first_filled, overlap
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.question_texts import split_part
from surveys.returns.headings.questions import ColumnTarget, Vocabulary, written_names
from surveys.returns.text.cell_text import SHOWN
from surveys.returns.text.names import Names
from surveys.vocabulary.folding import fold, fold_name

#: A name that is a number behind letters.
LETTERED = re.compile(r"([A-Za-z@]+_?)(\d.*)")
MOST_ALIKE = 50  # columns not read that are told one by one, with the item that their headings are like
LISTED, LISTED_LETTERS = 12, 40  # headings of columns not read that a message lists, and letters of each


@dataclass(frozen=True)
class Layout:
    """The columns of a table by what they hold. ``items``: (item, unit text) → column; ``ticks``: (item, unit) → level → column;
    ``options``: question → column; ``others``: folded question → columns of options that are no items; ``fields``: field code →
    column."""

    fields: Mapping[str, Column]
    items: Mapping[tuple[str, str], Column]
    ticks: Mapping[tuple[str, str], Mapping[int, Column]]
    options: Mapping[str, Column]
    others: Mapping[str, Sequence[Column]]

    @property
    def held(self) -> tuple[tuple[str, str], ...]:
        """(item, unit text) of every column or set of columns, in the order of the file."""
        return (*self.items, *self.ticks)

    @property
    def item_codes(self) -> frozenset[str]:
        return frozenset(item for item, _ in self.held)


def lay_out(table: FormTable, vocabulary: Vocabulary, problems: Problems) -> Layout:
    """Match every column of a table; note ambiguous, doubled and unknown headings and items without a column."""
    held: dict[ColumnTarget, list[Column]] = {}
    unknown, others = [], dict[str, list[Column]]()
    for column in table.columns:
        targets = vocabulary.targets(column)
        question = "" if targets or vocabulary.ignores(column) else _question_of_other(column, vocabulary)
        if question:
            others.setdefault(question, []).append(column)
            if column.question:
                continue
        if len(targets) == 1:
            held.setdefault(targets[0], []).append(column)
        elif targets:
            meanings = ", ".join(sorted({target.code for target in targets}))
            _note(problems, "returns.heading_ambiguous", table, column, meanings=meanings)
        elif not column.empty and not vocabulary.ignores(column):
            unknown.append(column)
    single = {
        target: columns[0] if len(columns) == 1 else _joined(target, columns, table, vocabulary, problems)
        for target, columns in held.items()
    }
    unknown += _held_twice(single, vocabulary)
    _note_undecided(table, vocabulary, problems)
    layout = _layout(single, others)
    _note_missing(table, vocabulary, layout, unknown, problems)
    _note_unassigned(table, vocabulary, problems)
    return layout


def _joined(
    target: ColumnTarget, columns: list[Column], table: FormTable, vocabulary: Vocabulary, problems: Problems
) -> Column:
    """The one column for a target: the first filled of them, where the study or a person says that they are one question. Form
    tools keep the empty columns of deleted questions, so those are passed over."""
    filled = [column for column in columns if not column.empty]
    if len(filled) < 2:
        return (filled or columns)[0]
    if not vocabulary.is_spread(target):
        ways = ", ".join(f'"{written_names(column)[0]}"' for column in filled)
        by_key = target.kind in ("item", "field") and not target.unit
        _note(
            problems, "returns.column_twice", table, filled[1], target=target.code,
            columns=", ".join(column.letter or column.heading for column in filled),
            key=f'"{target.code}" = [{ways}]' if by_key else "", rows=str(overlap(filled)),
        )  # fmt: skip
        return filled[0]
    joined, different = first_filled(filled, _meaning(target, vocabulary))
    for text, rows in different.items():
        problems.add(
            "returns.columns_disagree", severity="warning", file=table.file, sheet=table.sheet,
            row=int(table.row_numbers[rows[0]]), column=joined.heading, target=target.code, text=text[:SHOWN],
            cells=len(rows),
        )  # fmt: skip
    return joined


def _meaning(target: ColumnTarget, vocabulary: Vocabulary) -> Callable[[str], Hashable]:
    """What a cell says of a target: two ways of writing one answer or one unit are the same."""
    if target.kind == "item":
        read = vocabulary.options_of(target.code).read
        return lambda text: answer.code if not (answer := read(text)).fault else fold(text)
    if vocabulary.is_unit_field(target):
        return lambda text: (vocabulary.register and vocabulary.register.resolve(text)) or fold_name(text)
    return fold


def _question_of_other(column: Column, vocabulary: Vocabulary) -> str:
    """The folded question of a column about an option that nobody declared, or ``""``."""
    question = column.question or (split_part(column.heading) or ("", ""))[0]
    return folded if (folded := fold_name(question)) in vocabulary.multiple else ""


def _held_twice(single: dict[ColumnTarget, Column], vocabulary: Vocabulary) -> list[Column]:
    """Columns with all chosen options of a question whose options have columns of their own, taken out: those are read."""
    own = {target.code for target in single if target.kind == "item" and not target.unit}
    twice = [
        target
        for target in single
        if target.kind == "options"
        and not own.isdisjoint(vocabulary.multiple[fold_name(target.code)].values())
    ]
    return [column for target in twice if not (column := single.pop(target)).empty]


def _note_undecided(table: FormTable, vocabulary: Vocabulary, problems: Problems) -> None:
    """A column of all chosen options cannot be read where nothing tells which level says that an option was chosen."""
    for column in table.columns:
        name = next(
            (n for n in (column.heading, *column.names) if fold_name(n) in vocabulary.undecided), None
        )
        if name and not vocabulary.targets(column):
            _note(
                problems, "returns.chosen_unclear", table, column, scale=vocabulary.undecided[fold_name(name)]
            )


def _layout(single: Mapping[ColumnTarget, Column], others: Mapping[str, Sequence[Column]]) -> Layout:
    ticks: dict[tuple[str, str], dict[int, Column]] = {}
    for target, column in single.items():
        if target.kind == "tick":
            ticks.setdefault((target.code, target.unit), {})[target.level] = column
    return Layout(
        {t.code: column for t, column in single.items() if t.kind == "field"},
        {(t.code, t.unit): column for t, column in single.items() if t.kind == "item"},
        ticks,
        {t.code: column for t, column in single.items() if t.kind == "options"},
        others,
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
    unknown = _note_contradicted(table, vocabulary, unknown, problems)
    unknown = _note_lettered(table, absent, unknown, problems)
    missing = Names((name, item.code) for item in absent for name in (item.code, item.text_vi, item.text_en))
    others, told = [], 0
    for column in unknown:
        if told < MOST_ALIKE and (alike := missing.nearest(column.heading)):
            told += 1
            _note(problems, "returns.column_ignored", table, column, "warning", item=alike)
        else:
            others.append(column.heading[:LISTED_LETTERS] or f"#{column.letter}")
    if others:
        further = f" (+{len(others) - LISTED})" if len(others) > LISTED else ""
        problems.add(
            "returns.columns_ignored", severity="warning", file=table.file, sheet=table.sheet,
            columns=len(others), headings="; ".join(others[:LISTED]) + further,
        )  # fmt: skip


def _note_contradicted(
    table: FormTable, vocabulary: Vocabulary, unknown: list[Column], problems: Problems
) -> list[Column]:
    """Note columns whose name is an item's and whose text is another question's; the others."""
    others = []
    for column in unknown:
        named = ", ".join(target.code for target in vocabulary.contradicted(column))
        if named:
            _note(
                problems, "returns.label_disagrees", table, column, "warning", target=named, label=column.text
            )
        else:
            others.append(column)
    return others


def _note_lettered(
    table: FormTable, absent: Sequence[Item], unknown: list[Column], problems: Problems
) -> list[Column]:
    """Note columns that would be items without a column if the letters in front of a number were dropped; the others. Letters
    tell questions apart (``q1``, ``c1``), so that only the study can say that they mean nothing."""
    numbered = Names((item.code, item.code) for item in absent)
    lettered: dict[str, list[tuple[Column, str]]] = {}
    others = []
    for column in unknown:
        matches = filter(None, map(LETTERED.fullmatch, (column.heading, *column.names)))
        said = next(((m[1], items[0]) for m in matches if len(items := numbered.find(m[2])) == 1), None)
        if said is None:
            others.append(column)
        else:
            lettered.setdefault(said[0], []).append((column, said[1]))
    for letters, found in lettered.items():
        whole = len(lettered) == 1 and len(found) == len(absent)
        problems.add(
            "returns.header_likely", severity="warning", file=table.file, sheet=table.sheet, letters=letters,
            columns=", ".join(column.heading for column, _ in found), items=", ".join(code for _, code in found),
            header=f"{letters}{{item}}" if whole else "",
        )  # fmt: skip
    return others


def _note_unassigned(table: FormTable, vocabulary: Vocabulary, problems: Problems) -> None:
    """Note headings that the study assigns and that no column has."""
    written = {fold(name) for column in table.columns for name in written_names(column)}
    for code, headings in vocabulary.assigned.items():
        for heading in headings:
            if fold(heading) not in written:
                problems.add(
                    "returns.assigned_missing", file=table.file, sheet=table.sheet, target=code, heading=heading
                )  # fmt: skip


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
