"""Margins: known population totals, as users write them and as records.

A margin counts the categories of one column or of several crossed columns, or adds up a numeric column.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from weighting.errors import Fault, applying, is_number, listed
from weighting.groups import Floats


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
    totals: Floats

    def label(self, k: int | np.integer[Any]) -> str:
        """Category k in words."""
        if not self.columns:
            return f"margin {self.name}"
        return f"margin {self.name}: category {levels_text(self.categories[k])}"

    def fault(self, code: str, k: int | np.integer[Any], sentence: str, **facts: float) -> Fault:
        """What is wrong with category k: its label, then ``sentence``."""
        where = {"columns": self.columns, "levels": self.categories[k], "total": float(self.totals[k])}
        return Fault(code, f"{self.label(k)} {sentence}", **where, **facts)


def levels_text(levels: Sequence[Hashable]) -> str:
    """Levels as a reader writes them: numpy scalars without their type.

    >>> levels_text((np.int64(3), "f"))
    "3 × 'f'"
    """
    plain = [x.item() if isinstance(x, np.generic) else x for x in levels]
    return " × ".join(repr(x) for x in plain)


def _tuple(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


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

    @property
    def crossed(self) -> tuple[Any, ...]:
        """The categorical columns."""
        return self.by + self.names if self.counts else self.by

    def totals(self) -> list[tuple[tuple[Any, ...], Any]]:
        """Levels and total, one after the other."""
        each = zip(self.groups, self.given, strict=True)
        if not self.counts:
            return list(each)
        return [(group + _tuple(level), total) for group, part in each for level, total in part.items()]

    def problems(self) -> list[str]:
        """What keeps this from being a margin."""
        odd = [] if self.counts else [part for part in self.given if not is_number(part)]
        if odd:
            return [
                f"margin {self.name}: totals are a mapping from levels to numbers, or one number for a numeric column; "
                f"here is {odd[0]!r:.80}"
            ]
        several = f"one number is the total of one numeric column, not of {len(self.names)}"
        found = applying((not self.counts and len(self.names) > 1, f"margin {self.name}: {several}"))
        width, seen = len(self.crossed), set()
        for levels, total in self.totals():
            category = f"margin {self.name}: category {levels_text(levels)}"
            found += applying(
                (len(levels) != width, f"{category} has {len(levels)} levels, {width} are needed"),
                (not is_number(total), f"{category} has the total {total!r}; a number is needed"),
                (levels in seen, f"{category} is given twice"),
            )
            seen.add(levels)
        return found if seen else [*found, f"margin {self.name} has no category"]

    def margin(self) -> Margin:
        categories, totals = zip(*self.totals(), strict=True)
        value = None if self.counts else self.names[0]
        return Margin(self.name, self.crossed, value, categories, np.array(totals, dtype=float))


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
    faults = [entry.problems() for entry in entries]
    problems += [fault for part in faults for fault in part]
    return tuple(e.margin() for e, part in zip(entries, faults, strict=True) if not part), problems


def _entries(margins: Any, by: str | Sequence[str] | None) -> tuple[list[Entry], list[str]]:
    if not isinstance(margins, Mapping):
        return [], [f"margins: a mapping from columns to totals is needed, here is {type(margins).__name__}"]
    if by is None:
        return [Entry(_tuple(key), (), ((),), (given,)) for key, given in margins.items()], []
    odd = [group for group, part in margins.items() if not isinstance(part, Mapping)]
    if odd:
        return [], [
            f"margins of group {group!r}: a mapping from columns to totals is needed" for group in odd
        ]
    entries = []
    for key in dict.fromkeys(key for part in margins.values() for key in part):
        having = {_tuple(group): part[key] for group, part in margins.items() if key in part}
        entries.append(Entry(_tuple(key), tuple(listed(by)), tuple(having), tuple(having.values())))
    return entries, []


def same_total(margins: Sequence[Margin]) -> tuple[Margin, ...]:
    """Margins of counts scaled to the sum of the first, so that rounding in the last digit does not contradict."""
    sums = [m.totals.sum() for m in margins if m.value is None]
    return tuple(
        m if m.value is not None else replace(m, totals=m.totals * (sums[0] / m.totals.sum()))
        for m in margins
    )
