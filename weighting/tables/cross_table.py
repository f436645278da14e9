"""Cross-tables: totals, cell, row and column shares of two columns with their errors, and a test of independence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting import shown
from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, absent, listed
from weighting.estimation.estimates import Estimates
from weighting.estimation.grouping import RESERVED
from weighting.estimation.intervals import Confidence
from weighting.estimation.requests import Request, estimates_of
from weighting.frozen import freeze
from weighting.groups import Codes, Floats
from weighting.hypotheses.hypothesis_test import HypothesisTest
from weighting.tables.independence import TESTS, TwoWay, tested
from weighting.tables.placement import MEASURES, Placement


@dataclass(frozen=True, eq=False, repr=False)
class CrossTable:
    """Two columns crossed, in each of the groups of the by-columns.

    ``total`` (of the population), ``cell_share``, ``row_share`` and ``column_share`` are estimates with errors, intervals and
    joint covariance, one row per cell, named by (by…, row, column, statistic); ``n`` [groups, rows, columns] counts the rows of
    the sample; ``test``: whether rows and columns are independent, in every group.
    """

    rows: str
    columns: str
    cell_share: Estimates
    n: NDArray[np.intp]
    degrees: Floats
    placed: Placement
    confidence: Confidence
    name_of_test: str = "F"
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(self)

    @cached_property
    def total(self) -> Estimates:
        return self._estimated("total", self.placed.cells("total"))

    @cached_property
    def row_share(self) -> Estimates:
        return self._estimated("row_share", self.placed.within("row"))

    @cached_property
    def column_share(self) -> Estimates:
        return self._estimated("column_share", self.placed.within("column"))

    def _estimated(self, name: str, request: Request) -> Estimates:
        return _estimated(name, request, self.placed, self.confidence)

    @cached_property
    def test(self) -> HypothesisTest:
        """The test that was asked for."""
        return self.tested(self.name_of_test)

    def table(self) -> pd.DataFrame:
        """By-columns, row, column, n, total and shares with ``_se``, ``_low``, ``_high``: a fresh frame, one row per cell."""
        table = self._cells().assign(n=self.n.ravel())
        for name in MEASURES:
            found, order = getattr(self, name), self._order(name)
            for suffix, numbers in (
                ("", found.estimate),
                ("_se", found.se),
                ("_low", found.ci_low),
                ("_high", found.ci_high),
            ):
                table[name + suffix] = numbers[order]
        return table

    def pivot(self, measure: str = "row_share") -> pd.DataFrame:
        """One measure with rows down and columns across: total, cell_share, row_share, column_share or n."""
        DesignError.raise_any(absent("measure", [measure], (*MEASURES, "n")))
        table = self.table()
        index = list(table.columns[: table.columns.get_loc(self.columns)])
        return table.pivot(index=index, columns=self.columns, values=measure)

    def tested(self, test: str = "F") -> HypothesisTest:
        """A test of independence by its name: ``F`` (Rao–Scott, second order), ``Chisq`` (first order), ``Wald``, ``adjWald``,
        ``lincom`` or ``saddlepoint``.

        >>> from weighting import Design
        >>> d = Design({"sex": [1, 1, 1, 1, 2, 2, 2, 2], "yes": [1, 1, 1, 0, 0, 0, 1, 0]})
        >>> d.crosstab("sex", "yes").tested("Wald").sentences()
        ['Wald test of independence, sex × yes: F(1, 7) = 2.333, p = 0.1705']
        """
        DesignError.raise_any(absent("test", [test], TESTS))
        letter, method, _ = TESTS[test]
        parts = [tested(self._two_way(g), test) for g in range(len(self.n))]
        notes = [self._note(g) or note for g, (_, note) in enumerate(parts)]
        statistic, ndf, ddf, p = np.array([found for found, _ in parts], dtype=float).T
        return HypothesisTest(
            labels=self._groups().assign(table=f"{self.rows} × {self.columns}"),
            method=method,
            letter=letter,
            statistic=statistic,
            ndf=ndf,
            ddf=ddf,
            p=p,
            n=self.n.sum(axis=(1, 2)),
            note=tuple(notes),
            remarks=self.remarks,
        )

    def _cells(self) -> pd.DataFrame:
        """By-columns, row and column of every cell."""
        return self.cell_share.labels.drop(columns="statistic")

    def _groups(self) -> pd.DataFrame:
        """By-columns of every group."""
        size = self.n[0].size
        return self._cells().drop(columns=[self.rows, self.columns]).iloc[::size].reset_index(drop=True)

    def _order(self, name: str) -> Codes:
        """Places of an estimate's rows in the order of the cells: those of column shares run down the columns."""
        G, R, C = self.n.shape
        if name != "column_share":
            return np.arange(G * R * C)
        return np.arange(G * R * C).reshape(G, C, R).transpose(0, 2, 1).ravel()

    def _two_way(self, group: int) -> TwoWay:
        """The table of one group without its empty rows and columns."""
        _, R, C = self.n.shape
        counts = self.n[group]
        rows, columns = np.flatnonzero(counts.any(axis=1)), np.flatnonzero(counts.any(axis=0))
        places = group * R * C + (rows[:, None] * C + columns).ravel()
        shape, within = (rows.size, columns.size), np.ix_(places, places)
        share = self.cell_share

        def counted() -> tuple[Floats, Floats]:
            return self.total.estimate[places].reshape(shape), self.total.covariance().to_numpy()[within]

        return TwoWay(
            shares=share.estimate[places].reshape(shape),
            covariance=share.covariance().to_numpy()[within],
            counted=counted,
            n=float(counts.sum()),
            df=float(self.degrees[group]),
        )

    def _note(self, group: int) -> str:
        """Why there is no test of a group, as far as its estimates say it."""
        size = self.n[0].size
        cells = slice(group * size, (group + 1) * size)
        if not self.n[group].any():
            return "no row has a value of both"
        census = all("census" in text for text in self.cell_share.note[cells])
        census = census and not (self.cell_share.se[cells] > 0).any()
        return "complete census: no sampling error, nothing to test" if census else ""

    def __repr__(self) -> str:
        return shown.as_text(self._title(), self._printed(), self._below(), self.n.shape[0] * self.n.shape[1])

    def _repr_html_(self) -> str:
        return shown.as_html(self._title(), self._printed(), self._below(), self.n.shape[0] * self.n.shape[1])

    def _title(self) -> str:
        return f"{self.rows} × {self.columns}, {self.n.sum():,} rows: row shares in % (standard errors)"

    def _printed(self) -> pd.DataFrame:
        """Row shares with their errors, one line per row of the table."""
        G, R, C = self.n.shape
        share, se = 100 * self.row_share.estimate, 100 * self.row_share.se
        texts = [
            "" if np.isnan(p) else f"{p:.1f} ({s:.1f})" if np.isfinite(s) else f"{p:.1f}"
            for p, s in zip(share, se, strict=True)
        ]
        heads = self._cells().iloc[::C].drop(columns=self.columns).reset_index(drop=True).map(shown.label)
        body = pd.DataFrame(
            np.array(texts, dtype=object).reshape(G * R, C),
            columns=[
                f"{self.columns}={shown.label(label)}" for label in self._cells()[self.columns].iloc[:C]
            ],
        )
        counts = shown.decimals(self.n.sum(axis=2).ravel(), 0)
        return pd.concat([heads, body], axis=1).assign(n=counts).head(shown.MOST_ROWS)

    def _below(self) -> list[str]:
        return [*self.test.sentences()[:10], *self.remarks]


def crosstab(  # noqa: PLR0913
    design: SampleDesign,
    rows: str,
    columns: str,
    by: str | Sequence[str] | None = None,
    *,
    test: str = "F",
    interval: str = "bounded",
    level: float = 0.95,
    df: str | float = "domain",
) -> CrossTable:
    """Two columns of categories crossed, by any number of groups, over the rows in which both have a value.

    Args:
        rows, columns: names of columns of few different values; a declared category without rows is an empty row or column.
        by: names of columns whose values make groups, a table for each.
        test: the test that is shown: ``F`` (Rao–Scott, second order), ``Chisq`` (Rao–Scott, first order; it does not know how few
            clusters there are, and rejects too often with few), ``Wald``, ``adjWald``, ``lincom`` (the exact mixture of χ²) or
            ``saddlepoint``; any of them afterwards by :meth:`CrossTable.tested`.
        interval, level, df: of the shares, as for :func:`weighting.estimation.means.proportion`; totals have ``wald``. The
            tests take the same degrees of freedom.

    Raises:
        DesignError: unknown columns, a column named twice, too many values, no row with a value of both.

    >>> from weighting import Design
    >>> d = Design({"sex": [1, 1, 1, 1, 2, 2, 2, 2], "yes": [1, 1, 1, 0, 0, 0, 1, 0]})
    >>> d.crosstab("sex", "yes").row_share.estimate.tolist()
    [0.25, 0.75, 0.75, 0.25]
    >>> d.crosstab("sex", "yes")
    sex × yes, 8 rows: row shares in % (standard errors)
     sex       yes=0       yes=1 n
       1 25.0 (23.1) 75.0 (23.1) 4
       2 75.0 (23.1) 25.0 (23.1) 4
    Rao–Scott F (second order), sex × yes: F(1, 7) = 1.75, p = 0.2275 (fewer than 5 rows expected in 4 of 4 cells: rough)
    """
    DesignError.raise_any(absent("test", [test], TESTS))
    confidence = Confidence(interval, level, df)
    names = _names(design, rows, columns, by)
    placed = Placement.of(design, names, by)
    cells = _estimated("cell_share", placed.cells("proportion"), placed, confidence)
    return CrossTable(
        rows=names[0],
        columns=names[1],
        cell_share=cells,
        n=placed.n,
        degrees=_degrees(cells, df).reshape(len(placed.n), -1)[:, 0],
        placed=placed,
        confidence=confidence,
        name_of_test=test,
        remarks=placed.remarks(),
    )


def _estimated(name: str, request: Request, placed: Placement, confidence: Confidence) -> Estimates:
    """One measure of all cells; totals have no bounds to keep to."""
    asked = replace(confidence, interval="wald") if name == "total" else confidence
    return replace(estimates_of(request, asked), labels=placed.labels(name), remarks=())


def _degrees(cells: Estimates, df: str | float) -> Floats:
    """Degrees of freedom of the tests, as those of the cells [K]; clusters less strata where these weigh the strata."""
    by_count = df == "satterthwaite" and cells.domain_df is not None
    return np.asarray(cells.domain_df if by_count else cells.df)


def _names(design: SampleDesign, rows: Any, columns: Any, by: Any) -> list[Any]:
    """The two columns, checked beside the by-columns."""
    given = [rows, columns]
    DesignError.raise_any(
        f"{role}: one column is needed" for role, one in zip(("rows", "columns"), given, strict=True)
        if len(listed(one)) != 1
    )  # fmt: skip
    names = design.names([listed(one)[0] for one in given])
    whole = [*names, *(listed(by) if by is not None else [])]
    DesignError.raise_any(
        [f"column {str(n)!r} is named twice" for k, n in enumerate(whole) if n in whole[:k]]
        + [f"the table has a column {n!r} of its own: rename this one" for n in whole if n in RESERVED]
    )
    return names
