"""The exported sample: one row for each evaluation of a form, valid or not, with its place in the design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import BLANK, Item
from surveys.definitions.study.records import StudyDefinition
from surveys.handover.export.variables import FIXED, UNDECLARED, SampleVariable
from surveys.handover.result_frames import forms_frame
from surveys.returns.form_numbers import form_names, form_order
from surveys.returns.record_set import Returns
from surveys.sampling.samples import Sample
from surveys.scoring.scored_round import ScoredRound
from surveys.vocabulary.modes import MODE_WORDS


def sample_frame(scored: ScoredRound, variables: Sequence[SampleVariable]) -> pd.DataFrame:
    """The evaluations of a round [n] under the names of ``variables``: texts, days as ``datetime.date`` (None where unknown),
    numbers (NaN where there are none).

    Second data entries and copies are no forms and have no row. The order is that of forms and units, whatever that of the files.
    """
    study, returns = scored.study, scored.returns
    fixed = pd.concat([_told(scored), _design(scored)], axis=1)
    columns = {
        variable.name: fixed[variable.code] if variable.name in FIXED else _numbers(variable, study, returns)
        for variable in variables
    }
    place = fixed["domain"].to_numpy(float)
    order = np.lexsort((place, form_order(returns.rows).astype(str), fixed["form"].to_numpy(str)))
    frame = pd.DataFrame(columns).take(order[scored.dispositions.counted[order]])
    return frame.reset_index(drop=True)


def _told(scored: ScoredRound) -> pd.DataFrame:
    """What is known of every evaluation beside its answers."""
    study, rows = scored.study, scored.returns.rows
    forms = forms_frame(scored.returns, scored.dispositions)
    places = {(unit.block, unit.code): k for k, unit in enumerate(study.units, start=1)}
    where = zip(forms["block"], forms["unit_code"], strict=True)
    day = rows["submitted"].dt.date
    return pd.DataFrame(
        {
            "form": form_names(study, scored.returns),
            **{name: forms[name].to_numpy() for name in ("questionnaire", "block", "group", "disposition", "reasons")},
            "unit": forms["unit_code"].to_numpy(),
            "domain": [float(places.get(place, np.nan)) for place in where],
            "mode": rows["mode"].where(rows["mode"].isin(_modes(study)), "").to_numpy(),
            "submitted": day.astype(object).where(day.notna(), None),
            "seconds": rows["seconds"].to_numpy(float),
        }
    )  # fmt: skip


def _modes(study: StudyDefinition) -> set[str]:
    """Words that the institute gave to the ways of collecting: any other may have been typed."""
    named = {mode for form in study.instrument.questionnaires for mode in form.modes}
    return named | {*MODE_WORDS} | {file.mode for file in study.returns}


def _design(scored: ScoredRound) -> pd.DataFrame:
    """Weights, strata, clusters and sizes of the valid evaluations; nothing of the others [n, 5]."""
    places, weights = ["stratum", "cluster", "stratum_size"], ["weight", "base_weight"]
    found = pd.DataFrame(np.nan, index=range(len(scored.returns)), columns=[*weights, *places])
    parts, strata, clusters = scored.samples.parts, 1, 1
    for sample in parts:
        stage = sample.design.stages[0]
        stratum = strata + stage.stratum[stage.cluster]
        found.loc[sample.rows, places] = np.column_stack(
            [stratum, clusters + stage.cluster, stratum_sizes(sample)]
        )
        strata, clusters = strata + stage.n_strata, clusters + stage.n_clusters
    if parts:  # group by group, as the rows were read
        rows = np.concatenate([np.sort(sample.rows) for sample in parts])
        found.loc[rows, weights] = scored.samples.weights[weights].to_numpy()
    return found


def stratum_sizes(sample: Sample) -> np.ndarray:
    """Population of the stratum of each row [n], NaN where no finite population is taken into account."""
    stage = sample.design.stages[0]
    sized = (stage.rest < 1.0)[stage.stratum][stage.cluster]
    return np.where(sized, sample.population[sample.unit], np.nan)


def _numbers(variable: SampleVariable, study: StudyDefinition, returns: Returns) -> np.ndarray:
    """The numbers of an attribute or of the answers to a question [n]."""
    if variable.kind == "answer":
        return _answers(variable, study.instrument.item[variable.code], returns)
    said = returns.rows[variable.code].to_numpy(object)
    numbers: Mapping[str, int] = variable.numbers
    return np.array([BLANK if text == "" else numbers.get(text, UNDECLARED) for text in said], dtype=float)


def _answers(variable: SampleVariable, item: Item, returns: Returns) -> np.ndarray:
    levels = returns.instrument.scale[item.scale].levels
    number = np.array([variable.numbers[level.code] for level in levels], dtype=float)
    codes = returns.answers[:, returns.instrument.item_position[item.code]].astype(int)
    return np.where(codes < 0, codes, number[np.maximum(codes, 0)])
