"""Perceptions and expectations: the share of each answer, for blocks of questions that enter no index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Instrument, Item
from surveys.definitions.study.records import StudyDefinition
from surveys.returns.record_set import Returns
from surveys.sampling.samples import Sample
from surveys.scoring.combinations import COMBINATIONS
from surveys.scoring.quantities import Bools, Floats
from surveys.vocabulary.columns import SHARE_COLUMNS
from surveys.vocabulary.remarks import remark
from surveys.vocabulary.statuses import OK, SUPPRESSED
from weighting.estimation import intervals


def shares(study: StudyDefinition, returns: Returns, samples: Sequence[Sample]) -> pd.DataFrame:
    """One row per unit × item × level × group, columns ``SHARE_COLUMNS``; shares in [0, 1] of the valid answers."""
    items = [
        i
        for i in study.instrument.items
        if i.node and not COMBINATIONS[study.instrument.node[i.node].rule].scored
    ]
    tables = [
        _item(study, returns, sample, item)
        for sample in samples
        for item in items
        if _asked(study.instrument, item, sample)
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(SHARE_COLUMNS))


def _asked(instrument: Instrument, item: Item, sample: Sample) -> bool:
    printed = (instrument.questionnaire[code] for code in item.questionnaires)
    return any((q.block, q.group) == (sample.block, sample.group) for q in printed)


def _item(study: StudyDefinition, returns: Returns, sample: Sample, item: Item) -> pd.DataFrame:
    """All levels of one item in all units of a sample."""
    instrument = study.instrument
    scale = instrument.scale[item.scale]
    answer = returns.answers[sample.rows, instrument.item_position[item.code]]
    valid = answer >= 0
    units, levels = len(sample.population), len(scale.levels)
    forms = np.bincount(sample.unit[valid], minlength=units)
    share, se = _estimated(sample, answer, valid, levels)
    df = sample.design.domain_degfs(np.where(valid, sample.unit, -1), units)[:, None]
    low, high = intervals.bounded(
        share, se, df, forms[:, None], sample.fraction[:, None], study.inference.level
    )
    few = forms < study.minimum.of(sample.group)
    numbers = {"share": share, "se": se, "ci_low": low, "ci_high": high}
    hidden = {name: np.where(few[:, None], np.nan, value).ravel() for name, value in numbers.items()}
    minimum = study.minimum.of(sample.group)
    said = [
        (remark("score.suppressed", forms=n, minimum=minimum),) if hide else ()
        for n, hide in zip(forms, few, strict=True)
    ]
    table = pd.DataFrame({"unit_code": np.repeat([u.code for u in sample.units], levels), **hidden})
    table = table.assign(
        edition=instrument.name,
        block=sample.block,
        node_code=item.node,
        item_code=item.code,
        level_code=np.tile([level.code for level in scale.levels], units),
        group=sample.group,
        n_valid=np.repeat(forms, levels),
        status=np.repeat(np.where(few, SUPPRESSED, OK), levels),
        note=pd.Series(said).repeat(levels).to_numpy(),
    )
    return table[list(SHARE_COLUMNS)]


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
    return theta, np.sqrt(np.asarray(sample.design.variance_by(u, sample.unit, units)))
