"""What reliability shows: alpha with its interval, and each item beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting import shown
from weighting.errors import quoted
from weighting.frozen import freeze
from weighting.groups import Floats


@dataclass(frozen=True, eq=False, repr=False)
class Reliability:
    """Cronbach's alpha of k items and what each item does to it.

    Attributes:
        alpha, se, ci: raw alpha, its standard error and limits at ``level``.
        standardised: alpha of the correlations; ``g6``: Guttman's λ₆; ``mean_r``, ``median_r``: of the correlations
            between items. NaN where an item does not vary (``g6`` also where items determine each other).
        items, item_n, item_mean, item_sd: names, answers, weighted mean and standard deviation [k], by available case.
        item_rest_r, item_rest_se: correlation of each item with the sum of the others, and its standard error [k].
        item_total_r: with the mean of all answers of a row [k]; ``item_total_r_smc``: of standardised items, with the
            squared multiple correlation in place of the item's own variance [k].
        alpha_if_dropped, dropped_se: alpha of the other items and its standard error [k]; NaN for two items.
        mean, sd: of the score, the mean of a row's answers.
        rows: rows that count; ``n``: the size that normal errors and Feldt's limits take; ``df``: of the interval.
        errors, missing, interval, level: as they were asked for.
    """

    alpha: float
    se: float
    ci: tuple[float, float]
    standardised: float
    g6: float
    mean_r: float
    median_r: float
    items: tuple[str, ...]
    item_n: NDArray[np.int64]
    item_mean: Floats
    item_sd: Floats
    item_rest_r: Floats
    item_rest_se: Floats
    item_total_r: Floats
    item_total_r_smc: Floats
    alpha_if_dropped: Floats
    dropped_se: Floats
    mean: float
    sd: float
    rows: int
    n: int
    df: float
    errors: str
    missing: str
    interval: str
    level: float

    def __post_init__(self) -> None:
        freeze(self)

    def table(self) -> pd.DataFrame:
        """item, n, mean, sd, item_rest_r, item_rest_se, item_total_r, item_total_r_smc, alpha_if_dropped, dropped_se,
        note: a fresh frame [k rows]."""
        numbers = {
            "n": self.item_n,
            "mean": self.item_mean,
            "sd": self.item_sd,
            "item_rest_r": self.item_rest_r,
            "item_rest_se": self.item_rest_se,
            "item_total_r": self.item_total_r,
            "item_total_r_smc": self.item_total_r_smc,
            "alpha_if_dropped": self.alpha_if_dropped,
            "dropped_se": self.dropped_se,
        }
        columns = {name: np.array(values) for name, values in numbers.items()}
        return pd.DataFrame({"item": list(self.items), **columns, "note": list(self.note)})

    @property
    def note(self) -> tuple[str, ...]:
        """What has to be said of each item [k]."""
        return tuple(
            "all answers are equal"
            if sd == 0
            else "correlates negatively with the other items: the other way round?"
            if r < 0
            else ""
            for r, sd in zip(self.item_rest_r, self.item_sd, strict=True)
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What has to be said of the whole."""
        return tuple(self._said())

    def _said(self) -> Iterator[str]:
        against = [item for item, r in zip(self.items, self.item_rest_r, strict=True) if r < 0]
        if against:
            yield f"{quoted(against)}: against the other items; reverse them, or leave them out, before alpha is judged"
        if self.alpha < 0:
            yield "alpha is negative: the items do not measure one thing, or some are the other way round"
        fewest = int(self.item_n.min())
        if self.missing == "listwise" and fewest > self.rows:
            yield f"{self.rows:,} rows answered all items; the item with most gaps was answered in {fewest:,}"
        if self.missing == "available" and self.errors == "normal" and fewest < self.n:
            yield f"standard errors take all {self.n:,} rows as R psych does; an item was answered in {fewest:,}"
        if len(self.items) == 2:
            yield "two items: without one of them no alpha is left"

    def __repr__(self) -> str:
        return shown.as_text(self._title(), self._printed(), self.remarks, len(self.items))

    def _repr_html_(self) -> str:
        return shown.as_html(self._title(), self._printed(), self.remarks, len(self.items))

    def _title(self) -> str:
        low, high = shown.significant(self.ci)
        alpha, se, standardised, g6 = shown.significant((self.alpha, self.se, self.standardised, self.g6))
        return (
            f"Cronbach's alpha {alpha} (se {se}; {100 * self.level:g} % {self.interval} {low}…{high}; {self.errors} errors) "
            f"of {len(self.items)} items, {self.rows:,} rows {self.missing}; standardised {standardised}, λ6 {g6}"
        )

    def _printed(self) -> pd.DataFrame:
        table = self.table().head(shown.MOST_ROWS).drop(columns=["item_total_r", "item_total_r_smc"])
        for name in table.columns.difference(["item", "n", "note"]):
            table[name] = shown.significant(table[name])
        return table if any(self.note) else table.drop(columns="note")
