"""Perceptions and expectations: the share of each answer, for blocks of questions that enter no index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Item
from surveys.definitions.study.records import StudyDefinition
from surveys.returns.record_set import Returns
from surveys.sampling.samples import Sample
from surveys.scoring.quantities import Bools, Floats
from surveys.scoring.values import items_asked
from surveys.vocabulary.columns import SHARE_COLUMNS
from surveys.vocabulary.remarks import remark
from surveys.vocabulary.statuses import OK, SUPPRESSED
from weighting.estimation import intervals


def shares(study: StudyDefinition, returns: Returns, samples: Sequence[Sample]) -> pd.DataFrame:
    """One row per unit × item × level × group, columns ``SHARE_COLUMNS``; shares in [0, 1] of the valid answers."""
    tables = [
        _item(study, returns, sample, item)
        for sample in samples
        for item in items_asked(study.instrument, sample, scored=False)
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(SHARE_COLUMNS))


def _item(study: StudyDefinition, returns: Returns, sample: Sample, item: Item) -> pd.DataFrame:
    """All levels of one item in all units of a sample."""
    instrument = study.instrument
    scale = instrument.scale[item.scale]
    answer = returns.answers[sample.rows, instrument.item_position[item.code]]
    valid = answer >= 0
    units, levels = len(sample.population), len(scale.levels)
    forms = np.bincount(sample.unit[valid], minlength=units)
    share, se = _estimated(sample, answer, valid, levels)
    df = sample.design.weighted_degfs_of(valid[:, None], sample.unit, units)
    low, high = intervals.bounded(
        share, se, df, forms[:, None], sample.fraction[:, None], study.inference.level
    )
    minimum = study.minimum.of(sample.group)
    few = forms < minimum
    numbers = {"share": share, "se": se, "ci_low": low, "ci_high": high}
    said = [(remark("score.suppressed", forms=n, minimum=minimum),) if n < minimum else () for n in forms]
    return pd.DataFrame(
        {
            **{name: np.where(few[:, None], np.nan, array).ravel() for name, array in numbers.items()},
            "edition": instrument.name,
            "block": sample.block,
            "unit_code": np.repeat([unit.code for unit in sample.units], levels),
            "node_code": item.node,
            "item_code": item.code,
            "level_code": np.tile([level.code for level in scale.levels], units),
            "group": sample.group,
            "n_valid": np.repeat(forms, levels),
            "status": np.repeat(np.where(few, SUPPRESSED, OK), levels),
            "note": pd.Series(said, dtype=object).repeat(levels).to_numpy(),
        }
    )[list(SHARE_COLUMNS)]


def _estimated(sample: Sample, answer: np.ndarray, valid: Bools, levels: int) -> tuple[Floats, Floats]:
    """Share of each level and its standard error, [U, levels] each: θ = Σ w a y/Σ w a, u = w a (y − θ)/Σ w a."""
    units = len(sample.population)
    w = sample.design.weights
    chosen = valid[:, None] & (answer[:, None] == np.arange(levels))
    total = np.bincount(sample.unit[valid], w[valid], minlength=units)
    sums = np.stack([np.bincount(sample.unit, w * y, minlength=units) for y in chosen.T], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = sums / total[:, None]
        u = np.where(
            valid[:, None], w[:, None] * (chosen - theta[sample.unit]) / total[sample.unit, None], 0.0
        )
    held = np.broadcast_to(np.where(valid, w, 0.0)[:, None], u.shape)
    u = sample.design.with_leverage(u, sample.unit, units, held)
    return theta, np.sqrt(np.asarray(sample.design.variance_by(u, sample.unit, units)))
