"""Questions with several answers, in one cell or in a column for each option → one yes/no item for each option."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from surveys.definitions.instrument.records import BLANK, NOT_ASKED
from surveys.definitions.instrument.yes_or_no import YesOrNo, yes_or_no
from surveys.returns.answers.filters import is_filtered_out
from surveys.returns.answers.option_answers import EMPTY_BOXES, NO_TICKS, OptionAnswers, settled
from surveys.returns.headings.columns import Column
from surveys.returns.headings.tool_states import words_for
from surveys.returns.table_reading import CellFault, TableReading
from surveys.returns.text.cell_text import SHOWN
from surveys.returns.text.names import Names
from surveys.vocabulary.folding import fold, fold_name


def chosen_items(reading: TableReading) -> frozenset[str]:
    """The items that are options of a question with several answers in one cell."""
    return frozenset(
        item
        for question in reading.layout.options
        for item in reading.vocabulary.multiple[fold_name(question)].values()
    )


def choose(reading: TableReading, answers: np.ndarray) -> None:
    """What the questions with several answers say of each of their options; ``answers`` int8 [rows, items] is changed, and holds
    already what the columns of single options say."""
    _settle_own_columns(reading, answers)
    for question, column in reading.layout.options.items():
        _choose_in_cells(reading, reading.vocabulary.multiple[fold_name(question)], column, answers)
    _leave_closed(reading, answers)


def states_its_options(reading: TableReading, item: str) -> bool:
    """Whether the columns of the options of the question with an option ``item`` say yes and no, rather than to repeat those that
    were chosen."""
    items = next((items for items, _ in _questions(reading) if item in items), ())
    for one in items:
        column, options = reading.layout.items.get((one, "")), reading.vocabulary.options_of(one)
        if column and isinstance(options, OptionAnswers) and options.states(column.distinct.texts):
            return True
    return False


def split_options(text: str, options: Iterable[str], separator: str = "") -> tuple[set[str], str]:
    """The known (folded) options named in a cell, the longest first, and what is left of the cell.

    >>> split_options("Bưu điện, bưu chính, Trực tiếp", ["bưu điện", "bưu điện, bưu chính", "trực tiếp"])[1]
    ''
    >>> split_options("Trực tiếp;Qua Zalo;", ["trực tiếp"], ";")
    ({'trực tiếp'}, 'qua zalo')
    """
    rest, chosen = fold(text), set()
    mark = f"[{re.escape(separator or ',;')}]"
    for option in sorted(options, key=len, reverse=True):
        found, count = re.subn(rf"(?:^|{mark})\s*{re.escape(option)}\s*(?={mark}|$)", "", rest)
        if count:
            chosen.add(option)
            rest = found
    return chosen, rest.strip(f"{separator or ',;'} ")


def _choose_in_cells(
    reading: TableReading, options: Mapping[str, str], column: Column, answers: np.ndarray
) -> None:
    """Several answers in one cell. The cell is read by looking for the known options in it, because options may themselves hold
    the separator; what it holds besides is noted with the first option's item."""
    split = [split_options(text, options, column.separator) for text in column.distinct.texts]
    for item in dict.fromkeys(options.values()):
        said, spellings = _said(reading, [item]), {option for option in options if options[option] == item}
        codes = np.array(
            [(said.yes if spellings & chosen else said.no)[0] for chosen, _ in split], dtype=np.int8
        )
        answers[:, reading.instrument.item_position[item]] = column.distinct.spread(codes, BLANK)
    known = Names((option, option) for option in options)
    for k, rest in ((k, rest[:SHOWN]) for k, (_, rest) in enumerate(split) if rest):
        rows, item = column.distinct.rows_of(k), next(iter(options.values()))
        reading.faults.append(CellFault(rows, item, "", rest, "unknown_option"))
        reading.warn(column, k, "returns.option_unknown", text=rest, nearest=known.nearest(rest))


def _settle_own_columns(reading: TableReading, answers: np.ndarray) -> None:
    """What blanks and empty boxes of options in columns of their own say; a blank that we wrote ourselves is one."""
    if reading.table.stated:
        return
    for every, names in _questions(reading):
        items = [item for item in every if (item, "") in reading.layout.items]
        if not items:
            continue
        at = [reading.instrument.item_position[item] for item in items]
        others = [column for name in names for column in reading.layout.others.get(name, ())]
        other = np.any([np.zeros(len(reading), bool), *(_is_chosen(reading, c) for c in others)], axis=0)
        unmarked = NOT_ASKED if words_for(reading.table.said.product, "seen") else BLANK
        said, before = _said(reading, items), answers[:, at]
        answers[:, at] = after = settled(before, said, other, unmarked)
        meant = int(((before == BLANK) & (after == said.no)).sum())
        if meant and not reading.table.said.product:
            heading = reading.layout.items[items[0], ""].heading
            reading.note("returns.blank_not_chosen", column=heading, cells=meant, options=len(items))


def _leave_closed(reading: TableReading, answers: np.ndarray) -> None:
    """Options behind a filter that was answered otherwise, none of which was chosen, are blanks: nobody was asked."""
    position = reading.instrument.item_position
    for items, _ in _questions(reading):
        said, at = _said(reading, items), [position[item] for item in items]
        chosen = (answers[:, at] == said.yes).any(axis=1)
        for item, no in zip(items, said.no.tolist(), strict=True):
            if condition := reading.instrument.item[item].asked_when:
                closed = is_filtered_out(reading.instrument, condition, answers) & ~chosen
                answers[closed & (answers[:, position[item]] == no), position[item]] = BLANK


def _questions(reading: TableReading) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """The items of the options of every question, and the folded texts by which it goes; those with the most options first."""
    names: dict[tuple[str, ...], list[str]] = {}
    for question, options in reading.vocabulary.multiple.items():
        names.setdefault(tuple(dict.fromkeys(options.values())), []).append(question)
    return ((items, names[items]) for items in sorted(names, key=len, reverse=True))


def _said(reading: TableReading, items: Iterable[str]) -> YesOrNo:
    """The levels that say yes and no of each item, int [items]."""
    found = [yes_or_no(reading.instrument.scale_of(item)) for item in items]
    return YesOrNo(*np.array([(said.yes, said.no) for said in found if said]).T)


def _is_chosen(reading: TableReading, column: Column) -> np.ndarray:
    """Rows in which an option that nobody declared was chosen, boolean [n]."""
    none = NO_TICKS | EMPTY_BOXES | words_for(reading.table.said.product, "not_shown")
    said = np.array([fold(text) not in none for text in column.distinct.texts], dtype=bool)
    return column.distinct.spread(said, False)
