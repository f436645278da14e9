"""Columns as products write them put right: the options of a question as boxes, a product's own columns apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from surveys.returns.headings.columns import Column, coded
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.text.cell_text import cell_text
from surveys.vocabulary.folding import fold_name

BETWEEN = "|"  # stands between chosen options; no option holds it
#: What a filled cell of the column of an option says (``option(text, part)``): a mark of
#: :mod:`surveys.returns.answers.option_answers`, or the text as it is.
Option = Callable[[str, str], str]
#: Names of the columns in which Qualtrics keeps the order in which options or questions were shown.
_SHOWN_ORDER = re.compile(r"(?:^|_)DO(?![A-Za-z0-9])")


def chosen_options(heading: str, options: Sequence[np.ndarray], letter: str = "") -> Column:
    """Columns that each hold one of the chosen options of a question, as one column; a row without any is empty.

    >>> chosen_options("Kênh", [np.array(["Báo", ""]), np.array(["Đài", ""])]).each(str).tolist()
    ['Báo|Đài', '']
    """
    joined = [BETWEEN.join(text for text in row if text) for row in zip(*options, strict=True)]
    return Column(heading, coded(joined), separator=BETWEEN, letter=letter)


def is_display_order(*names: str) -> bool:
    """Whether a column holds the order in which something was shown, by its name or its identifier.

    >>> is_display_order("Q3_DO_2"), is_display_order("Q3", "QID3_DO"), is_display_order("DON_VI")
    (True, True, False)
    """
    return any(map(_SHOWN_ORDER.search, names))


def questions_and_roles(
    columns: Iterable[Column], vocabulary: Vocabulary, own: Mapping[str, str], option: Option
) -> tuple[tuple[Column, ...], dict[str, Column]]:
    """The questions, the options of those with several answers as boxes, and the columns with a role that a product adds of its
    own accord. ``own`` maps the folded headings of all that it adds to a role of
    :class:`~surveys.returns.headings.form_table.FormTable`, or to ``""``; a column that the instrument knows by its heading is
    a question."""
    kept: list[Column] = []
    roles: dict[str, Column] = {}
    for column in columns:
        role = own.get(fold_name(column.heading))
        if role is None or vocabulary.targets(column):
            is_option = column.question and fold_name(column.question) in vocabulary.multiple
            kept.append(as_box(column, option) if is_option else column)
        elif role:
            roles.setdefault(role, column)
    return tuple(kept), roles


def as_box(column: Column, option: Option) -> Column:
    """The column of an option with what each of its cells says of it."""
    return column.replaced(lambda cell: option(cell_text(cell), column.part))
