"""Weights, strata and clusters of forms that were for elements drawn from lists, as ``drawn.csv`` has them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from surveys.definitions.study.records import StudyDefinition, WeightPlan

#: Columns of returned forms that come from the drawn elements; no field can be called so.
DRAWN_WEIGHT, _STRATUM, _CLUSTER = "drawn/weight", "drawn/stratum", "drawn/cluster"


def with_drawn(
    study: StudyDefinition, returned: pd.DataFrame, plan: WeightPlan
) -> tuple[pd.DataFrame, WeightPlan]:
    """Returned forms with the columns of the elements they were for, and the plan that names these; both as they are where the
    plan names a field of the returns, or is not of given weights."""
    if plan.base != "given" or plan.weight or not study.drawn:
        return returned, plan
    drawn = pd.DataFrame(
        [(made.form_code, made.weight, made.stratum, made.cluster) for made in study.drawn],
        columns=["form_code", DRAWN_WEIGHT, _STRATUM, _CLUSTER],
    ).set_index("form_code")
    found = drawn.reindex(returned["form_code"]).set_index(returned.index)
    named = replace(plan, weight=DRAWN_WEIGHT, strata=(_STRATUM,), clusters=(_CLUSTER,))
    return pd.concat([returned, found], axis=1), named
