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
#: What a cell of the column of an option says: ``option(text, part, known)`` is the option ``part``, ``MARK`` or nothing;
#: ``known`` tells whether the question has that option.
Option = Callable[[str, str, bool], str]


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


def questions_and_roles(
    columns: Iterable[Column], vocabulary: Vocabulary, own: Mapping[str, str], option: Option
) -> tuple[tuple[Column, ...], dict[str, Column]]:
    """The questions, those with several answers as one column each, and the columns with a role that a product adds of its own
    accord. ``own`` maps the folded headings of all that it adds to a role of
    :class:`~surveys.returns.headings.form_table.FormTable`, or to ``""``; a column that the instrument knows by its heading is
    a question."""
    kept: list[Column] = []
    roles: dict[str, Column] = {}
    for column in _questions_together(columns, vocabulary, option):
        role = own.get(fold_name(column.heading))
        if role is None or vocabulary.targets(column):
            kept.append(column)
        elif role:
            roles.setdefault(role, column)
    return tuple(kept), roles


def _questions_together(columns: Iterable[Column], vocabulary: Vocabulary, option: Option) -> list[Column]:
    """Columns in which those of a question with several answers stand as one; the others as they are."""
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


def _said(column: Column, option: Option, known: bool) -> np.ndarray:
    return column.each(lambda text: option(text, column.part, known))
