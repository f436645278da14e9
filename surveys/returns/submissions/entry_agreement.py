"""How well two data entries of the same forms agree, and where they do not.

A disagreement is decided in a review file (``ENTRIES`` of :mod:`surveys.review.columns_and_words`): a person writes the final
answer and a name, and :mod:`surveys.returns.submissions.adjudication` gives both entries that answer. What nobody decided stays a
disagreement, which the validity rule ``double_entry`` keeps in review.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import BLANK, NON_ANSWERS, NOT_ASKED, Instrument
from surveys.returns.record_set import Returns
from surveys.returns.submissions.entry_pairs import SECOND, UNIT, EntryPairs, units_rated
from surveys.review.columns_and_words import ENTRIES

AGREEMENT_COLUMNS = ("operator", "field", "compared", "agreed", "share")
ALL = "all"  # the value of operator or field in a row over all of them
_NOTHING = (BLANK, NOT_ASKED)


def field_name(item: str, unit: str) -> str:
    """An item as the review file names it: of a unit where one form rates many.

    >>> field_name("1.1a", ""), field_name("1.1a", "SNV")
    ('1.1a', '1.1a [SNV]')
    """
    return f"{item} [{unit}]" if unit else item


def split_field(name: str) -> tuple[str, str]:
    """Item and unit of :func:`field_name`.

    >>> split_field("1.1a [SNV]")
    ('1.1a', 'SNV')
    """
    item, _, unit = name.partition(" [")
    return item, unit.removesuffix("]")


def as_written(returns: Returns, row: int, code: str) -> str:
    """What an evaluation says about an item, its unit or a kept field, as a person reads it: the code of a level or of a
    non-answer, or the faulty cell as written; nothing for a blank."""
    instrument, rows = returns.instrument, returns.rows
    if code in instrument.item:
        answer = int(returns.answers[row, instrument.item_position[code]])
        return returns.faulty_texts.get((row, code)) or _answer_text(instrument, code, answer)
    value: object = rows["unit_code"].iat[row] or rows["unit_text"].iat[row]
    if code != UNIT:
        value = rows[code].iat[row]
    return "" if value != value else str(value)


def agreement(returns: Returns) -> pd.DataFrame:
    """Pairs compared and agreed for each operator: over all fields, then for each field, in the order in which they appear;
    ``AGREEMENT_COLUMNS``. A pair of entries counts for both of its operators."""
    pairs = returns.pairs
    names = np.array([*(item.code for item in returns.instrument.items), *pairs.fields, ALL], dtype=object)
    agrees = ~np.column_stack([pairs.items, *pairs.fields.values()])
    field, pair = np.nonzero(_said(returns.answers, pairs).T)
    each = pd.DataFrame({"field": field, "agreed": agrees[pair, field]})
    who, operators = pd.factorize(np.concatenate(_operators(returns.rows, pairs)))
    parts = [each.assign(operator=one[pair]) for one in who.reshape(3, -1)]
    compared = pd.concat(parts, ignore_index=True)
    every = compared.assign(field=-1)  # ALL, the last of the names
    counted = pd.concat([every, compared], ignore_index=True).groupby(["operator", "field"], sort=False)
    table = counted["agreed"].agg(compared="size", agreed="sum").reset_index()
    table = table.assign(operator=operators[table["operator"]], field=names[table["field"]])
    table = table[table["operator"] != ""].reset_index(drop=True)
    return table.assign(share=table["agreed"] / table["compared"])[list(AGREEMENT_COLUMNS)]


def _said(answers: np.ndarray, pairs: EntryPairs) -> np.ndarray:
    """Where either entry of a pair says anything, boolean [pairs, items and fields]; fields are always compared."""
    nothing = np.isin(answers[pairs.first], _NOTHING) & np.isin(answers[pairs.second], _NOTHING)
    return np.column_stack([~nothing, np.ones((len(nothing), len(pairs.fields)), dtype=bool)])


def _operators(rows: pd.DataFrame, pairs: EntryPairs) -> tuple[np.ndarray, ...]:
    """Who each pair counts for: everybody, the operator of its first entry, and another one of its second entry."""
    operator = rows["operator"].to_numpy(object)
    one, other = operator[pairs.first], operator[pairs.second]
    return np.full(len(one), ALL, dtype=object), one, np.where(one == other, "", other)


def disagreements(returns: Returns) -> pd.DataFrame:
    """Every difference of two entries, and every answer that only one entry has, in the order of the first entries: the review
    file with nothing decided yet.

    >>> from surveys.returns.record_set import together
    >>> none = Instrument("i", "1", "", "", (), (), (), (), (), (), (), (), (), ())
    >>> len(disagreements(together(none, [])))
    0
    """
    rows = returns.rows
    unit = np.where(returns.matrix, units_rated(rows), "")
    lines = []
    open_yet = [""] * len(ENTRIES.filled)
    for row, entries, code in sorted(_apart(returns), key=lambda difference: difference[0]):
        texts = ("" if entry is None else as_written(returns, entry, code) for entry in entries)
        lines.append((rows["form_code"].iat[row], field_name(code, unit[row]), *texts, *open_yet))
    return pd.DataFrame(lines, columns=list(ENTRIES.columns))


def _apart(returns: Returns) -> Iterator[tuple[int, tuple[int | None, int | None], str]]:
    """Row, first and second entry, and item or field of every difference; None for an entry without the evaluation."""
    pairs, items = returns.pairs, returns.instrument.items
    differences = {item.code: pairs.items[:, k] for k, item in enumerate(items)} | dict(pairs.fields)
    for code, differs in differences.items():
        for first, second in zip(pairs.first[differs].tolist(), pairs.second[differs].tolist(), strict=True):
            yield first, (first, second), code
    for row in pairs.alone.tolist():
        entries = (None, row) if returns.rows["entry"].iat[row] == SECOND else (row, None)
        for k in np.flatnonzero(~np.isin(returns.answers[row], _NOTHING)):
            yield row, entries, items[k].code


def _answer_text(instrument: Instrument, item: str, answer: int) -> str:
    """The code of a level or of a non-answer of an item; the kind of a non-answer without a code; nothing for a blank."""
    scale = instrument.scale_of(item)
    if answer >= 0:
        return scale.levels[answer].code
    if answer in _NOTHING:
        return ""
    kind = next(name for name, code in NON_ANSWERS.items() if code == answer)
    return next((found.code for found in scale.non_answers if found.kind == kind), kind)
