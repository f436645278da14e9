"""The design as users see it: made from columns, asked for estimates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from weighting.calibration.calibration import Calibration
from weighting.design.arguments import Arguments
from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, absent
from weighting.estimation import means, quantile
from weighting.estimation.estimates import Estimates
from weighting.groups import Floats
from weighting.hypotheses import rank_tests, t_tests
from weighting.hypotheses.hypothesis_test import HypothesisTest
from weighting.regression import regression, relative_importance
from weighting.regression.regression import Regression
from weighting.regression.relative_importance import RelativeImportance
from weighting.reliability import alpha
from weighting.reliability.result import Reliability
from weighting.tables import cross_table
from weighting.tables.cross_table import CrossTable
from weighting.variance.leverage import SMALL_SAMPLE
from weighting.variance.lonely_strata import Lonely

Columns = str | Sequence[str]


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Design(SampleDesign):
    """A sample and how it was drawn.

    Args:
        frame: a DataFrame or a mapping of column name → array, one row per respondent. Values that are missing make
            the row drop out of the estimates they belong to, never out of the design.
        weights: column name or array [n], not negative. Without weights: the inverse sampling fractions where ``fpc``
            is given, else 1.
        strata, clusters, fpc: column name or array, or a list with one per stage. ``fpc`` holds population sizes
            (numbers of clusters in the stratum) or sampling fractions (all ≤ 1), decided stage by stage. Further
            stages enter the variance where their ``fpc`` is given; otherwise the variance is that of the first stage
            (ultimate clusters).
        lonely: what to do with a stratum of one cluster that is not a census: ``fail`` refuses a variance; ``remove``
            leaves it out; ``certainty`` the same; ``adjust`` centres it at the mean over all clusters of the stage;
            ``average`` gives it the mean variance of the other strata.
        lonely_domains: apply ``adjust`` or ``average`` also to strata in which a domain holds one cluster of several.
        nest: what a cluster label is that stands in several strata: True: labels count within their stratum (label 1 in two
            strata is two clusters); False: one label is one cluster, and strata it crosses are an error. Not guessed: without
            ``nest`` such labels are an error that names both readings.
        small_sample: how few clusters are made up for. "leverage": each cluster's deviation over what the estimate and the
            calibration, which follow it, leave of it; nothing else than n/(n − 1) where weights are equal and nothing is
            calibrated. "clusters": n/(n − 1) everywhere, as R's ``survey`` does.

    Raises:
        DesignError: every fault found, naming column, row, stratum or cluster.

    >>> d = Design({"y": [1.0, 2.0, 4.0, 5.0], "w": [10, 10, 20, 20], "h": ["a", "a", "b", "b"]},
    ...            weights="w", strata="h")
    >>> d.degf
    2
    >>> d.column("y").tolist()
    [1.0, 2.0, 4.0, 5.0]
    >>> d.mean("y").table()[["estimate", "se"]].round(4).to_dict("records")
    [{'estimate': 3.5, 'se': 0.3727}]
    """

    calibrations: tuple[Calibration, ...] = ()

    def __init__(  # noqa: PLR0913
        self,
        frame: pd.DataFrame | Mapping[str, ArrayLike],
        weights: str | ArrayLike | None = None,
        strata: Any = None,
        clusters: Any = None,
        fpc: Any = None,
        lonely: Lonely = "fail",
        lonely_domains: bool = False,
        nest: bool | None = None,
        small_sample: Literal["leverage", "clusters"] = "leverage",
    ) -> None:
        given = Arguments(frame)
        policy = given.policy(lonely, lonely_domains)
        given.problems += absent("small_sample", [small_sample], SMALL_SAMPLE)
        stages = given.stages(strata, clusters, fpc, nest)
        found = given.weights(weights, stages if fpc is not None else ())
        DesignError.raise_any(given.problems)
        super().__init__(given.frame, found, stages, policy, small_sample=small_sample)

    def calibrated(self, calibration: Calibration) -> Design:
        """The same sample with calibrated weights; its variances are those of the residuals."""
        new = self.with_weights(calibration.weights, calibration.adjustment)
        return new._changed(calibrations=(*self.calibrations, calibration))

    @property
    def g(self) -> Floats:
        """Factors w/d [n] of all calibrations together; 1 without any, and for rows without weight."""
        factors = (calibration.g for calibration in self.calibrations)
        return np.asarray(np.prod([np.ones(self.n), *factors], axis=0))

    def mean(self, columns: Columns, by: Columns | None = None, **options: Any) -> Estimates:
        """Means by domain; see :func:`weighting.estimation.means.mean`."""
        return means.mean(self, columns, by, **options)

    def total(self, columns: Columns, by: Columns | None = None, **options: Any) -> Estimates:
        """Totals by domain; see :func:`weighting.estimation.means.total`."""
        return means.total(self, columns, by, **options)

    def proportion(self, columns: Columns, by: Columns | None = None, **options: Any) -> Estimates:
        """Shares by domain; see :func:`weighting.estimation.means.proportion`."""
        return means.proportion(self, columns, by, **options)

    def ratio(
        self, numerator: Columns, denominator: str, by: Columns | None = None, **options: Any
    ) -> Estimates:
        """Ratios of two totals by domain; see :func:`weighting.estimation.means.ratio`."""
        return means.ratio(self, numerator, denominator, by, **options)

    def quantile(
        self, columns: Columns, q: float | Sequence[float] = 0.5, by: Columns | None = None, **options: Any
    ) -> Estimates:
        """Quantiles by domain with Woodruff's intervals; see :func:`weighting.estimation.quantile.quantile`."""
        return quantile.quantile(self, columns, q, by, **options)

    def crosstab(self, rows: str, columns: str, by: Columns | None = None, **options: Any) -> CrossTable:
        """Two columns crossed, with a test of independence; see :func:`weighting.tables.cross_table.crosstab`."""
        return cross_table.crosstab(self, rows, columns, by, **options)

    def ttest(self, columns: Columns, by: str | None = None, **options: Any) -> HypothesisTest:
        """t tests: against a value, of two groups, of pairs; see :func:`weighting.hypotheses.t_tests.ttest`."""
        return t_tests.ttest(self, columns, by, **options)

    def ranktest(self, column: str, by: str, test: str = "wilcoxon", **options: Any) -> HypothesisTest:
        """Rank tests of two or more groups; see :func:`weighting.hypotheses.rank_tests.ranktest`."""
        return rank_tests.ranktest(self, column, by, test, **options)

    def regression(
        self, y: str, x: str | Sequence[str | tuple[str, ...]], family: str = "linear", **options: Any
    ) -> Regression:
        """Linear or logistic regression; see :func:`weighting.regression.regression.regression`."""
        return regression.regression(self, y, x, family=family, **options)

    def relative_importance(
        self, outcome: str, factors: str | Sequence[str], by: Columns | None = None, **options: Any
    ) -> RelativeImportance:
        """Shapley shares of R² by domain; see :func:`weighting.regression.relative_importance.relative_importance`."""
        return relative_importance.relative_importance(self, outcome, factors, by, **options)

    def alpha(self, columns: Columns, **options: Any) -> Reliability:
        """Cronbach's alpha and item–rest correlations; see :func:`weighting.reliability.alpha.alpha`."""
        return alpha.alpha(self, columns, **options)

    def __repr__(self) -> str:
        first = self.stages[0]
        parts = [
            f"{self.n:,} rows",
            f"weights {self.weights.sum():,.6g}",
            f"{first.n_strata:,} strata",
            f"{first.n_clusters:,} clusters",
            *([f"{len(self.stages)} stages"] if len(self.stages) > 1 else []),
            *(a.name for a in self.adjustments),
            *([] if self.domain is None else [f"domain of {int(self.domain.sum()):,} rows"]),
        ]
        return f"<Design: {', '.join(parts)}; df {self.degf:,}; lonely {self.lonely!r}>"
