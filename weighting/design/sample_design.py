"""The record that estimators take: a sample, how it was drawn, and what that says about variances.

A design is frozen. Calibration, trimming and nonresponse adjustment hand on a new one
(:meth:`SampleDesign.with_weights`); a subpopulation is a domain of the same design, never a smaller sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from weighting.design.arguments import weight_problems
from weighting.errors import DesignError, columns_named
from weighting.frozen import copied, frozen, is_frozen
from weighting.groups import Codes, Flags, Floats, coded, crossed
from weighting.variance.adjustment import Adjustment
from weighting.variance.cells import ClusterCells
from weighting.variance.influence import Residuals
from weighting.variance.leverage import LEVERAGE, Auxiliaries, Leverage, in_columns, is_even
from weighting.variance.lonely_strata import LonelyPolicy
from weighting.variance.stages import Stage


@dataclass(frozen=True, eq=False, repr=False)
class SampleDesign:
    """A sample of n rows and how it was drawn.

    ``weights`` [n], 0 outside the ``domain`` [n] (None: all rows); ``stages`` that enter the variance; ``adjustments``
    in the order in which they were made; ``policy`` for strata of one cluster; ``small_sample``: how deviations of few
    clusters are brought to full size.
    """

    _frame: pd.DataFrame
    weights: Floats
    stages: tuple[Stage, ...]
    policy: LonelyPolicy
    adjustments: tuple[Adjustment, ...] = ()
    domain: Flags | None = None
    small_sample: str = LEVERAGE

    def _changed(self, **values: Any) -> Self:
        """The same design with other values of its fields; nothing derived from the old ones is kept."""
        new = object.__new__(type(self))
        vars(new).update({f.name: getattr(self, f.name) for f in fields(self)} | values)
        return new

    # ---- the sample ---------------------------------------------------------------------------------------

    @property
    def frame(self) -> pd.DataFrame:
        """The columns of the sample [n rows]: a copy, so that nothing done to it reaches the design."""
        return copied(self._frame)

    @property
    def n(self) -> int:
        """Number of rows, those outside a domain included."""
        return self.weights.size

    @property
    def lonely(self) -> str:
        """What is done with a stratum of one cluster."""
        return self.policy.name

    def names(self, columns: Any) -> list[Any]:
        """The names of one column or several, or an error that knows the nearest names."""
        return columns_named(columns, self._frame.columns)

    def column(self, name: str) -> pd.Series:
        """One column [n]."""
        found: pd.Series = self._frame[self.names([name])[0]]
        return found

    def codes(self, by: str | Sequence[str]) -> tuple[Codes, pd.DataFrame]:
        """Domain of each row [n] (−1: a value is missing) and the domains' labels [J, columns], sorted.

        The domains of one categorical column are all its categories, with or without rows.
        """
        names = list(dict.fromkeys(columns_named(by, self._frame.columns, "by")))
        parts = [coded(self._frame[name]) for name in names]
        if len(parts) == 1:
            return parts[0][0], pd.DataFrame({names[0]: parts[0][1]})
        domain, keys = crossed([(codes, len(labels)) for codes, labels in parts])
        columns = zip(names, parts, keys.T, strict=True)
        return domain, pd.DataFrame({name: labels[key] for name, (_, labels), key in columns})

    # ---- changed designs ----------------------------------------------------------------------------------

    def with_weights(self, weights: Floats, adjustment: Adjustment | None = None) -> Self:
        """The same sample with other weights [n], and the adjustment the variance has to take into account.

        >>> from weighting import Design
        >>> d = Design({"y": [1.0, 2.0]})
        >>> d.with_weights(np.array([3.0, 1.0])).mean("y").estimate.tolist()
        [1.25]
        """
        try:
            found = weights if is_frozen(weights) else np.array(weights, dtype=float)
        except (TypeError, ValueError):
            raise DesignError(f"weights: a number for each of the {self.n} rows is needed") from None
        if found.shape != self.weights.shape:
            raise DesignError(f"weights: {found.shape} values for {self.n} rows")
        DesignError.raise_any(weight_problems(found, self._frame.index, "weights"))
        found, kept = frozen(found), self.adjustments
        if adjustment is not None:
            known = adjustment.weights is not None
            kept = (*kept, adjustment if known else replace(adjustment, weights=found))
        return self._changed(weights=found, adjustments=kept)

    def with_columns(self, columns: pd.DataFrame) -> Self:
        """The same design with more (or other) columns [n rows] to estimate from.

        >>> from weighting import Design
        >>> Design({"h": [1, 2]}).with_columns(pd.DataFrame({"y": [2.0, 4.0]})).mean("y").estimate.tolist()
        [3.0]
        """
        if not isinstance(columns, pd.DataFrame):
            raise DesignError(f"columns: a DataFrame is needed, not {type(columns).__name__}")
        if len(columns) != self.n:
            raise DesignError(f"columns: {len(columns)} rows for a design of {self.n}")
        rest = self._frame.drop(columns=[c for c in columns.columns if c in self._frame.columns])
        return self._changed(_frame=pd.concat([rest, columns.set_axis(rest.index)], axis=1))

    def subset(self, mask: ArrayLike | str) -> Self:
        """The domain of the rows where ``mask`` [n] (or a column of truth values) holds, in the same design.

        Rows outside keep their place in strata and clusters and get weight zero.
        """
        values = self.column(mask).to_numpy() if isinstance(mask, str) else np.asarray(mask)
        needed = f"subset: a truth value for each of the {self.n} rows is needed"
        if values.shape != (self.n,) or values.dtype.kind not in "bO":
            raise DesignError(needed)
        try:
            inside = pd.array(values, dtype="boolean").fillna(False).to_numpy(dtype=bool)
        except TypeError:
            raise DesignError(needed) from None
        inside = inside if self.domain is None else inside & self.domain
        if not inside.any():
            raise DesignError("subset: no row lies in this domain")
        return self._changed(weights=frozen(np.where(inside, self.weights, 0.0)), domain=frozen(inside))

    # ---- degrees of freedom -------------------------------------------------------------------------------

    @cached_property
    def degf(self) -> int:
        """Degrees of freedom: clusters less strata of the first stage, over rows with a positive weight."""
        return self.domain_degf(np.ones(self.n, dtype=bool))

    def domain_degf(self, mask: NDArray[np.bool_]) -> int:
        """Clusters less strata with a row of the domain ``mask`` [n] of positive weight."""
        return int(self.domain_degfs(np.where(mask, 0, -1), 1)[0])

    def domain_degfs(self, domain: Codes, n_domains: int) -> NDArray[np.int64]:
        """:meth:`domain_degf` of every domain at once: codes [n] (−1: none) → [J]."""
        return self.domain_degfs_of(np.ones((self.n, 1), dtype=bool), domain, n_domains)[:, 0]

    def domain_degfs_of(self, rows: Flags, domain: Codes, n_domains: int) -> NDArray[np.int64]:
        """:meth:`domain_degfs` of S parts of each domain: the rows [n, S] that belong to each part → [J, S]."""
        counted = np.where(self.weights > 0, domain, -1)
        return self.stages[0].clusters_less_strata(rows, counted, n_domains)

    def weighted_degfs_of(self, rows: Flags, domain: Codes, n_domains: int) -> Floats:
        """:meth:`domain_degfs_of` times the share that unequal weights leave of them, 1 where ``even`` → [J, S].

        (Bell & McCaffrey, Survey Methodology 28, 2002; Satterthwaite, Biometrics Bulletin 2, 1946.)
        """
        counted = self.domain_degfs_of(rows, domain, n_domains).astype(float)
        if self.even:
            return counted
        cells = self.cells(domain, n_domains)
        leverage = Leverage.of(cells)
        for part in in_columns(rows.shape):
            there = rows[:, part] & (self.weights > 0)[:, None]
            weight, even = (cells.totals(v) for v in (there * self.weights[:, None], there.astype(float)))
            counted[:, part] *= leverage.evenness(weight, even)
        return counted

    def weighted_degf(self, mask: NDArray[np.bool_]) -> float:
        """:meth:`weighted_degfs_of` the rows of ``mask`` [n] as one domain."""
        return float(self.weighted_degfs_of(mask[:, None], np.zeros(self.n, dtype=np.intp), 1)[0, 0])

    # ---- variances ----------------------------------------------------------------------------------------

    def inside(self, domain: Codes) -> Codes:
        """Domain codes [n] with −1 for the rows that a subset left out."""
        return domain if self.domain is None else np.where(self.domain, domain, -1)

    def cells(self, domain: Codes, n_domains: int) -> ClusterCells:
        """Rows grouped to cluster × domain, codes [n], −1 for none. Rows that a subset left out belong to no domain.

        Raises:
            DesignError: strata whose variance nobody can know.
        """
        return ClusterCells.of(self.stages, self.inside(domain), n_domains, self.policy)

    @cached_property
    def whole(self) -> ClusterCells:
        """All rows of the domain as one; all rows of the sample where it was adjusted."""
        everything = self._changed(domain=None) if self.adjustments else self
        return everything.cells(np.zeros(self.n, dtype=np.intp), 1)

    @cached_property
    def residuals(self) -> Residuals:
        """What the adjustments leave of influence values."""
        return Residuals(self.adjustments, self.stages[-1], self.whole)

    @property
    def counts_presence(self) -> bool:
        """Whether the variance depends on which strata a domain has rows in, not only on its totals."""
        alone = any(stage.lonely.any() for stage in self.stages)
        return self.policy.in_domains or (self.lonely == "average" and alone)

    @cached_property
    def even(self) -> bool:
        """Whether n/(n − 1) is all that deviations need: it was asked for, or nothing was adjusted and weights are equal
        within strata."""
        if self.small_sample != LEVERAGE:
            return True
        stage = self.stages[0]
        return not self.adjustments and is_even(self.weights, stage.stratum[stage.cluster], stage.n_strata)

    @cached_property
    def auxiliaries(self) -> Auxiliaries:
        """The auxiliaries of the adjustments, by clusters of the first stage."""
        return Auxiliaries(self.residuals, self.stages[0])

    def with_leverage(
        self, u: Floats, domain: Codes, n_domains: int, weight: Floats, estimated: bool = True
    ) -> Floats:
        """Influence values ``u`` [n, k] with what leverage hides of them (:mod:`weighting.variance.leverage`), to be given to
        :meth:`covariance_of` and its like; ``u`` counts in its row's domain (−1: none).

        ``weight`` [n, k] holds w a of the rows each estimate rests on (for a ratio w a x); ``estimated`` is False for totals,
        whose values are not measured from an estimate. Only sums of the values over clusters have a meaning.

        >>> from weighting import Design
        >>> d = Design({"y": [0.0, 1.0, 1.0]}, weights=[1.0, 1.0, 2.0])
        >>> u = d.weights * (d.column("y").to_numpy() - 0.75) / 4
        >>> d.with_leverage(u[:, None], np.zeros(3, dtype=int), 1, d.weights[:, None]).round(6).tolist()
        [[-0.176777], [0.058926], [0.144338]]
        """
        u = np.asarray(u, dtype=float)
        if self.even or not (estimated or self.adjustments):
            return u
        cells = self.cells(domain, n_domains)
        leverage, found = Leverage.of(cells), np.empty_like(u)
        for part in in_columns(u.shape):
            columns = (u[:, part], weight[:, part])
            lacking = self._lacking(leverage, cells, domain, columns, estimated)
            of_row = np.append(lacking, np.zeros((1, lacking.shape[1])), axis=0)[cells.cell]
            found[:, part] = columns[0] + of_row * columns[1]
        return found

    def _lacking(
        self,
        leverage: Leverage,
        cells: ClusterCells,
        domain: Codes,
        given: tuple[Floats, Floats],
        estimated: bool,
    ) -> Floats:
        """What a few columns of influence values lack per unit of weight in each cell, both ``given`` [n, k]."""
        (u, weight), w = given, self.weights[:, None]
        even = np.divide(weight, w, out=np.zeros_like(weight), where=w > 0)
        fits = self.auxiliaries.fits(leverage, cells, domain, given, estimated) if self.adjustments else None
        return leverage.lacking(cells.totals(u), cells.totals(weight), cells.totals(even), fits)

    def covariance_of(self, u: Floats, domain: NDArray[np.bool_] | None = None) -> Floats:
        """Covariance [k, k] of estimates with influence values ``u`` [n, k], weights included, zero off the domain.

        ``domain`` [n] tells which rows exist for the policies that ask in which strata a domain has rows; by
        default all do. The design's adjustments are taken into account.
        """
        u = np.asarray(u, dtype=float)
        if self.adjustments:
            everyone = np.zeros(self.n, dtype=np.intp)
            return np.asarray(self.whole.covariance(self.residuals.totals(u, everyone, 1)[:, 0])[0])
        part = self.whole if domain is None else self.cells(np.where(domain, 0, -1), 1)
        return np.asarray(part.covariance(part.totals(u))[0])

    def covariance_by(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """Covariances [J, k, k] of estimates by domain; ``u`` [n, k] counts in its row's domain only.

        The same as :meth:`covariance_of` for each domain with ``u`` set to zero elsewhere, at linear cost.
        """
        u = np.asarray(u, dtype=float)
        if self.adjustments:
            return self.residuals.covariance_by(u, domain, n_domains)
        part = self.cells(domain, n_domains)
        return part.covariance(part.totals(u))

    def variance_by(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """Variances [J, k]: the diagonals of :meth:`covariance_by`."""
        u = np.asarray(u, dtype=float)
        if self.adjustments:
            return self.residuals.variance_by(u, domain, n_domains)
        part = self.cells(domain, n_domains)
        return part.variance(part.totals(u))

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What was counted in this design last: the next estimate may need it."""
        return {}
