"""The sampling design: weights, strata, clusters, finite populations, and what they say about variances.

A design is frozen. Calibration, trimming and nonresponse adjustment hand on a new one
(:meth:`Design.with_weights`); a subpopulation is a domain of the same design, never a smaller sample.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from weighting.errors import DesignError, absent, listed, unknown
from weighting.frozen import copied, frozen, is_frozen
from weighting.variance import linearization
from weighting.variance.linearization import Cells, Codes, Flags, Floats, Stage, compact, group_totals

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from weighting.estimation.estimate import Estimates

Lonely = Literal["fail", "remove", "certainty", "adjust", "average"]
LONELY: tuple[str, ...] = ("fail", "remove", "certainty", "adjust", "average")

#: A stratum with less than this share of its clusters unseen counts as a census.
CENSUS = 1e-7

#: So many totals of auxiliaries are held as a full matrix.
MOST_FILLED = 4_000_000


@dataclass(frozen=True, eq=False)
class Adjustment:
    """A calibration that the variance has to know of: estimates vary only by what the auxiliaries leave over.

    ``x`` [n, p] auxiliaries, an array or a scipy.sparse matrix; ``base_weights`` [n] the weights of the regression
    (design weights for a calibration estimator; one per row, or ones, as its author defines the residual);
    ``weights`` [n] the weights after this adjustment, filled in by :meth:`Design.with_weights`.
    An influence value w·e becomes w·(e − x′b) with b the regression of e on x (Deville & Särndal, JASA 87, 1992).
    """

    x: Floats | csr_array
    base_weights: Floats
    name: str = "calibration"
    weights: Floats | None = None

    @cached_property
    def after(self) -> Floats:
        """Weights [n] after the adjustment."""
        return self.base_weights if self.weights is None else self.weights

    @cached_property
    def _slope(self) -> Floats:
        """Base weights over weights [n]: takes influence values to weighted residuals; 0 where the weight is."""
        return np.divide(self.base_weights, self.after, out=np.zeros_like(self.after), where=self.after != 0)

    @cached_property
    def _inverse(self) -> Floats:
        """Generalised inverse [p, p] of x′Dx: collinear margins are expected (every margin adds up to all)."""
        moments = self.cross(self.base_weights)
        scale = np.sqrt(np.where(np.diag(moments) > 0, np.diag(moments), 1.0))
        return np.linalg.pinv(moments / np.outer(scale, scale), rcond=1e-11, hermitian=True) / np.outer(
            scale, scale
        )

    def cross(self, q: Floats, other: Adjustment | None = None) -> Floats:
        """x′ diag(q) x, or x′ diag(q) other.x: shapes [n] → [p, p or other's p]."""
        right = (self if other is None else other).x
        product = self.x.T @ (
            right * q[:, None] if isinstance(right, np.ndarray) else right.multiply(q[:, None]).tocsr()
        )
        return product if isinstance(product, np.ndarray) else product.toarray()

    def slopes(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """Regression coefficients [p, J, k] of the influence values u [n, k] of each domain (−1: none)."""
        moments = (self._moments(self._slope * column, domain, n_domains) for column in u.T)
        return self.from_moments(np.stack(list(moments), axis=2))

    def from_moments(self, moments: Floats) -> Floats:
        """Regression coefficients [p, J, k] from the moments x′q [p, J, k]."""
        return np.asarray(np.tensordot(self._inverse, moments, axes=1))

    def _moments(self, q: Floats, domain: Codes, n_domains: int) -> Floats:
        """x′q [p, J] within each domain, of row values q [n]."""
        if isinstance(self.x, np.ndarray):
            cell = np.where(domain < 0, n_domains, domain)
            return group_totals(self.x * q[:, None], cell, n_domains).T
        from scipy.sparse import csr_array

        inside = np.flatnonzero(domain >= 0)
        by_domain = csr_array((q[inside], (inside, domain[inside])), shape=(q.size, n_domains))
        return np.asarray((self.x.T @ by_domain).toarray())

    def carried(self, earlier: Adjustment) -> Floats:
        """How this regression sees what an earlier one takes away: [p, earlier p]."""
        return self._inverse @ self.cross(self._slope * earlier.after, earlier)

    def cluster_totals(self, stage: Stage) -> Floats | csr_array:
        """Totals [C, p] of the weighted auxiliaries; sparse where they are many."""
        if isinstance(self.x, np.ndarray):
            return group_totals(self.x * self.after[:, None], stage.cluster, stage.n_clusters)
        from scipy.sparse import csr_array

        rows = np.arange(stage.cluster.size)
        to_cluster = csr_array((self.after, (stage.cluster, rows)), shape=(stage.n_clusters, rows.size))
        return filled(to_cluster @ self.x)


def filled(totals: csr_array) -> Floats | csr_array:
    """Sparse totals with their zeros filled in, unless that takes much memory."""
    return totals if totals.shape[0] * totals.shape[1] > MOST_FILLED else totals.toarray()


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Design:
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
        nest: True: cluster labels count within their stratum (label 1 in two strata is two clusters). False: a label found
            in two strata is an error. By default the labels tell: where most of them are found in several strata they
            count within strata; where only some are, those clusters cross strata, which is an error.

    Raises:
        DesignError: every fault found, naming column, row, stratum or cluster.

    >>> d = Design({"y": [1.0, 2.0, 4.0, 5.0], "w": [10, 10, 20, 20], "h": ["a", "a", "b", "b"]},
    ...            weights="w", strata="h")
    >>> d.degf
    2
    >>> d.mean("y").table()[["estimate", "se"]].round(4).to_dict("records")
    [{'estimate': 3.5, 'se': 0.3727}]
    """

    weights: Floats
    stages: tuple[Stage, ...]
    adjustments: tuple[Adjustment, ...]
    lonely: str
    lonely_domains: bool
    domain: Flags | None
    _frame: pd.DataFrame = field(repr=False)

    def __init__(
        self,
        frame: pd.DataFrame | Mapping[str, ArrayLike],
        weights: str | ArrayLike | None = None,
        strata: Any = None,
        clusters: Any = None,
        fpc: Any = None,
        lonely: Lonely = "fail",
        lonely_domains: bool = False,
        nest: bool | None = None,
    ) -> None:
        border = _Border(frame)
        if nest not in (None, True, False):
            border.problems.append(f"nest: {nest!r} is neither True, False nor None")
        if lonely not in LONELY:
            border.problems.append(unknown("policy for lonely strata", lonely, LONELY))
        stages = border.stages(strata, clusters, fpc, nest)
        found = border.weights(weights, stages if fpc is not None else ())
        border.refuse()
        self._set(
            _frame=border.frame,
            weights=frozen(found),
            stages=stages,
            adjustments=(),
            lonely=lonely,
            lonely_domains=lonely_domains,
            domain=None,
        )

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _changed(self, **values: Any) -> Design:
        new = copy.copy(self)
        for name, member in vars(Design).items():
            if isinstance(member, cached_property):
                new.__dict__.pop(name, None)
        new._set(**values)
        return new

    @property
    def frame(self) -> pd.DataFrame:
        """The columns of the sample [n rows]: a copy, so that nothing done to it reaches the design."""
        return copied(self._frame)

    def column(self, name: str) -> pd.Series:
        """One column [n].

        >>> Design({"y": [1.0, 2.0]}).column("y").tolist()
        [1.0, 2.0]
        """
        found: pd.Series = self._frame[self.known(name)]
        return found

    @property
    def n(self) -> int:
        """Number of rows, those outside a domain included."""
        return self.weights.size

    @cached_property
    def degf(self) -> int:
        """Degrees of freedom: clusters less strata of the first stage, over rows with a positive weight."""
        return self.domain_degf(np.ones(self.n, dtype=bool))

    def domain_degf(self, mask: NDArray[np.bool_]) -> int:
        """Clusters less strata with a row of the domain ``mask`` [n] of positive weight."""
        first = self.stages[0]
        used, _ = compact(first.cluster[mask & (self.weights > 0)], first.n_clusters)
        return used.size - np.unique(first.stratum[used]).size

    def domain_degfs(self, domain: Codes, n_domains: int) -> NDArray[np.int64]:
        """:meth:`domain_degf` of every domain at once: codes [n] (−1: none) → [J]."""
        first, inside = self.stages[0], (domain >= 0) & (self.weights > 0)
        used, _ = compact(first.cluster[inside] * n_domains + domain[inside], first.n_clusters * n_domains)
        cluster, of_cluster = np.divmod(used, n_domains)
        pairs, _ = compact(first.stratum[cluster] * n_domains + of_cluster, first.n_strata * n_domains)
        return np.bincount(of_cluster, minlength=n_domains) - np.bincount(
            pairs % n_domains, minlength=n_domains
        )

    def domain_degfs_of(self, rows: Flags, domain: Codes, n_domains: int) -> NDArray[np.int64]:
        """:meth:`domain_degfs` of S parts of each domain: the rows [n, S] that belong to each part → [J, S]."""
        first, inside = self.stages[0], (domain >= 0) & (self.weights > 0)
        used, cell = compact(first.cluster[inside] * n_domains + domain[inside], first.n_clusters * n_domains)
        cluster, of_cluster = np.divmod(used, n_domains)
        pairs, pair = compact(first.stratum[cluster] * n_domains + of_cluster, first.n_strata * n_domains)
        clusters = (group_totals(rows[inside].astype(float), cell, used.size) > 0).astype(float)
        strata = (group_totals(clusters, pair, pairs.size) > 0).astype(float)
        degfs = group_totals(clusters, of_cluster, n_domains) - group_totals(
            strata, pairs % n_domains, n_domains
        )
        return degfs.astype(np.int64)

    def with_weights(self, weights: Floats, adjustment: Adjustment | None = None) -> Design:
        """The same sample with other weights [n], and the adjustment the variance has to take into account.

        >>> d = Design({"y": [1.0, 2.0]})
        >>> d.with_weights(np.array([3.0, 1.0])).mean("y").estimate.tolist()
        [1.25]
        """
        try:
            found = weights if is_frozen(weights) else np.array(weights, dtype=float)
        except (TypeError, ValueError):
            raise DesignError(f"weights: a number for each of the {self.n} rows is needed") from None
        if found.shape == self.weights.shape:
            problems = weight_problems(found, self._frame.index, "weights")
        else:
            problems = [f"weights: {found.shape} values for {self.n} rows"]
        if problems:
            raise DesignError(*problems)
        found = frozen(found)
        kept = self.adjustments
        if adjustment is not None:
            kept = (
                *kept,
                adjustment if adjustment.weights is not None else replace(adjustment, weights=found),
            )
        return self._changed(weights=found, adjustments=kept)

    def with_columns(self, columns: pd.DataFrame) -> Design:
        """The same design with more (or other) columns [n rows] to estimate from.

        >>> Design({"h": [1, 2]}).with_columns(pd.DataFrame({"y": [2.0, 4.0]})).mean("y").estimate.tolist()
        [3.0]
        """
        if not isinstance(columns, pd.DataFrame):
            raise DesignError(f"columns: a DataFrame is needed, not {type(columns).__name__}")
        if len(columns) != self.n:
            raise DesignError(f"columns: {len(columns)} rows for a design of {self.n}")
        rest = self._frame.drop(columns=[c for c in columns.columns if c in self._frame.columns])
        return self._changed(_frame=pd.concat([rest, columns.set_axis(rest.index)], axis=1))

    def subset(self, mask: ArrayLike | str) -> Design:
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

    def codes(self, by: str | Sequence[str]) -> tuple[Codes, pd.DataFrame]:
        """Domain of each row [n] (−1: a value is missing) and the domains' labels [J, columns], sorted.

        The domains of one categorical column are all its categories, with or without rows.
        """
        names = listed(by)
        problems = absent("column", names, self._frame.columns) if names else ["by: no column is named"]
        if problems:
            raise DesignError(*problems)
        names = list(dict.fromkeys(names))
        parts = [factorize(self._frame[c]) for c in names]
        if len(parts) == 1:
            return parts[0][0], pd.DataFrame({names[0]: parts[0][1]})
        return _crossed(names, parts)

    def cells(self, domain: Codes, n_domains: int) -> Cells:
        """Rows grouped to cluster × domain, after refusing strata whose variance nobody can know.

        Domain codes [n], −1 for none. Rows that a subset left out belong to no domain.
        """
        if self.domain is not None:
            domain = np.where(self.domain, domain, -1)
        found = linearization.cells(self.stages, domain, n_domains, self.lonely, self.lonely_domains)
        for number, (stage, spread) in enumerate(zip(self.stages, found.spreads, strict=True), start=1):
            _refuse_lonely(stage, spread, self.lonely, number)
        return found

    @property
    def counts_presence(self) -> bool:
        """Whether the variance depends on which strata a domain has rows in, not only on its totals."""
        return self.lonely_domains or (self.lonely == "average" and any(s.lonely.any() for s in self.stages))

    @cached_property
    def whole(self) -> Cells:
        everything = self._changed(domain=None) if self.adjustments else self
        return everything.cells(np.zeros(self.n, dtype=np.intp), 1)

    def covariance_of(self, u: Floats, domain: NDArray[np.bool_] | None = None) -> Floats:
        """Covariance [k, k] of estimates with influence values ``u`` [n, k], weights included, zero off the domain.

        ``domain`` [n] tells which rows exist for the policies that ask in which strata a domain has rows; by
        default all do. The design's adjustments are taken into account.
        """
        u = np.asarray(u, dtype=float)
        if self.adjustments:
            return self.whole.covariance(self.adjusted_totals(u, np.zeros(self.n, dtype=np.intp), 1)[:, 0])[0]
        if domain is None:
            return self.whole.covariance(self.whole.totals(u))[0]
        part = self.cells(np.where(domain, 0, -1), 1)
        return part.covariance(part.totals(u))[0]

    def covariance_by(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """Covariances [J, k, k] of estimates by domain; ``u`` [n, k] counts in its row's domain only.

        The same as :meth:`covariance_of` for each domain with ``u`` set to zero elsewhere, at linear cost.
        """
        u = np.asarray(u, dtype=float)
        if not self.adjustments:
            part = self.cells(domain, n_domains)
            return part.covariance(part.totals(u))
        if self._strata_stand_alone:
            return self._covariance_of_residuals(u, domain, n_domains)
        result = np.empty((n_domains, u.shape[1], u.shape[1]))
        for block in self._blocks(n_domains, u.shape[1]):
            shifted = np.where((domain >= block.start) & (domain < block.stop), domain - block.start, -1)
            totals = self.adjusted_totals(u, shifted, len(block))
            for j in block:
                result[j] = self.whole.covariance(totals[:, j - block.start])[0]
        return result

    @cached_property
    def _strata_stand_alone(self) -> bool:
        """Whether what adjustments take away can be kept as one covariance of the auxiliaries per stratum."""
        if self._sparse:
            return False
        auxiliaries = sum(taken.shape[1] for taken in self.taken)
        one_stage = len(self.stages) == 1 and not self.whole.spreads[0].pooled.any()
        return one_stage and self.stages[0].n_strata * auxiliaries**2 <= 8_000_000

    @cached_property
    def _auxiliaries(self) -> tuple[Floats, Floats]:
        """Cluster totals [C, p] of the auxiliaries of all adjustments, and their covariance in each stratum [H, p, p]."""
        totals: Floats = np.concatenate([np.asarray(taken) for taken in self.taken], axis=1)
        return totals, self.whole.spreads[0].apart().covariance(totals)

    def _covariance_of_residuals(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """:meth:`covariance_by` after adjustments: a stratum without a row of the domain holds residuals −x′b only, which
        vary as b′Gb with G the covariance of the stratum's auxiliaries; the residuals of the others are computed."""
        spread = self.whole.spreads[0]
        totals, G = self._auxiliaries
        b = np.concatenate(self.adjusted_slopes(u, domain, n_domains)).transpose(1, 0, 2)
        touched = np.zeros((spread.domain.size, n_domains), dtype=bool)
        inside = np.flatnonzero(domain >= 0)
        touched[spread.pair[self.stages[0].cluster[inside]], domain[inside]] = True
        size = G.shape[1]
        result = (
            b.transpose(0, 2, 1)
            @ ((~touched).T.astype(float) @ G.reshape(-1, size**2)).reshape(-1, size, size)
            @ b
        )
        for block in self._blocks(n_domains, u.shape[1]):
            here = inside[(domain[inside] >= block.start) & (domain[inside] < block.stop)]
            of_block, cluster = np.nonzero(touched[:, block.start : block.stop].T[:, spread.pair])
            place = np.empty((self.stages[0].n_clusters, len(block)), dtype=np.intp)
            place[cluster, of_block] = np.arange(cluster.size)
            own = group_totals(
                u[here], place[self.stages[0].cluster[here], domain[here] - block.start], cluster.size
            )
            ends = np.searchsorted(of_block, np.arange(len(block) + 1))
            for j, mine in zip(block, map(slice, ends[:-1], ends[1:]), strict=True):
                own[mine] -= totals[cluster[mine]] @ b[j]
            result[block.start : block.stop] += spread.spread_over(cluster, of_block, len(block)).covariance(
                own
            )
        return result

    def variance_by(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """Variances [J, k]: the diagonals of :meth:`covariance_by`."""
        u = np.asarray(u, dtype=float)
        if not self.adjustments:
            part = self.cells(domain, n_domains)
            return part.variance(part.totals(u))
        if self._sparse:
            from weighting.variance.influence import variance_after_adjustment

            return variance_after_adjustment(self, u, domain, n_domains)
        result = np.empty((n_domains, u.shape[1]))
        for block in self._blocks(n_domains, u.shape[1]):
            shifted = np.where((domain >= block.start) & (domain < block.stop), domain - block.start, -1)
            totals = self.adjusted_totals(u, shifted, len(block))
            flat = self.whole.variance(totals.reshape(len(totals), -1))
            result[block.start : block.stop] = flat.reshape(len(block), -1)
        return result

    def _blocks(self, n_domains: int, k: int) -> Iterable[range]:
        """Domains in blocks, so that the totals of all clusters in a block stay near 64 MB."""
        size = max(1, 8_000_000 // max(1, self.stages[-1].n_clusters * k))
        return (range(start, min(start + size, n_domains)) for start in range(0, n_domains, size))

    def adjusted_totals(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """Totals [C, J, k] of the last stage's clusters of the influence values after all adjustments."""
        stage = self.stages[-1]
        inside = np.flatnonzero(domain >= 0)
        key = stage.cluster[inside] * n_domains + domain[inside]
        raw = group_totals(u[inside], key, stage.n_clusters * n_domains)
        totals = raw.reshape(stage.n_clusters, n_domains, u.shape[1])
        for taken, b in zip(self.taken, self.adjusted_slopes(u, domain, n_domains), strict=True):
            totals -= (taken @ b.reshape(len(b), -1)).reshape(totals.shape)
        return totals

    def adjusted_slopes(self, u: Floats, domain: Codes, n_domains: int) -> list[Floats]:
        """Coefficients [p, J, k] of each adjustment for u [n, k], each seeing what the earlier ones left."""
        slopes: list[Floats] = []
        for m, adjustment in enumerate(self.adjustments):
            b = adjustment.slopes(u, domain, n_domains)
            for carried, earlier in zip(self._carried[m], slopes, strict=True):
                b = b - np.tensordot(carried, earlier, axes=1)
            slopes.append(b)
        return slopes

    @cached_property
    def kept(self) -> dict[tuple[str, ...] | None, Any]:
        """The last grouping of the rows into domains, with what was counted there: the next estimate may need it."""
        return {}

    @cached_property
    def _carried(self) -> list[list[Floats]]:
        return [
            [a.carried(earlier) for earlier in self.adjustments[:m]] for m, a in enumerate(self.adjustments)
        ]

    @property
    def _sparse(self) -> bool:
        """Whether there are so many clusters that auxiliaries are kept without their zeros."""
        return any(not isinstance(taken, np.ndarray) for taken in self.taken)

    @cached_property
    def auxiliaries_covariance(self) -> Floats:
        """Covariance [p, p] of the totals of the auxiliaries of all adjustments."""
        from weighting.variance.influence import auxiliaries_covariance

        return auxiliaries_covariance(self)

    @cached_property
    def taken(self) -> list[Floats | csr_array]:
        return [a.cluster_totals(self.stages[-1]) for a in self.adjustments]

    def known(self, name: str) -> str:
        """The name of a column, or an error that knows the nearest name."""
        problems = absent("column", [name], self._frame.columns)
        if problems:
            raise DesignError(*problems)
        return name

    def mean(
        self, columns: str | Sequence[str], by: str | Sequence[str] | None = None, **options: Any
    ) -> Estimates:
        """Means by domain; see :func:`weighting.estimation.estimate.mean`."""
        from weighting.estimation.estimate import mean

        return mean(self, columns, by, **options)

    def total(
        self, columns: str | Sequence[str], by: str | Sequence[str] | None = None, **options: Any
    ) -> Estimates:
        """Totals by domain; see :func:`weighting.estimation.estimate.total`."""
        from weighting.estimation.estimate import total

        return total(self, columns, by, **options)

    def proportion(
        self, columns: str | Sequence[str], by: str | Sequence[str] | None = None, **options: Any
    ) -> Estimates:
        """Shares by domain; see :func:`weighting.estimation.estimate.proportion`."""
        from weighting.estimation.estimate import proportion

        return proportion(self, columns, by, **options)

    def ratio(
        self, numerator: str, denominator: str, by: str | Sequence[str] | None = None, **options: Any
    ) -> Estimates:
        """Ratios of two totals by domain; see :func:`weighting.estimation.estimate.ratio`."""
        from weighting.estimation.estimate import ratio

        return ratio(self, numerator, denominator, by, **options)

    def quantile(
        self,
        columns: str | Sequence[str],
        q: float | Sequence[float] = 0.5,
        by: str | Sequence[str] | None = None,
        **options: Any,
    ) -> Estimates:
        """Quantiles by domain with Woodruff's intervals; see :func:`weighting.estimation.quantile.quantile`."""
        from weighting.estimation.quantile import quantile

        return quantile(self, columns, q, by, **options)

    def __repr__(self) -> str:
        first = self.stages[0]
        parts = [f"{self.n:,} rows", f"weights {self.weights.sum():,.6g}", f"{first.n_strata:,} strata"]
        parts.append(f"{first.n_clusters:,} clusters")
        if len(self.stages) > 1:
            parts.append(f"{len(self.stages)} stages")
        parts += [a.name for a in self.adjustments]
        if self.domain is not None:
            parts.append(f"domain of {int(self.domain.sum()):,} rows")
        return f"<Design: {', '.join(parts)}; df {self.degf:,}; lonely {self.lonely!r}>"


def factorize(values: pd.Series) -> tuple[Codes, pd.Index]:
    """Codes [n] of a column's values (−1: missing) and the values in ascending order, or all categories.

    >>> codes, labels = factorize(pd.Series(["b", None, "a"]))
    >>> codes.tolist(), labels.tolist()
    ([1, -1, 0], ['a', 'b'])
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        return np.asarray(values.cat.codes, dtype=np.intp), values.cat.categories
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iu" and values.size:
        raw = values.to_numpy()
        low, high = int(raw.min()), int(raw.max())
        if high - low <= 4 * raw.size + 65_536:
            used, codes = compact(raw.astype(np.intp) - low, high - low + 1)
            return codes, pd.Index((used + low).astype(raw.dtype))
    try:
        codes, labels = pd.factorize(values, use_na_sentinel=True)
    except TypeError:
        raise DesignError(
            f"column {str(values.name)!r}: holds values that cannot be compared (lists?)"
        ) from None
    index = pd.Index(labels)
    try:
        order = np.asarray(index.argsort())
    except TypeError:
        order = np.argsort(index.astype(str).to_numpy(), kind="stable")
    place = np.empty(order.size + 1, dtype=np.intp)
    place[order], place[-1] = np.arange(order.size), -1
    return place[codes], index[order]


def groups_of(frame: pd.DataFrame, names: Sequence[str]) -> Codes:
    """Group of every row [n] by the values of columns, missing ones included, in order of appearance.

    >>> groups_of(pd.DataFrame({"g": ["b", None, "b"]}), ["g"]).tolist()
    [0, 1, 0]
    """
    problems = absent("column", names, frame.columns) if names else ["columns: none are named"]
    if problems:
        raise DesignError(*problems)
    parts = [factorize(frame[name]) for name in names]
    plain = pd.DataFrame({str(i): codes for i, (codes, _) in enumerate(parts)})
    return plain.groupby(list(plain.columns), sort=False).ngroup().to_numpy().astype(np.intp)


def _crossed(names: list[str], parts: list[tuple[Codes, pd.Index]]) -> tuple[Codes, pd.DataFrame]:
    """Combinations that occur of several columns' values."""
    key, bound = np.zeros(parts[0][0].size, dtype=np.intp), 1
    for codes, labels in parts:
        key = np.where((key < 0) | (codes < 0), -1, key * len(labels) + codes)
        bound *= len(labels)
    inside = key >= 0
    used, new = compact(key[inside], bound)
    domain = np.full(key.size, -1, dtype=np.intp)
    domain[inside] = new
    columns: dict[str, Any] = {}
    for name, (_, labels) in reversed(list(zip(names, parts, strict=True))):
        used, place = np.divmod(used, len(labels))
        columns[name] = labels[place]
    return domain, pd.DataFrame({name: columns[name] for name in names})


class _Border:
    """Reads what the user gave, and collects everything that is wrong with it before anything is computed."""

    def __init__(self, frame: pd.DataFrame | Mapping[str, ArrayLike]) -> None:
        self.problems: list[str] = []
        self.cluster_names = pd.Index([]), np.empty(0, dtype=np.intp)
        if isinstance(frame, pd.DataFrame):
            self.frame = copied(frame)
        elif isinstance(frame, Mapping):
            try:
                self.frame = pd.DataFrame(dict(frame))
            except ValueError as error:
                raise DesignError(f"frame: {error}") from None
        else:
            raise DesignError(
                f"frame: a DataFrame or a mapping of columns is needed, not {type(frame).__name__}"
            )
        if self.frame.empty:
            raise DesignError("frame: there are no rows")
        repeated = self.frame.columns[self.frame.columns.duplicated()].unique()
        self.problems += [f"frame: two columns are named {name!r}" for name in repeated]

    def refuse(self) -> None:
        if self.problems:
            raise DesignError(*self.problems)

    def column(self, given: Any, role: str) -> pd.Series | None:
        """A column of the frame by name, or an array of its length; None and a problem where there is none."""
        if isinstance(given, str) or (np.isscalar(given) and given in self.frame.columns):
            if given not in self.frame.columns:
                self.problems.append(f"{role}: {unknown('column', given, self.frame.columns)}")
                return None
            found = self.frame[given]
            return found if isinstance(found, pd.Series) else None
        if isinstance(given, pd.Series):
            self.order(given, role)
        values = (
            given
            if isinstance(given, (pd.Series, pd.Categorical, pd.api.extensions.ExtensionArray))
            else np.asarray(given)
        )
        if values.ndim != 1 or len(values) != len(self.frame):
            self.problems.append(f"{role}: {np.shape(values)} values for {len(self.frame)} rows")
            return None
        return pd.Series(values.array if isinstance(values, pd.Series) else values, name=role)

    def order(self, given: pd.Series, role: str) -> None:
        """Values are taken row by row: a Series of the same rows in another order would be taken wrongly."""
        own, index = self.frame.index, given.index
        if not index.equals(own) and index.is_unique and len(index) == len(own) and index.isin(own).all():
            self.problems.append(
                f"{role}: the rows of this Series are in another order than the frame's; reindex it, or give its values"
            )

    def per_stage(self, given: Any, role: str) -> list[pd.Series | None]:
        """One column per stage from a name, an array, or a list of these."""
        if given is None:
            return []
        if isinstance(given, pd.DataFrame):
            return [given[name].reset_index(drop=True) for name in given.columns]
        if not isinstance(given, (list, tuple)) or not given:
            return [self.column(given, role)]
        if all(isinstance(g, str) for g in given):  # column names, unless they are one value per row
            several = len(given) != len(self.frame) or any(g in self.frame.columns for g in given)
        else:
            several = all(isinstance(g, str) or np.ndim(g) == 1 for g in given)
        return [self.column(g, role) for g in given] if several else [self.column(given, role)]

    def numbers(self, values: pd.Series, role: str) -> Floats | None:
        if values.dtype.kind in "mMc":
            self.problems.append(f"{role}: numbers are needed, not {values.dtype}")
            return None
        try:
            return values.to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError):
            bad = pd.to_numeric(values, errors="coerce").isna() & values.notna()
            self.problems.append(
                f"{role}: not a number in {rows_named(bad.to_numpy(), self.frame.index, values)}"
            )
            return None

    def complete(self, values: pd.Series | None, role: str) -> pd.Series | None:
        if values is None:
            return None
        missing = values.isna().to_numpy()
        if missing.any():
            self.problems.append(f"{role}: missing in {rows_named(missing, self.frame.index)}")
            return None
        return values

    def stages(self, strata: Any, clusters: Any, fpc: Any, nest: bool | None) -> tuple[Stage, ...]:
        """Every stage that enters the variance."""
        by_strata = [self.complete(v, "strata") for v in self.per_stage(strata, "strata")]
        by_clusters = [self.complete(v, "clusters") for v in self.per_stage(clusters, "clusters")]
        sizes = [self.complete(v, "fpc") for v in self.per_stage(fpc, "fpc")]
        depth = max(len(by_clusters), 1)
        for role, found in (("strata", by_strata), ("fpc", sizes)):
            if len(found) > depth:
                self.problems.append(
                    f"{role}: given for {len(found)} stages, but there are clusters for {depth}"
                )
        if self.problems:
            return ()
        built: list[Stage] = []
        for s in range(min(depth, max(len(sizes), 1))):
            built.append(
                self.stage(
                    s,
                    built[-1] if built else None,
                    by_strata[s] if s < len(by_strata) else None,
                    by_clusters[s] if s < len(by_clusters) else None,
                    sizes[s] if s < len(sizes) else None,
                    nest,
                )
            )
        return tuple(built)

    def stage(
        self,
        number: int,
        above: Stage | None,
        strata: pd.Series | None,
        clusters: pd.Series | None,
        fpc: pd.Series | None,
        nest: bool | None,
    ) -> Stage:
        codes, labels = (
            (np.zeros(len(self.frame), dtype=np.intp), pd.Index(["all"]))
            if strata is None
            else factorize(strata)
        )
        key = codes if above is None else above.cluster * len(labels) + codes
        used, stratum = compact(key, len(labels) * (1 if above is None else above.n_clusters))
        parent, of_label = (np.zeros_like(used), used) if above is None else np.divmod(used, len(labels))
        names = labels[of_label].astype(str).to_numpy(dtype=object)
        if above is not None:
            cluster_labels, of_cluster = self.cluster_names
            within = cluster_labels[of_cluster[parent]].astype(str).to_numpy(dtype=object)
            names = (
                within
                if strata is None
                else np.char.add(np.char.add(within.astype(str), "/"), names.astype(str))
            )
        cluster, of_cluster = self.clusters(clusters, stratum, names, True if above is not None else nest)
        sampled = np.bincount(of_cluster, minlength=used.size).astype(float)
        fraction = self.fractions(fpc, stratum, sampled, names, number)
        rest = np.where(1 - fraction < CENSUS, 0.0, 1 - fraction)
        share = np.ones(used.size)
        if above is not None:
            parent_stratum = above.stratum[parent]
            share = above.share[parent_stratum] * (1 - above.rest[parent_stratum])
        return Stage(
            cluster=frozen(cluster),
            stratum=frozen(of_cluster),
            sampled=frozen(sampled),
            rest=frozen(rest),
            share=frozen(share),
            parent=frozen(parent),
            names=names,
        )

    def clusters(
        self, clusters: pd.Series | None, stratum: Codes, names: NDArray[Any], nest: bool | None
    ) -> tuple[Codes, Codes]:
        """Cluster of each row [n] and stratum of each cluster [C]; every row its own cluster where none are given."""
        if clusters is None:
            return np.arange(len(self.frame), dtype=np.intp), stratum
        label, labels = factorize(clusters)
        used, cluster = compact(stratum * len(labels) + label, names.size * len(labels))
        of_cluster, of_label = np.divmod(used, len(labels))
        self.cluster_names = labels, of_label
        if not nest:
            self.crossing(of_label, labels, of_cluster, names, nest)
        return cluster, of_cluster

    def crossing(
        self, label: Codes, labels: pd.Index, stratum: Codes, strata: NDArray[Any], nest: bool | None
    ) -> None:
        count = np.bincount(label)
        twice = np.flatnonzero(count > 1)
        if nest is None and 2 * twice.size > np.count_nonzero(count):
            return  # labels that count within strata are found in most of them
        for code in twice[:5]:
            where = ", ".join(repr(str(strata[h])) for h in stratum[label == code])
            self.problems.append(
                f"clusters: {str(labels[code])!r} lies in strata {where}; a cluster has one stratum "
                "(labels that count within strata: nest=True)"
            )
        if twice.size > 5:
            self.problems.append(f"clusters: {twice.size - 5} more lie in several strata")

    def fractions(
        self, fpc: pd.Series | None, stratum: Codes, sampled: Floats, names: NDArray[Any], number: int
    ) -> Floats:
        """Sampling fraction [H] at one stage; 0 where no finite population is declared."""
        role = "fpc" if number == 0 else f"fpc of stage {number + 1}"
        values = None if fpc is None else self.numbers(fpc, role)
        if values is None:
            return np.zeros(sampled.size)
        if (values < 0).any():
            self.problems.append(f"{role}: negative in {rows_named(values < 0, self.frame.index, values)}")
            return np.zeros(sampled.size)
        over, under = values > 1, (values > 0) & (values < 1)
        if over.any() and under.any():
            self.problems.append(
                f"{role}: a sampling fraction above 1 in {rows_named(over, self.frame.index, values)}, beside "
                f"fractions below 1 in {rows_named(under, self.frame.index, values)}; give all fractions or all sizes"
            )
            return np.zeros(sampled.size)
        given = np.empty(sampled.size)
        given[stratum] = values
        uneven = values != given[stratum]
        if uneven.any():
            where = ", ".join(repr(str(names[h])) for h in np.unique(stratum[uneven])[:5])
            self.problems.append(f"{role}: differs within stratum {where}; one value per stratum is needed")
            return np.zeros(sampled.size)
        if (values <= 1).all():
            return given
        with np.errstate(divide="ignore"):
            fraction = sampled / given
        for h in np.flatnonzero(fraction > 1)[:5]:
            self.problems.append(
                f"{role}: a sampling fraction above 1 in stratum {str(names[h])!r}: "
                f"{sampled[h]:g} clusters drawn from {given[h]:g}"
            )
        return fraction

    def weights(self, given: Any, stages: tuple[Stage, ...]) -> Floats:
        rows = len(self.frame)
        if given is None:
            weight = np.ones(rows)
            for stage in stages:
                fraction = (1 - stage.rest)[stage.stratum][stage.cluster]
                weight = weight / np.where(fraction > 0, fraction, 1.0)
            return weight
        column = self.column(given, "weights")
        values = None if column is None else self.numbers(column, "weights")
        if values is None:
            return np.ones(rows)
        self.problems += weight_problems(values, self.frame.index, "weights")
        return np.array(values)


#: Weights beyond this many powers of ten from 1 cannot be squared.
POWERS = 140


def rows_named(bad: NDArray[np.bool_], index: pd.Index, values: Any = None) -> str:
    """Name the first rows at fault, with their values, and say how many there are.

    >>> rows_named(np.array([False, True, True]), pd.RangeIndex(3), np.array([1.0, -2.0, -3.0]))
    'row 1 (-2.0), row 2 (-3.0)'
    """
    at = np.flatnonzero(bad)
    shown = [f"row {index[i]}" + ("" if values is None else f" ({np.asarray(values)[i]})") for i in at[:5]]
    return ", ".join(shown) + (f" and {at.size - 5:,} more" if at.size > 5 else "")


def weight_problems(weights: Floats, index: pd.Index, role: str) -> list[str]:
    """What is wrong with weights [n]."""
    if weights.size and weights.min() >= 0 and 0 < weights.max() < np.inf:  # false for a NaN anywhere
        if 10.0**-POWERS < weights.max() < 10.0**POWERS:
            return []
        return [f"{role}: the largest is {weights.max():g}: give them in another unit"]
    faults = (
        ("missing", np.isnan(weights), None),
        ("infinite", np.isinf(weights), None),
        ("negative", np.isfinite(weights) & (weights < 0), weights),
    )
    problems = [f"{role}: {what} in {rows_named(bad, index, v)}" for what, bad, v in faults if bad.any()]
    if not problems and not (weights > 0).any():
        problems.append(f"{role}: all are zero")
    return problems


def _refuse_lonely(stage: Stage, spread: linearization.Spread, lonely: str, number: int) -> None:
    """Stop where the policy for single clusters leaves no variance to be computed."""
    alone = (spread.sampled == 1) & (stage.rest[spread.stratum] > 0)
    if not alone.any() or lonely not in ("fail", "average"):
        return
    if lonely == "average":
        known = np.bincount(spread.pool, weights=spread.scale > 0, minlength=int(spread.pool.max()) + 1)
        census = np.bincount(spread.pool, weights=stage.rest[spread.stratum] == 0, minlength=known.size)
        alone &= (known + census)[spread.pool] == 0
        if not alone.any():
            return
    names = list(dict.fromkeys(str(stage.names[h]) for h in spread.stratum[alone]))
    listed = ", ".join(repr(name) for name in names[:8]) + (
        f" and {len(names) - 8} more" if len(names) > 8 else ""
    )
    advice = (
        "choose lonely='remove', 'certainty', 'adjust' or 'average', or merge strata"
        if lonely == "fail"
        else "no other stratum is left to take the average from"
    )
    raise DesignError(f"stratum {listed} has a single cluster at stage {number}: no variance; {advice}")
