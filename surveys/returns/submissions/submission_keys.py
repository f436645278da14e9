"""What a submission is called where its product gives it no name: a short key made from what it says.

The key knows nothing of files, rows and columns without an answer: it stays the same when rows are added above it, when an export
is downloaded again, and when columns change their places. Fields that tell who answered are no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from surveys.returns.headings.columns import Column, Pool, digest
from surveys.returns.table_reading import TableReading

#: Roles of fields that are no part of what a submission says: who answered, and times, which are compared as read.
_LEFT_OUT = frozenset({"personal", "identification", "submitted", "started", "seconds"})
_KEY = re.compile(r"k[0-9a-f]{16}(?:-\d+)?")  # the letter keeps spreadsheet programs from reading a number
_AT_ONCE = 1 << 20  # cells that are made numbers at once
_BETWEEN_OPTIONS = re.compile("[,;|]")


def content_keys(
    reading: TableReading, submitted: np.ndarray, seconds: np.ndarray, form: np.ndarray
) -> np.ndarray:
    """The key of every row of a table, object [n]; equal for the rows of one ``form`` [n]. ``submitted`` and ``seconds`` are the
    times as read."""
    file, table = reading.file, reading.table
    about = "\x1f".join((reading.questionnaire.code, table.unit, file.entry))
    total = np.full(len(reading), digest(about), dtype=np.uint64)
    total += mixed(submitted.astype("datetime64[s]").astype(np.int64).view(np.uint64))
    total += mixed(np.nan_to_num(seconds, nan=-1.0).view(np.uint64) + np.uint64(1))
    said = [(column, digest(name)) for name, column in _saying(reading)]
    said += [
        (column.replaced(_options_in_order), digest(question))
        for question, column in reading.layout.options.items()
    ]
    return _spelled(_over_forms(total + _summed(said, len(reading)), form))


def is_content_key(submissions: pd.Series) -> np.ndarray:
    """Which submissions are called by their content, boolean [n].

    >>> is_content_key(pd.Series(["k00112233445566aa", "k00112233445566aa-2", "R_1abc"])).tolist()
    [True, True, False]
    """
    return submissions.str.fullmatch(_KEY).to_numpy(bool)


def joined_keys(submissions: np.ndarray, form: np.ndarray) -> np.ndarray:
    """Keys of parts of forms → one key for each form, spread over its parts; object [n]."""
    parts = np.array([digest(said) for said in submissions.tolist()], dtype=np.uint64)
    return _spelled(_over_forms(parts, form))


def numbered_keys(submissions: pd.Series, forms: pd.Series) -> pd.Series:
    """Submissions in which the second, third … form with the same key has its number behind it.

    >>> numbered_keys(pd.Series(["k00112233445566aa"] * 3), pd.Series([0, 0, 7])).tolist()
    ['k00112233445566aa', 'k00112233445566aa', 'k00112233445566aa-2']
    """
    each = pd.DataFrame({"key": submissions, "form": forms}).drop_duplicates()
    nth = each.groupby("key", sort=False).cumcount() + 1
    again = each[(nth > 1) & is_content_key(each["key"])]
    names = dict(
        zip(
            zip(again["key"], again["form"], strict=True),
            again["key"] + "-" + nth[again.index].astype(str),
            strict=True,
        )
    )
    if not names:
        return submissions
    said = zip(submissions, forms, strict=True)
    return pd.Series([names.get(one, one[0]) for one in said], submissions.index, dtype=object)


def _saying(reading: TableReading) -> Iterator[tuple[str, Column]]:
    """Every column that is part of what a submission says, under a name that no other file gives to another one."""
    roles = {declared.code: declared.role for declared in reading.instrument.fields}
    layout = reading.layout
    for code, column in layout.fields.items():
        if roles.get(code, code) not in _LEFT_OUT:
            yield f"field\x1f{code}", column
    for (item, unit), column in layout.items.items():
        yield f"item\x1f{item}\x1f{unit}", column
    for (item, unit), levels in layout.ticks.items():
        for level, column in levels.items():
            yield f"tick\x1f{item}\x1f{unit}\x1f{level}", column


def _summed(said: Sequence[tuple[Column, int]], rows: int) -> np.ndarray:
    """The sum over columns, each with its salt, of the numbers for what their cells say, uint64 [rows]; 0 for an empty cell.
    Columns with the cells of one sheet are taken many at once, and only what they hold is made a number
    (``tests/benchmarks/test_score_speed.py``)."""
    total = np.zeros(rows, dtype=np.uint64)
    of_pool: dict[Pool, list[tuple[np.ndarray, int]]] = {}
    for column, salt in said:
        if column.cells.pool.meant is None:
            numbers = np.array([digest(text) for text in column.distinct.texts], dtype=np.uint64)
            total += _salted(column.distinct.spread(numbers, 0), np.uint64(salt))
        else:
            of_pool.setdefault(column.cells.pool, []).append((column.cells.codes, salt))
    at_once = max(_AT_ONCE // max(rows, 1), 1)
    for pool, columns in of_pool.items():
        for some in (columns[start : start + at_once] for start in range(0, len(columns), at_once)):
            codes = np.stack([codes for codes, _ in some])
            salts = np.array([[salt] for _, salt in some], dtype=np.uint64)
            total += _salted(pool.digests(codes)[codes], salts).sum(axis=0, dtype=np.uint64)
    return total


def _salted(digests: np.ndarray, salts: np.ndarray | np.uint64) -> np.ndarray:
    return np.asarray(np.where(digests, mixed(digests ^ salts), np.uint64(0)))


def _options_in_order(cell: object) -> object:
    """Chosen options without the order and the signs between them, which differ between the exports of one product."""
    if not isinstance(cell, str):
        return cell
    return "|".join(sorted(filter(None, (part.strip() for part in _BETWEEN_OPTIONS.split(cell)))))


def _over_forms(numbers: np.ndarray, form: np.ndarray) -> np.ndarray:
    """The sum over the rows of each form, for each row; uint64 [n]."""
    codes, forms = pd.factorize(form)
    if len(forms) == len(codes):
        return numbers
    sums = np.zeros(len(forms), dtype=np.uint64)
    np.add.at(sums, codes, numbers)
    return np.asarray(sums[codes])


def mixed(numbers: np.ndarray) -> np.ndarray:
    """Numbers whose sums do not meet by accident (the last steps of splitmix64); uint64 [n]."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(numbers ^ (numbers >> np.uint64(31)))


def _spelled(numbers: np.ndarray) -> np.ndarray:
    return np.array([f"k{number:016x}" for number in numbers.tolist()], dtype=object)
