"""Samples that were drawn independently of each other, side by side in one design: to compare their estimates by one test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pandas as pd
from scipy import sparse

from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, applying
from weighting.frozen import frozen
from weighting.groups import Floats
from weighting.variance.adjustment import Adjustment
from weighting.variance.stages import Stage

AnyDesign = TypeVar("AnyDesign", bound=SampleDesign)


def independent(designs: Sequence[AnyDesign], columns: Sequence[str] = ()) -> AnyDesign:
    """One design of all rows, those of the first sample first: no stratum or cluster is shared, each calibration stays with its
    own rows, so that an estimate of one sample keeps its error and two of different samples are uncorrelated.

    ``columns``: names of those that are kept; every sample must have them. The rows are numbered through.

    Raises:
        DesignError: no design, several stages, a subset, or policies that differ where a stratum has a single cluster.

    >>> from weighting import Design
    >>> one, two = Design({"y": [1.0, 2.0]}), Design({"y": [4.0, 6.0]}, weights=[3, 3])
    >>> independent([one, two], ["y"]).mean("y").estimate.tolist()
    [4.125]
    """
    first = _first_of(designs)
    sizes = [design.n for design in designs]
    frame = pd.concat([design._frame[list(columns)] for design in designs], ignore_index=True)
    adjustments = _placed(designs, np.cumsum([0, *sizes]))
    made = first._changed(
        _frame=frame,
        weights=frozen(np.concatenate([design.weights for design in designs])),
        stages=(_joined([design.stages[0] for design in designs]),),
        adjustments=tuple(adjustments),
    )
    return made._changed(calibrations=()) if hasattr(made, "calibrations") else made


def _first_of(designs: Sequence[AnyDesign]) -> AnyDesign:
    """The design whose policies hold for all."""
    if not designs:
        raise DesignError("designs: one at least is needed")
    alone = any(design.stages[0].lonely.any() for design in designs)
    DesignError.raise_any(
        applying(
            (any(len(d.stages) > 1 for d in designs), "designs: of one stage only"),
            (any(d.domain is not None for d in designs), "designs: whole samples only, no subsets"),
            (
                alone and len({d.policy for d in designs}) > 1,
                "designs: they treat strata of one cluster in different ways",
            ),
            (len({d.small_sample for d in designs}) > 1, "designs: small_sample differs"),
        )
    )
    return designs[0]


def _joined(stages: Sequence[Stage]) -> Stage:
    """Stages side by side."""
    clusters = np.cumsum([0, *(stage.n_clusters for stage in stages)])
    strata = np.cumsum([0, *(stage.n_strata for stage in stages)])
    return Stage(
        cluster=np.concatenate([s.cluster + k for s, k in zip(stages, clusters, strict=False)]),
        stratum=np.concatenate([s.stratum + k for s, k in zip(stages, strata, strict=False)]),
        **{
            name: np.concatenate([getattr(stage, name) for stage in stages])
            for name in ("sampled", "rest", "share", "parent", "names")
        },
        labels=pd.Index([label for stage in stages for label in stage.labels], dtype=object),
    )


def _placed(designs: Sequence[SampleDesign], ends: np.ndarray) -> Iterator[Adjustment]:
    """The adjustments of every sample as adjustments of all rows: the others have auxiliaries of 0."""
    weights = np.concatenate([design.weights for design in designs])
    for k, design in enumerate(designs):
        rows = slice(ends[k], ends[k + 1])
        for made in design.adjustments:
            x, none = _with_zeros(made.x), made.x.shape[0]
            index = np.full(weights.size, none)
            index[rows] = made.cell
            base, after = np.ones(weights.size), weights.copy()
            base[rows], after[rows] = made.base_weights, made.after
            yield replace(made, x=x, index=index, base_weights=base, weights=after)


def _with_zeros(x: Floats | sparse.csr_array) -> Floats | sparse.csr_array:
    """Auxiliaries with a row of zeros below."""
    if isinstance(x, np.ndarray):
        return np.vstack([x, np.zeros((1, x.shape[1]))])
    return sparse.csr_array(sparse.vstack([x, sparse.csr_array((1, x.shape[1]))]))
