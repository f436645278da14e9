"""From influence values to a table: variances, design effects, limits and notes of everything a request asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from weighting.estimation import intervals
from weighting.estimation.estimates import Estimates, labels_of
from weighting.estimation.options import Options, chosen
from weighting.estimation.requests import Request
from weighting.groups import Flags, Floats
from weighting.variance.cells import ClusterCells
from weighting.variance.influence import Influence


def estimates_of(request: Request, options: Options, listwise: bool = False) -> Estimates:
    """The estimates of a request, with errors, intervals and notes."""
    request = request.listwise() if listwise else request
    found = Figures.of(request, options)
    low, high = found.limits
    columns = {
        "estimate": found.estimate,
        "se": found.se,
        "ci_low": low,
        "ci_high": high,
        "df": found.df,
        "n": found.n,
        "n_eff": found.n_eff,
        "deff": found.deff,
    }
    return Estimates(
        labels=labels_of(request.grouping.domains, request.n_domains, request.names),
        **{name: values.ravel() for name, values in columns.items()},
        note=found.notes(),
        interval=options.interval,
        level=options.level,
        remarks=found.remarks(),
        source=partial(joint_influence, request),
        design_df=float(request.design.degf),
        df_rule=options.df,
    )


def joint_influence(request: Request) -> Influence:
    """The joint influence of all rows of the table."""
    parts: list[tuple[Floats, ClusterCells | None]] = [
        (request.row_influence(found), None) if request.design.adjustments else (found.influence, found.cells)
        for found in request.statistics()
    ]
    return request.design.residuals.influence(request.domain, request.n_domains, parts)


@dataclass(frozen=True, eq=False)
class Figures:
    """Estimates of all columns side by side [J, K], and what is worked out from them.

    ``variance``; ``srs`` the variance under simple random sampling; ``n`` and ``size`` rows with a value and their
    Σ w; ``weighed``: Satterthwaite's degrees of freedom, where they were asked for.
    """

    request: Request
    options: Options
    estimate: Floats
    variance: Floats
    srs: Floats
    n: Floats
    size: Floats
    weighed: Floats

    @classmethod
    def of(cls, request: Request, options: Options) -> Figures:
        """Column after column, so that only a few columns' influence values are in memory."""
        weighs = options.df == "satterthwaite" and not request.design.adjustments
        parts = []
        for found in request.statistics():
            if request.design.adjustments:
                u = request.row_influence(found)
                variance = request.design.variance_by(u, request.domain, request.n_domains)
            else:
                variance = found.cells.variance(found.influence)
            variance = np.where(np.isnan(found.estimate), np.nan, variance)
            weighed = found.cells.satterthwaite(found.influence) if weighs else np.empty_like(variance)
            parts.append((found.estimate, variance, found.srs, found.count, found.size, weighed))
        joined = [np.concatenate(part, axis=1).astype(float) for part in zip(*parts, strict=True)]
        if options.df == "satterthwaite" and not weighs:
            joined[-1] = joint_influence(request).satterthwaite().reshape(joined[0].shape)
        return cls(request, options, *joined)

    @cached_property
    def se(self) -> Floats:
        return np.sqrt(self.variance)

    @property
    def _in_unit(self) -> bool:
        """Whether limits must stay between 0 and 1."""
        return self.options.interval != "wald" or self.request.kind == "proportion"

    @cached_property
    def flat(self) -> Flags:
        """No variation to be seen: a standard error of zero, or a share of exactly 0 or 1."""
        still = self.se <= intervals.NO_VARIATION * np.abs(self.estimate)
        return still | (self._in_unit & ((self.estimate <= 0) | (self.estimate >= 1)))

    @cached_property
    def deff(self) -> Floats:
        return np.divide(self.variance, self.srs, out=np.full_like(self.srs, np.nan), where=self.srs > 0)

    @cached_property
    def _edge(self) -> Floats:
        """Effective size where nothing varies; infinite for a complete census."""
        return self.n * self.request.grouping.worth[:, None]

    @cached_property
    def _census(self) -> Flags:
        return self.flat & np.isposinf(self._edge)

    @property
    def n_eff(self) -> Floats:
        """n / deff; where nothing varies, the size that limits are made with."""
        found = np.divide(self.n, self.deff, out=np.full_like(self.n, np.nan), where=self.deff > 0)
        return np.where(self.flat, self._edge, found)

    @cached_property
    def df(self) -> Floats:
        """Degrees of freedom by the rule asked for."""
        if self.options.df == "satterthwaite":
            return np.where(np.isnan(self.weighed), float(self.request.design.degf), self.weighed)
        of_domains = self.request.degrees_of_freedom(self.options.df)
        return np.repeat(of_domains[:, None], self.estimate.shape[1], axis=1)

    @property
    def limits(self) -> intervals.Limits:
        """Lower and upper limits; without any error no width, and shares between 0 and 1, whatever was asked for."""
        sizes = np.where(self.flat, self._edge, self.request.grouping.held[:, None])
        given = (self.estimate, self.se, self.df, sizes, self.flat)
        low, high = self.options.limits(*given)
        if self.options.interval != "wald":
            return low, high
        if self.request.kind != "proportion":
            return chosen(self._census, (self.estimate, self.estimate), (low, high))
        safe = replace(self.options, interval="bounded").limits(*given)
        return chosen(self.flat, safe, (np.clip(low, 0, 1), np.clip(high, 0, 1)))

    def notes(self) -> tuple[str, ...]:
        """Why something does not apply, row by row."""
        note = np.full(self.estimate.shape, "", dtype=object)
        note[np.isnan(self.deff)] = "no design effect: one row, or answers that do not vary"
        note[self.flat & self._in_unit] = "nothing varies between clusters: Korn–Graubard interval"
        note[self._census] = "complete census: no sampling error"
        note[(self.df <= 0) & ~self._census] = "no degrees of freedom: no interval"
        note[np.isnan(self.estimate)] = "the denominator adds up to zero"
        note[(self.n == 0) & np.isnan(self.estimate)] = "no row of this domain has a value"
        return tuple(note.ravel().tolist())

    def remarks(self) -> tuple[str, ...]:
        """What has to be said of the table as a whole."""
        request, remarks = self.request, []
        lost = request.domain < 0
        if request.design.domain is not None:
            lost = lost & request.design.domain
        if lost.any():
            remarks.append(f"{int(lost.sum()):,} rows without a value of the by-columns belong to no domain")
        remarks += [
            f"column {v.column!r}: none of the levels asked for is found in any row"
            for v in request.numerators
            if v.levels is not None and v.scores.size and not v.scores.any() and request.kind == "proportion"
        ]
        if ((self.size <= self.n * (1 + 1e-9)) & (self.n > 0)).any():
            remarks.append(
                "weights do not exceed the sample: design effect against sampling with replacement"
            )
        return tuple(remarks)
