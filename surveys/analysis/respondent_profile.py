"""Who answered: the respondents of a group by each variable, weighted and not, beside what margins and frames say of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from surveys.analysis.by_variables import GROUP, UNIT, ByVariable
from surveys.analysis.tabulated_rows import TabulatedRows
from surveys.definitions.study.records import StudyDefinition
from surveys.vocabulary.columns import PROFILE_COLUMNS


def profile_of(
    study: StudyDefinition, parts: Sequence[TabulatedRows], variables: Sequence[ByVariable]
) -> pd.DataFrame:
    """One row per group and category of each variable named in ``variables``, the evaluations that do not state it last, columns
    ``PROFILE_COLUMNS``. Shares of all evaluations of the group that state it; the known population is that of the margins or,
    for units, of the frames."""
    names = [n for n in dict.fromkeys(part for by in variables for part in by.parts) if n != GROUP]
    found = (_of_variable(study, part, name) for part in parts for name in names)
    frames = [frame for frame in found if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(PROFILE_COLUMNS))


def _of_variable(study: StudyDefinition, of: TabulatedRows, name: str) -> pd.DataFrame:
    known = _populations(study, of, name)
    categories = of.categories(ByVariable((name,)))
    codes = list(dict.fromkeys([*categories.codes, *known])) if name != UNIT else list(categories.codes)
    codes = [code for code in of.codes_of(name) if code in codes]
    read = np.array([*categories.codes, ""], dtype=object)[categories.place]
    place = pd.Index(codes, dtype=object).get_indexer(pd.Index(read, dtype=object))
    stated = place >= 0
    n = np.bincount(place[stated], minlength=len(codes))
    weight = np.bincount(place[stated], of.design.weights[stated], minlength=len(codes))
    population = np.array([known.get(code, np.nan) for code in codes], dtype=float)
    shares = {
        "unweighted_share": _shares(n),
        "weighted_share": _shares(weight),
        "known_share": _shares(population),
    }
    frame = pd.DataFrame({"category": codes, "n_valid": n, "population": population, **shares})
    frame["unweighted_difference"] = frame["unweighted_share"] - frame["known_share"]
    frame["weighted_difference"] = frame["weighted_share"] - frame["known_share"]
    if not codes:
        return pd.DataFrame(columns=list(PROFILE_COLUMNS))
    if not stated.all():
        frame = pd.concat([frame, pd.DataFrame({"category": [""], "n_valid": [int((~stated).sum())]})])
    return frame.assign(block=of.block, group=of.group, variable=name)[list(PROFILE_COLUMNS)]


def _populations(study: StudyDefinition, of: TabulatedRows, name: str) -> Mapping[str, float]:
    """Category → known population: of the block where it is declared so, else the sum over its units."""
    if name == UNIT:
        return {
            f.unit: float(f.population)
            for f in study.frames
            if (f.block, f.group) == (of.block, of.group) and f.unit
        }
    declared = [m for m in study.margins if (m.block, m.group, m.variable) == (of.block, of.group, name)]
    whole = [margin for margin in declared if not margin.unit]
    found: dict[str, float] = {}
    for margin in whole or declared:
        found[margin.category] = found.get(margin.category, 0.0) + margin.population
    return found


def _shares(parts: np.ndarray) -> np.ndarray:
    """Parts of their sum; NaN where one of them is not known, or there are none."""
    total = parts.sum()
    return np.full(len(parts), np.nan) if np.isnan(total) or not total else parts / total
