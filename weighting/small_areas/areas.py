"""The result of a small-area model: direct estimates and predictions side by side, and a picture of the pull."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from weighting import shown
from weighting.errors import DesignError, absent
from weighting.frozen import freeze, hands_out_copies
from weighting.groups import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Words of the picture; ``labels`` of :meth:`SmallAreas.plot` puts others in their place.
LABELS = {
    "direct": "direct estimate, ± 2 standard errors",
    "eblup": "EBLUP",
    "synthetic": "synthetic value of the model",
    "pull": "pull",
    "axis": "estimate",
    "title": "How far the model pulls each area",
}


@dataclass(frozen=True, eq=False)
class Benchmark:
    """Ratio benchmarking: with ``weights`` [K], the weighted sum over ``areas`` areas is to be ``total``; of the EBLUPs it
    is ``predicted``."""

    weights: Floats
    areas: int
    total: float
    predicted: float

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def factor(self) -> float:
        """What every EBLUP is multiplied by."""
        return self.total / self.predicted

    def statement(self) -> str:
        """What was done, in a sentence."""
        return (
            f"benchmarked: every EBLUP × {self.factor:.6g}, so that the weighted sum over {self.areas:,} areas is "
            f"{self.total:.6g} and not {self.predicted:.6g}"
        )


@hands_out_copies("labels")
@dataclass(frozen=True, eq=False, repr=False)
class SmallAreas:
    """Areas by the model of Fay and Herriot beside their direct estimates; K rows.

    Attributes:
        labels: columns that name the areas [K rows].
        direct, variance: direct estimates and their variances [K]; NaN where there are none.
        eblup, mse: predictors and their mean squared errors [K].
        gamma: share of the direct estimate in the EBLUP [K].
        synthetic: value of the model x′β [K].
        note: why an area is not like the others [K].
        model_variance: variance A between areas; ``method`` found it.
        terms, beta, beta_covariance: coefficients [p] with their covariance [p, p].
        log_likelihood: at A and β, over the ``n_fitted`` areas with a direct estimate and a positive variance.
        benchmark: what was benchmarked, if anything.
        remarks: what has to be said of the input.
    """

    labels: pd.DataFrame
    direct: Floats
    variance: Floats
    eblup: Floats
    mse: Floats
    gamma: Floats
    synthetic: Floats
    note: tuple[str, ...]
    model_variance: float
    method: str
    terms: tuple[str, ...]
    beta: Floats
    beta_covariance: Floats
    log_likelihood: float
    n_fitted: int
    benchmark: Benchmark | None = None
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return self.eblup.size

    @property
    def pull(self) -> Floats:
        """EBLUP less direct estimate [K]; NaN where there is none."""
        return self.eblup - self.direct

    @property
    def benchmarked(self) -> Floats:
        """EBLUPs times the factor of the benchmark [K]; NaN where nothing was benchmarked.

        Their errors are not those of the EBLUPs: ``mse`` does not hold for them.
        """
        return self.eblup * (np.nan if self.benchmark is None else self.benchmark.factor)

    def table(self) -> pd.DataFrame:
        """Labels, direct, se, eblup, rmse, gamma, synthetic, pull, benchmarked (where it was), note: a fresh frame."""
        columns = {
            "direct": np.array(self.direct),
            "se": np.sqrt(self.variance),
            "eblup": np.array(self.eblup),
            "rmse": np.sqrt(self.mse),
            "gamma": np.array(self.gamma),
            "synthetic": np.array(self.synthetic),
            "pull": self.pull,
        }
        if self.benchmark is not None:
            columns["benchmarked"] = self.benchmarked
        return self.labels.assign(**columns, note=list(self.note))

    def coefficients(self) -> pd.DataFrame:
        """term, estimate, se, z, p (two-sided, normal): a fresh frame [p rows]."""
        se = np.sqrt(np.diag(self.beta_covariance))
        z = self.beta / se
        numbers = {"estimate": np.array(self.beta), "se": se, "z": z, "p": 2 * special.ndtr(-np.abs(z))}
        return pd.DataFrame({"term": list(self.terms), **numbers})

    def criteria(self) -> dict[str, float]:
        """AIC, BIC and KIC: −2 log L plus 2, log K and 3 times the p coefficients and A."""
        prices = {"AIC": 2.0, "BIC": float(np.log(self.n_fitted)), "KIC": 3.0}
        return {
            name: price * (self.beta.size + 1) - 2 * self.log_likelihood for name, price in prices.items()
        }

    def plot(self, ax: Axes | None = None, labels: Mapping[str, str] | None = None) -> Figure:
        """A picture of how far each area is pulled: direct estimate → EBLUP, with the value of the model.

        Args:
            ax: axes to draw on; without, a new figure as high as the areas need.
            labels: words in another language: ``direct``, ``eblup``, ``synthetic``, ``pull``, ``axis``, ``title``.

        Raises:
            DesignError: labels that do not exist; matplotlib is not installed.
        """
        from weighting.small_areas.picture import drawn

        DesignError.raise_any(absent("label", labels or (), LABELS))
        names = [" · ".join(map(str, row)) for row in self.labels.itertuples(index=False, name=None)]
        return drawn(self.table(), names, ax, {**LABELS, **(labels or {})})

    def __repr__(self) -> str:
        return shown.as_text(self._title(), self._printed(), self._said(), len(self))

    def _repr_html_(self) -> str:
        return shown.as_html(self._title(), self._printed(), self._said(), len(self))

    def _title(self) -> str:
        return (
            f"{len(self):,} areas, {self.n_fitted:,} of them fitted; model variance {self.model_variance:.4g} "
            f"({self.method}); a second opinion beside the direct estimates"
        )

    def _printed(self) -> pd.DataFrame:
        table = self.table().head(shown.MOST_ROWS)
        for name in table.columns.difference([*self.labels.columns, "note"]):
            table[name] = shown.significant(table[name])
        return table if any(self.note) else table.drop(columns="note")

    def _said(self) -> list[str]:
        """Coefficients, what lies on the boundary, the benchmark, and remarks on the input."""
        terms = self.coefficients()
        terms["p"] = shown.p_values(terms["p"].to_numpy())
        nothing = "model variance 0: nothing is left between areas; EBLUP and synthetic value are the same"
        return [
            *(f"{t.term}: {t.estimate:.4g}, standard error {t.se:.4g}, p {t.p}" for t in terms.itertuples()),
            *([nothing] if self.model_variance == 0 else []),
            *([] if self.benchmark is None else [self.benchmark.statement()]),
            *self.remarks,
        ]
