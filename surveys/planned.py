"""How many forms a round needs, of whom, and with which codes, before the first one is handed out."""

from __future__ import annotations

from pathlib import Path

from surveys.fieldwork.plan_folder import SamplePlanTables
from surveys.sampling.plan.round_plan import plan_round
from surveys.study import Study, load


def plan(study: Study | str | Path) -> SamplePlanTables:
    """The plan of a study, or of the path of one: what its ``[[plan]]``, ``[[lists]]`` and frames come to.

    Raises SurveyError when the study cannot be read, has no plan, or one that cannot be carried out.

    >>> plan("data-sample/ha-noi-2023").cells.groupby("questionnaire")["issued"].sum()["huyen-5"]
    np.int64(5400)
    """
    definition = (study if isinstance(study, Study) else load(study)).definition
    return SamplePlanTables(definition, plan_round(definition))
