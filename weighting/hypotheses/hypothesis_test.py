"""What a test says: the statistic, its degrees of freedom, the p-value, and why there is none where there is none."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special

from weighting import shown
from weighting.estimation.estimates import Estimates
from weighting.frozen import freeze, hands_out_copies
from weighting.groups import Floats

ALTERNATIVES = ("two-sided", "greater", "less")

#: What belongs to an estimate under test, in the order of the table's columns.
ESTIMATED = ("estimate", "se", "ci_low", "ci_high")


def _none() -> Floats:
    return np.empty(0)


@hands_out_copies("labels")
@dataclass(frozen=True, eq=False, repr=False)
class HypothesisTest:
    """K tests of one kind.

    ``labels`` says what each row tests; ``letter`` names the statistic (t, F or X2); ``statistic``, ``ndf`` and ``ddf``
    (degrees of freedom of numerator and denominator; of a t test ``ddf`` alone), ``p`` and ``n`` (rows that count) are
    arrays [K], and so are ``estimate``, ``se``, ``ci_low``, ``ci_high`` where one number is under test. ``note`` [K] says
    why a test does not apply, its p-value being NaN, or what weakens it.
    """

    labels: pd.DataFrame
    method: str
    letter: str
    statistic: Floats
    ndf: Floats
    ddf: Floats
    p: Floats
    n: Floats
    note: tuple[str, ...]
    estimate: Floats = field(default_factory=_none)
    se: Floats = field(default_factory=_none)
    ci_low: Floats = field(default_factory=_none)
    ci_high: Floats = field(default_factory=_none)
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("statistic", "ndf", "ddf", "p", "n", *ESTIMATED):
            object.__setattr__(self, name, np.array(getattr(self, name), dtype=float))
        freeze(self)

    def __len__(self) -> int:
        return self.p.size

    def table(self) -> pd.DataFrame:
        """What is tested, estimate, se and limits (where one number is), statistic, degrees of freedom, p, n, note: a fresh frame
        [K rows]."""
        estimated = {name: np.array(values) for name in ESTIMATED if (values := getattr(self, name)).size}
        tested = {self.letter: np.array(self.statistic), **self._degrees(), "p": np.array(self.p)}
        table = self.labels.assign(**estimated, **tested, n=self.n, note=list(self.note))
        return table.astype({"n": "int64"}) if np.isfinite(self.n).all() else table

    def _degrees(self) -> dict[str, Floats]:
        """Columns of degrees of freedom: one where the other does not apply."""
        if self.letter == "t":
            return {"df": np.array(self.ddf)}
        if self.letter == "X2" and not np.isfinite(self.ddf).any():
            return {"df": np.array(self.ndf)}
        return {"ndf": np.array(self.ndf), "ddf": np.array(self.ddf)}

    def __repr__(self) -> str:
        return shown.as_text(self.method, self._printed(), self.remarks, len(self))

    def _repr_html_(self) -> str:
        return shown.as_html(self.method, self._printed(), self.remarks, len(self))

    def _printed(self) -> pd.DataFrame:
        table = self.table().head(shown.MOST_ROWS)
        for name in table.columns.intersection([*ESTIMATED, self.letter, "ndf"]):
            table[name] = shown.significant(table[name])
        for name in table.columns.intersection(["df", "ddf"]):
            table[name] = shown.decimals(table[name], 1)
        table["n"] = shown.decimals(table["n"], 0)
        table["p"] = shown.p_values(table["p"].to_numpy())
        return table.drop(columns=[] if any(table["note"]) else "note")

    def sentences(self) -> list[str]:
        """Each test on one line, as it is quoted.

        >>> one = HypothesisTest(pd.DataFrame({"term": ["sex"]}), "Wald test", "F", [4.6], [1], [42], [0.0378], [50], ("",))
        >>> one.sentences()
        ['Wald test, sex: F(1, 42) = 4.6, p = 0.0378']
        """
        names = [", ".join(map(str, row)) for row in self.labels.itertuples(index=False, name=None)]
        return [f"{self.method}, {name}: {self._quoted(k)}" for k, name in enumerate(names)]

    def _quoted(self, k: int) -> str:
        if np.isnan(self.p[k]):
            return self.note[k]
        degrees = ", ".join(shown.significant(values[k] for values in self._degrees().values()))
        p = shown.p_values(self.p[[k]])[0]
        after = f" ({self.note[k]})" if self.note[k] else ""
        value = shown.significant(self.statistic[[k]])[0]
        return f"{self.letter}({degrees}) = {value}, p {p if p.startswith('<') else '= ' + p}{after}"


def is_census(means: Estimates) -> bool:
    """Whether all means with rows say that they have no sampling error, because everybody answered."""
    return all("complete census" in note for note, n in zip(means.note, means.n, strict=True) if n > 0)


def left_out(name: object, rows: int) -> str:
    """What is said of rows that do not count.

    >>> left_out("q1", 1200)
    'q1: 1,200 rows without a value, or without a group, are left out'
    """
    return f"{name}: {rows:,} rows without a value, or without a group, are left out"


@np.errstate(invalid="ignore")
def t_p(t: Floats, df: Floats, alternative: str = "two-sided") -> Floats:
    """p-values of t statistics (df infinite: normal; not positive: none).

    >>> t_p(np.array([1.959964, 1.644854]), np.array([np.inf, np.inf])).round(3).tolist()
    [0.05, 0.1]
    >>> t_p(np.array([1.644854]), np.array([np.inf]), "greater").round(3).tolist()
    [0.05]
    """
    t, df = np.broadcast_arrays(np.asarray(t, dtype=float), np.asarray(df, dtype=float))
    beyond = {"two-sided": -np.abs(t), "greater": -t, "less": t}[alternative]
    finite = np.where(np.isfinite(df) & (df > 0), df, 1.0)
    tail = np.where(np.isposinf(df), special.ndtr(beyond), special.stdtr(finite, beyond))
    return np.where(df > 0, tail * (2 if alternative == "two-sided" else 1), np.nan)


@np.errstate(invalid="ignore")
def f_p(f: Floats, ndf: Floats, ddf: Floats) -> Floats:
    """p-values of F statistics (ddf infinite: χ²/ndf; degrees of freedom not positive: none).

    >>> f_p(np.array([4.0]), np.array([1.0]), np.array([10.0])).round(4).tolist()
    [0.0734]
    """
    f, ndf, ddf = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (f, ndf, ddf)))
    finite = np.where(np.isfinite(ddf), ddf, 1.0)
    found = np.where(np.isposinf(ddf), special.chdtrc(ndf, f * ndf), special.fdtrc(ndf, finite, f))
    return np.where((ndf > 0) & (ddf > 0), found, np.nan)


#: Variances of some combination below this share of the largest are rounding: nothing is known of it.
SINGULAR = 1e-12


def quadratic_form(values: Floats, covariance: Floats) -> float:
    """Wald's statistic b′V⁻¹b of q numbers; NaN where some combination of them has no variance.

    >>> quadratic_form(np.array([2.0, 1.0]), np.diag([4.0, 1.0]))
    2.0
    >>> quadratic_form(np.array([2.0, 1.0]), np.ones((2, 2)))
    nan
    """
    se = np.sqrt(np.maximum(np.diag(covariance), 0))
    if not (np.isfinite(covariance).all() and (se > 0).all()):
        return float("nan")
    correlation = covariance / np.outer(se, se)
    sizes, directions = np.linalg.eigh((correlation + correlation.T) / 2)
    if sizes[0] <= SINGULAR * sizes[-1]:
        return float("nan")
    return float(((directions.T @ (values / se)) ** 2 / sizes).sum())
