"""Columns as products write them put right: the options of one question together, a product's own columns apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

import numpy as np

from surveys.returns.headings.columns import Column, coded
from surveys.returns.headings.questions import Vocabulary
from surveys.vocabulary.folding import fold, fold_name

BETWEEN = "|"  # stands between chosen options; no option holds it
MARK = "\N{CHECK MARK}"  # something was chosen that is none of the options


def chosen_options(heading: str, options: Sequence[np.ndarray], letter: str = "") -> Column:
    """The options of a question with several answers, each in a column of its own, as one column: ``options`` hold the chosen
    option's text, ``MARK`` where something else was chosen, or nothing. A row without any is empty: the question was left out.

    >>> column = chosen_options("Kênh", [np.array(["Báo", "", ""]), np.array(["Đài", MARK, ""])])
    >>> column.each(str).tolist()
    ['Báo|Đài', '|', '']
    """
    joined = [BETWEEN.join(text for text in row if text) for row in zip(*options, strict=True)]
    cells = coded([BETWEEN if text == MARK else text.replace(MARK, "") for text in joined])
    return Column(heading, cells, separator=BETWEEN, letter=letter)


def questions_together(
    columns: Iterable[Column], vocabulary: Vocabulary, option: Callable[[str, str, bool], str]
) -> list[Column]:
    """Columns in which those of a question with several answers stand as one; the others as they are.

    ``option(text, part, known)`` gives what a cell of the column of the option ``part`` says: the option, ``MARK`` or nothing.
    ``known`` tells whether the question has that option.
    """
    found: list[Column] = []
    for question, group in groupby(columns, lambda column: column.question):
        members = list(group)
        options = vocabulary.multiple.get(fold_name(question)) if question else None
        if options is None:
            found += members
        else:
            chosen = [_said(column, option, fold(column.part) in options) for column in members]
            found.append(chosen_options(question, chosen, members[0].letter))
    return found


def without_own(
    columns: Sequence[Column], own: Mapping[str, str], vocabulary: Vocabulary
) -> tuple[tuple[Column, ...], dict[str, Column]]:
    """Columns without those that a product adds of its own accord, and those of them that have a role. ``own`` maps their folded
    headings to a role of :class:`~surveys.returns.headings.form_table.FormTable`, or to ``""``; a column that the instrument
    knows by its heading stays."""
    kept: list[Column] = []
    roles: dict[str, Column] = {}
    for column in columns:
        role = own.get(fold_name(column.heading))
        if role is None or vocabulary.targets(column):
            kept.append(column)
        elif role:
            roles.setdefault(role, column)
    return tuple(kept), roles


def _said(column: Column, option: Callable[[str, str, bool], str], known: bool) -> np.ndarray:
    return column.each(lambda text: option(text, column.part, known))
