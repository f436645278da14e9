"""Margins: known population totals, the sample coded against them, and what can be wrong between the two.

A margin counts a category of one column or of several crossed columns, or adds up a numeric column.
Rows that share their categories share their factor g, so everything is worked out on the cells of the
cross-table and only carried back to the rows at the end.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.errors import CalibrationError, listed, unknown

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

# Above this many cells the cross-table keeps only the combinations that occur.
DENSE_CELLS = 1 << 18
# Margins whose sums differ by no more than this share are the same total written with other rounding.
SAME_TOTAL = 1e-8
# Rows worked on at once.
BLOCK = 1 << 15
# A mean factor this near a bound, relative to it, is on it.
TOUCHING = 1e-10


@dataclass(frozen=True)
class Margin:
    """Known totals of one margin.

    Attributes:
        name: what messages call it.
        columns: the categorical columns that are crossed; empty for a plain numeric total.
        value: the numeric column that is added up; None where rows are counted.
        categories: one tuple of levels, in the order of ``columns``, per total [K].
        totals: population totals [K], in units of the weights (times those of ``value``).
    """

    name: str
    columns: tuple[str, ...]
    value: str | None
    categories: tuple[tuple[Hashable, ...], ...]
    totals: Array

    def label(self, k: int | np.integer[Any]) -> str:
        """Category k in words."""
        if not self.columns:
            return f"margin {self.name}"
        return f"margin {self.name}: category {levels_text(self.categories[k])}"


def levels_text(levels: Sequence[Hashable]) -> str:
    """Levels as a reader writes them: numpy scalars without their type."""
    plain = [x.item() if isinstance(x, np.generic) else x for x in levels]
    return " × ".join(repr(x) for x in plain)


def _tuple(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


@dataclass(frozen=True)
class Entry:
    """A margin as it was given: per group of ``by`` a mapping, or a number for a numeric column."""

    names: tuple[Any, ...]
    by: tuple[Any, ...]
    groups: tuple[tuple[Any, ...], ...]
    given: tuple[Any, ...]

    @property
    def name(self) -> str:
        return " × ".join(str(x) for x in (*self.by, *self.names))

    @property
    def counts(self) -> bool:
        return all(isinstance(part, Mapping | pd.Series) for part in self.given)

    def totals(self) -> list[tuple[tuple[Any, ...], Any]]:
        """Levels and total, one after the other."""
        if not self.counts:
            return list(zip(self.groups, self.given, strict=True))
        each = zip(self.groups, self.given, strict=True)
        return [(group + _tuple(level), total) for group, part in each for level, total in part.items()]

    def problems(self) -> Iterator[str]:
        """What keeps this from being a margin."""
        if not self.counts and not all(_is_number(part) for part in self.given):
            odd = next(part for part in self.given if not _is_number(part))
            yield (
                f"margin {self.name}: totals are a mapping from levels to numbers, or one number for a numeric column; "
                f"here is {odd!r:.80}"
            )
            return
        if not self.counts and len(self.names) > 1:
            yield f"margin {self.name}: one number is the total of one numeric column, not of {len(self.names)}"
        width = len(self.by) + len(self.names) if self.counts else len(self.by)
        seen = set()
        for levels, total in self.totals():
            if len(levels) != width:
                yield f"margin {self.name}: category {levels_text(levels)} has {len(levels)} levels, {width} are needed"
            if not _is_number(total):
                yield f"margin {self.name}: category {levels_text(levels)} has the total {total!r}; a number is needed"
            if levels in seen:
                yield f"margin {self.name}: category {levels_text(levels)} is given twice"
            seen.add(levels)
        if not seen:
            yield f"margin {self.name} has no category"

    def margin(self) -> Margin:
        pairs = self.totals()
        columns, value = (self.by + self.names, None) if self.counts else (self.by, self.names[0])
        totals = np.array([total for _, total in pairs], dtype=float)
        return Margin(self.name, columns, value, tuple(levels for levels, _ in pairs), totals)


def _entries(margins: Any, by: str | Sequence[str] | None) -> tuple[list[Entry], list[str]]:
    if not isinstance(margins, Mapping):
        return [], [f"margins: a mapping from columns to totals is needed, here is {type(margins).__name__}"]
    if by is None:
        return [Entry(_tuple(key), (), ((),), (given,)) for key, given in margins.items()], []
    columns = tuple(listed(by))
    odd = [group for group, part in margins.items() if not isinstance(part, Mapping)]
    if odd:
        return [], [
            f"margins of group {group!r}: a mapping from columns to totals is needed" for group in odd
        ]
    entries = []
    for key in dict.fromkeys(key for part in margins.values() for key in part):
        having = [group for group in margins if key in margins[group]]
        groups = tuple(_tuple(group) for group in having)
        entries.append(Entry(_tuple(key), columns, groups, tuple(margins[group][key] for group in having)))
    return entries, []


def read_margins(
    margins: Mapping[Any, Any], by: str | Sequence[str] | None = None
) -> tuple[tuple[Margin, ...], list[str]]:
    """Margins as users write them -> records, and what is wrong with those that cannot be read.

    ``{"sex": {"f": 52, "m": 48}, ("age", "sex"): {("old", "f"): 20, ...}, "income": 1.2e6}``; a pandas Series
    serves as a mapping. With ``by``, one such dictionary for each level of ``by``.

    >>> [m.name for m in read_margins({"sex": {"f": 52, "m": 48}, "income": 1200.0})[0]]
    ['sex', 'income']
    >>> read_margins({"north": {"sex": {"f": 5}}, "south": {"sex": {"f": 7}}}, by="area")[0][0].categories
    (('north', 'f'), ('south', 'f'))
    >>> read_margins({"sex": {"f": "many"}})[1]
    ["margin sex: category 'f' has the total 'many'; a number is needed"]
    """
    entries, problems = _entries(margins, by)
    if not entries and not problems:
        problems = ["no margin is given"]
    faults = [list(entry.problems()) for entry in entries]
    problems += [fault for part in faults for fault in part]
    return tuple(e.margin() for e, part in zip(entries, faults, strict=True) if not part), problems


@dataclass(frozen=True, eq=False)
class Coded:
    """A column as codes into its levels: the code of row i is ``numbers[i] − low``, in 0 … size − 1."""

    numbers: NDArray[np.integer]
    low: int
    size: int

    def codes(self, rows: slice = slice(None)) -> Codes:
        """Codes of some rows."""
        codes = self.numbers[rows].astype(np.intp)
        codes -= self.low
        return codes


def coded(column: pd.Series[Any]) -> tuple[Coded, Sequence[Any]]:
    """A column as codes [n] into its levels; missing values get the last code and the level None.

    Integers in a narrow range are coded by their distance from the smallest: no hashing of a million rows.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, levels = column.cat.codes.to_numpy(), list(column.cat.categories)
    elif isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu" and len(column):
        numbers = column.to_numpy()
        low, high = int(numbers.min()), int(numbers.max())
        if high - low < DENSE_CELLS:
            return Coded(numbers, low, high - low + 1), range(low, high + 1)
        codes, levels = _factorized(column)
    else:
        codes, levels = _factorized(column)
    if len(codes) and codes.min() < 0:
        codes, levels = np.where(codes < 0, len(levels), codes), [*levels, None]
    return Coded(codes, 0, len(levels)), levels


def _factorized(column: pd.Series[Any]) -> tuple[Codes, list[Any]]:
    try:
        codes, levels = pd.factorize(column)
    except TypeError:
        raise CalibrationError(
            f"column {str(column.name)!r}: holds values that are no categories (lists?)"
        ) from None
    return codes, list(levels)


def blocks(n: int) -> Iterator[slice]:
    """The rows in blocks that stay in the processor's cache."""
    return (slice(start, min(start + BLOCK, n)) for start in range(0, n, BLOCK))


def group_sums(index: NDArray[np.integer], values: Array | None, size: int) -> Array:
    """Sums of ``values`` [n] (numbers of rows where None) over 0 … size − 1."""
    if size > BLOCK:
        return np.bincount(index, values, size).astype(float, copy=False)
    sums = np.zeros(size)
    for rows in blocks(len(index)):
        sums += np.bincount(index[rows], None if values is None else values[rows], size)
    return sums


def crossed(columns: Sequence[Coded], n: int) -> tuple[NDArray[np.integer], Codes]:
    """Several coded columns -> cell of each row [n] and the codes of each cell [cells, columns]."""
    cells = math.prod(column.size for column in columns)
    if cells > DENSE_CELLS:
        return _occurring(columns, n)
    index = np.empty(n, dtype=np.min_scalar_type(max(cells - 1, 0)))
    for rows in blocks(n):
        part = columns[0].codes(rows) if columns else np.zeros(rows.stop - rows.start, dtype=np.intp)
        for column in columns[1:]:
            part *= column.size
            np.add(part, column.numbers[rows], out=part, casting="unsafe")
            part -= column.low
        index[rows] = part
    shape = [column.size for column in columns]
    keys = np.unravel_index(np.arange(cells), shape) if columns else ()
    return index, np.stack([*keys, np.zeros(cells, dtype=np.intp)], axis=1)[:, : len(columns)]


def _occurring(columns: Sequence[Coded], n: int) -> tuple[Codes, Codes]:
    """As :func:`crossed`, for more combinations than a table may have: only those that occur."""
    index, keys = np.zeros(n, dtype=np.intp), np.zeros((1, 0), dtype=np.intp)
    for column in columns:
        index = index * column.size + column.codes()
        present = np.arange(len(keys) * column.size)
        if len(present) > DENSE_CELLS:
            index, present = pd.factorize(index)
        keys = np.column_stack([keys[present // column.size], present % column.size])
    return index, keys


@dataclass(frozen=True)
class Cells:
    """The sample on the cells of the margins.

    Attributes:
        index: cell of each row [n], in 0 … size − 1.
        size: number of cells, empty ones included.
        present: cells with weight [c].
        weight: total weight of each present cell [c].
        category: per margin, the category of each present cell [c]; −1 = none.
        value: per margin, the numeric value of each present cell [c]; None = 1.
        keys: code of each crossed column in each present cell [c, columns].
        levels: per crossed column, its levels; None = missing.
        names: how messages call the rows [n].
    """

    index: NDArray[np.integer]
    size: int
    present: Codes
    weight: Array
    category: tuple[Codes, ...]
    value: tuple[Array | None, ...]
    keys: Codes
    levels: dict[str, Sequence[Any]]
    names: pd.Index

    def rows(self) -> Array:
        """Number of rows in each present cell [c]."""
        return group_sums(self.index, None, self.size)[self.present]

    def totals(self, values: Array) -> Array:
        """Total of row values [n] in each present cell [c]."""
        return group_sums(self.index, values, self.size)[self.present]

    def scaled(self, weights: Array, g: Array) -> Array:
        """Weights [n] times the factor of their cell [c]; unchanged where a cell is not present."""
        full = np.ones(self.size)
        full[self.present] = g
        result = np.empty(len(weights))
        for rows in blocks(len(weights)):
            np.multiply(weights[rows], full.take(self.index[rows]), out=result[rows])
        return result


def _categories(margin: Margin, order: list[str], keys: Codes, levels: dict[str, Sequence[Any]]) -> Codes:
    """Category of the margin each cell falls in [c]; −1 where the margin has none for it."""
    cell, wanted = np.zeros(len(keys), dtype=np.intp), np.zeros(len(margin.categories), dtype=np.intp)
    known = np.ones(len(keys), dtype=bool)
    for j, name in enumerate(margin.columns):
        labels = pd.Index(list(dict.fromkeys(c[j] for c in margin.categories)), dtype=object)
        code = labels.get_indexer(pd.Index(levels[name], dtype=object))[keys[:, order.index(name)]]
        known &= code >= 0
        cell = cell * len(labels) + code
        wanted = wanted * len(labels) + labels.get_indexer(
            pd.Index([c[j] for c in margin.categories], dtype=object)
        )
    return np.where(known, pd.Index(wanted).get_indexer(pd.Index(cell)), -1)


def tabulate(frame: pd.DataFrame, weights: Array, margins: Sequence[Margin]) -> Cells:
    """Collapse the rows to the cells the margins distinguish; with a numeric margin every row is its own cell."""
    order = list(dict.fromkeys(name for m in margins for name in m.columns))
    numeric = {m.value: frame[m.value].to_numpy(dtype=float) for m in margins if m.value is not None}
    pairs = {name: coded(frame[name]) for name in order}
    levels = {name: pair[1] for name, pair in pairs.items()}
    columns = [pair[0] for pair in pairs.values()]
    if numeric:
        index: NDArray[np.integer] = np.arange(len(weights))
        keys = np.stack([*(c.codes() for c in columns), index], axis=1)[:, : len(columns)]
    else:
        index, keys = crossed(columns, len(weights))
    total = group_sums(index, weights, len(keys))
    present = np.flatnonzero(total > 0)
    keys = keys[present]
    value = tuple(None if m.value is None else numeric[m.value][present] for m in margins)
    category = tuple(_categories(m, order, keys, levels) for m in margins)
    return Cells(index, len(total), present, total[present], category, value, keys, levels, frame.index)


# ---- what can be wrong ------------------------------------------------------------------------------


def prepared(
    frame: pd.DataFrame,
    weights: Array,
    margins: Mapping[Any, Any],
    by: str | Sequence[str] | None = None,
    one_level: bool = False,
) -> tuple[Cells, tuple[Margin, ...]]:
    """Margins as users write them -> the cells and the margins ready to work with.

    Raises:
        CalibrationError: with everything that is wrong with the margins, and between them and the sample.
    """
    found, problems = read_margins(margins, by)
    problems += shape_problems(found, one_level)
    usable = []
    for m in found:
        faults = _column_problems(frame, m)
        problems += faults
        usable += [] if faults else [m]
    cells = tabulate(frame, weights, usable)
    problems += sample_problems(cells, usable)
    if problems:
        raise CalibrationError(*problems)
    return cells, same_total(found)


def _column_problems(frame: pd.DataFrame, margin: Margin) -> list[str]:
    """Columns the frame does not have, and numeric totals of columns that are not numbers."""
    needed = [*margin.columns, *([] if margin.value is None else [margin.value])]
    problems = [
        f"margin {margin.name}: {unknown('column', c, frame.columns)}" for c in needed if c not in frame
    ]
    if not problems and margin.value is not None and not pd.api.types.is_numeric_dtype(frame[margin.value]):
        problems = [
            f"margin {margin.name}: one number is the total of a numeric column, "
            f"{margin.value!r} holds {frame[margin.value].dtype}"
        ]
    return problems


def shape_problems(margins: Sequence[Margin], one_level: bool = False) -> list[str]:
    """What is wrong with the margins whatever the sample: values, levels (unless one is enough), sums."""
    single = () if one_level else _one_level(margins)
    return [*_bad_totals(margins), *single, *_disagreeing(margins)]


def _bad_totals(margins: Sequence[Margin]) -> Iterator[str]:
    for m in margins:
        bad = ~np.isfinite(m.totals) | ((m.totals < 0) if m.value is None else False)
        for k in np.flatnonzero(bad):
            yield f"{m.label(k)} has the total {m.totals[k]:g}; a total is a finite number, counts are not negative"


def _one_level(margins: Sequence[Margin]) -> Iterator[str]:
    for m in margins:
        if m.value is None and len(m.totals) == 1:
            yield (
                f"{m.label(0)} is the only one: a margin of one level fixes nothing but the total "
                f"({m.totals[0]:g}); leave it out, or use poststratify to scale to a total"
            )


def _disagreeing(margins: Sequence[Margin]) -> Iterator[str]:
    counts = [m for m in margins if m.value is None]
    for m in counts[1:]:
        first, own = counts[0].totals.sum(), m.totals.sum()
        if not abs(own - first) <= SAME_TOTAL * abs(first):
            yield (
                f"margin {m.name} adds up to {own:.10g}, margin {counts[0].name} to {first:.10g} "
                f"(gap {own - first:.6g}): margins describe one population, rescale one of them"
            )


def same_total(margins: Sequence[Margin]) -> tuple[Margin, ...]:
    """Margins of counts scaled to the sum of the first, so that rounding in the last digit does not contradict."""
    sums = [m.totals.sum() for m in margins if m.value is None]
    return tuple(
        Margin(m.name, m.columns, m.value, m.categories, m.totals * (sums[0] / m.totals.sum()))
        if m.value is None
        else m
        for m in margins
    )


def sample_problems(cells: Cells, margins: Sequence[Margin]) -> list[str]:
    """Categories on one side only, missing values, totals of zero for people who are there."""
    return [p for i, m in enumerate(margins) for p in (*_unmatched(cells, m, i), *_unfilled(cells, m, i))]


def _unmatched(cells: Cells, m: Margin, i: int) -> Iterator[str]:
    value = cells.value[i]
    if value is not None and not np.isfinite(value).all():
        bad = np.flatnonzero(np.isin(cells.index, cells.present[~np.isfinite(value)]))
        yield f"margin {m.name}: {len(bad)} rows have no finite value in {m.value!r} (first: row {cells.names[bad[0]]})"
    lost = np.flatnonzero(cells.category[i] < 0)
    if len(lost):
        order = list(cells.levels)
        columns = [order.index(name) for name in m.columns]
        rows = cells.rows()
        counts: dict[tuple[Any, ...], int] = {}
        for c in lost:
            key = tuple(cells.levels[order[j]][cells.keys[c, j]] for j in columns)
            counts[key] = counts.get(key, 0) + int(rows[c])
        for key, count in counts.items():
            what = "has no value" if None in key else "has no total"
            yield f"margin {m.name}: category {levels_text(key)} of the sample ({count} rows) {what}"


def _unfilled(cells: Cells, m: Margin, i: int) -> Iterator[str]:
    category = cells.category[i]
    reached = np.bincount(category[category >= 0], cells.weight[category >= 0], minlength=len(m.totals))
    for k in np.flatnonzero((reached == 0) & (m.totals != 0)):
        yield f"{m.label(k)} has the total {m.totals[k]:g} and no rows in the sample (gap {m.totals[k]:g})"
    if m.value is None:
        for k in np.flatnonzero((reached > 0) & (m.totals == 0)):
            yield f"{m.label(k)} has the total 0, but rows in the sample; leave those rows out"


def bound_problems(cells: Cells, margins: Sequence[Margin], bounds: tuple[float, float]) -> list[str]:
    """Counts no g within the bounds can reach."""
    low, high = bounds
    problems = []
    for i, m in enumerate(margins):
        if m.value is not None:
            continue
        reached = np.bincount(cells.category[i], cells.weight, minlength=len(m.totals))
        need = m.totals / np.where(reached > 0, reached, 1.0)
        out = (need < low - TOUCHING * abs(low)) | (need > high + TOUCHING * abs(high))
        for k in np.flatnonzero((reached > 0) & out):
            nearest = min(max(need[k], low), high) * reached[k]
            problems.append(
                f"{m.label(k)} needs w/d = {need[k]:.6g} on average, outside the bounds ({low:g}, {high:g}): "
                f"at best {nearest:.6g} of {m.totals[k]:.6g} (gap {m.totals[k] - nearest:.6g}, after 0 rounds)"
            )
    return problems
