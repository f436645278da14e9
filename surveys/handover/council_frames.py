"""The council's tables as frames: results per unit and node, per unit, per group; forms and evaluations; rejected forms.

Which columns they have depends on the kind of index (:mod:`surveys.handover.official_kinds`). Incomplete results are withheld
unless the study renormalises; what is suppressed has no numbers to begin with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from surveys.definitions.study.records import StudyDefinition
from surveys.handover.official_columns import (
    COUNCIL_FORMS,
    COUNCIL_GROUPS,
    COUNCIL_SCORES,
    COUNCIL_UNITS,
    REJECTED_FORMS,
    OfficialTable,
)
from surveys.handover.official_kinds import IndexKind, council_tables, kind_of
from surveys.handover.result_frames import with_words
from surveys.problems import Problems
from surveys.scoring.scores import Scores
from surveys.vocabulary.columns import DECIDED_COLUMNS
from surveys.vocabulary.council_tables import EVALUATIONS, FORMS
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.statuses import DISPOSITIONS, INCOMPLETE, LEFT_OUT, REJECTED, REVIEW, VALID

QUESTIONNAIRE = ["block", "group", "questionnaire"]
_UNIT = ["block", "unit_code"]
_NODE = [*_UNIT, "node_code"]
#: Columns of the survey's league that stand beside the units of a whole index, as ``survey_…``.
SURVEY_BESIDE = ("percent", "rank", "rank_low", "rank_high", "status")
#: Who decided about a form, when and why, where several did.
_JOINED = "; "
#: Dispositions of a form by those of its evaluations: the first that one of them has.
_STRONGEST = (VALID, REVIEW, REJECTED, LEFT_OUT)


def council_frames(
    study: StudyDefinition, scores: Scores, forms: pd.DataFrame, funnel: pd.DataFrame, names: np.ndarray
) -> Mapping[OfficialTable, pd.DataFrame]:
    """The council's tables, each with the columns of the kind of index.

    ``forms``: every evaluation (:func:`surveys.handover.result_frames.forms_frame`); ``names``: what the form of each is called
    there (:func:`surveys.returns.form_numbers.form_names`), nothing that a respondent typed. Raises SurveyError where a block has
    no result that can be handed over.
    """
    kind = kind_of(study)
    nodes = scores.table[scores.table["node_level"] != ITEM_LEVEL]
    over = nodes[nodes["group"] == ALL_GROUPS]
    frames = {
        COUNCIL_SCORES.name: _scores(study, scores, over, kind),
        COUNCIL_UNITS.name: _units(scores, kind),
        COUNCIL_GROUPS.name: in_percent(nodes[nodes["group"] != ALL_GROUPS]),
        COUNCIL_FORMS.name: council_forms(study, forms, funnel),
        REJECTED_FORMS.name: rejected_forms(forms.assign(form_code=names)),
    }
    made = {table: _finished(table, frames[table.name], study) for table in council_tables(kind)}
    _refuse_without_values(made)
    return made


def in_percent(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores and limits in [0, 1] as percentages, and the limits in points."""
    limits = {name: 100.0 * scores[name] for name in ("ci_low", "ci_high")}
    most = scores["max_points"].astype(float)
    points = {f"points_{end}": scores[f"ci_{end}"] * most for end in ("low", "high")}
    return scores.assign(percent=100.0 * scores["score"], **limits, **points)


def _scores(study: StudyDefinition, scores: Scores, over: pd.DataFrame, kind: IndexKind) -> pd.DataFrame:
    """Every node over all groups: of the whole index where the council assessed a part of it, else of the survey."""
    if not kind.council:
        measured = {node.code: node.measured_by for node in study.instrument.nodes}
        named = over["node_code"].map(measured)
        return in_percent(over).assign(measured_by=named, survey_status=over["status"])
    survey = over[[*_NODE, "n_valid", "status"]].rename(columns={"status": "survey_status"})
    return scores.index.merge(survey, on=_NODE, how="left")


def _units(scores: Scores, kind: IndexKind) -> pd.DataFrame:
    """The league of the whole index where the council assessed a part of it, else that of the survey."""
    league = scores.units
    if not kind.council:
        most = league["max_points"].astype(float) / 100.0
        points = {f"points_{end}": league[f"ci_{end}"] * most for end in ("low", "high")}
        return league.assign(**points, survey_status=league["status"])
    beside = {name: f"survey_{name}" for name in SURVEY_BESIDE}
    return scores.index_units.merge(league[[*_UNIT, *beside]].rename(columns=beside), on=_UNIT, how="left")


def council_forms(study: StudyDefinition, forms: pd.DataFrame, funnel: pd.DataFrame) -> pd.DataFrame:
    """Evaluations of every cell of the funnel, then the forms of every questionnaire, each counted once."""
    names = {(unit.block, unit.code): unit.name_vi for unit in study.units}
    units = [names.get(place, "") for place in zip(funnel["block"], funnel["unit_code"], strict=True)]
    cells = funnel.assign(unit_name=units, counted=EVALUATIONS)
    counts = forms_of_questionnaires(forms, funnel)
    of_cells = funnel.groupby(QUESTIONNAIRE)["issued"].agg(["sum", "max"]).reset_index()
    matrix = {
        form.code for form in study.instrument.questionnaires if form.matrix
    }  # issued once for every unit
    issued = counts[QUESTIONNAIRE].merge(of_cells, on=QUESTIONNAIRE, how="left")
    whole = counts.assign(issued=issued["max"].where(issued["questionnaire"].isin(matrix), issued["sum"]))
    return pd.concat([cells, whole], ignore_index=True)[list(COUNCIL_FORMS.names)]


def forms_of_questionnaires(forms: pd.DataFrame, funnel: pd.DataFrame) -> pd.DataFrame:
    """Forms returned, valid, under review, rejected and left out of every questionnaire of the funnel, in its order.

    A form is valid where one of its evaluations is, else under review where one is, else rejected where one is.
    """
    counted = forms[forms["disposition"].isin(DISPOSITIONS)]
    rank = counted["disposition"].map({word: k for k, word in enumerate(_STRONGEST)}).astype(int)
    best = rank.groupby([counted[name] for name in (*QUESTIONNAIRE, "form_id")]).min().reset_index()
    rows = funnel[QUESTIONNAIRE].drop_duplicates().reset_index(drop=True)
    found = best.groupby(QUESTIONNAIRE)["disposition"].value_counts()
    known: dict[object, int] = dict(found.items())
    cells = list(rows.itertuples(index=False, name=None))
    counts = {name: [known.get((*cell, k), 0) for cell in cells] for k, name in enumerate(_STRONGEST)}
    counts = {"returned": np.sum(list(counts.values()), axis=0, dtype=int), **counts}
    return rows.assign(unit_code="", unit_name="", counted=FORMS, **counts)


def rejected_forms(forms: pd.DataFrame) -> pd.DataFrame:
    """One row for every form of which an evaluation is rejected, in an order that tells nothing of rows and files.

    ``forms``: evaluations with the ``form_code`` that the council knows, their cells, ``form_id``, disposition, reasons (joined
    by ``;``) and who decided. A form on many units that is rejected as a whole names no unit.
    """
    of_forms = forms[forms["disposition"].isin([VALID, REVIEW, REJECTED])]
    sizes = of_forms.groupby([*QUESTIONNAIRE, "form_id"])["disposition"].transform("size")
    out = of_forms.assign(of_evaluations=sizes)[(of_forms["disposition"] == REJECTED).to_numpy()]
    out = out.sort_values(["unit_code", "reasons"], kind="stable")
    rows = [_rejected(form) for _, form in out.groupby([*QUESTIONNAIRE, "form_id"], sort=False)]
    found = pd.DataFrame(rows, columns=[name for name in REJECTED_FORMS.names if name != "reasons_vi"])
    return found.sort_values(list(found.columns), kind="stable", ignore_index=True)


def _rejected(form: pd.DataFrame) -> dict[str, object]:
    """The rejected evaluations of one form in one row."""
    first = form.iloc[0]
    whole = len(form) == first["of_evaluations"] > 1
    decided = sorted(set(form[list(DECIDED_COLUMNS)].itertuples(index=False, name=None)) - {("", "", "")})
    return {
        **{name: first[name] for name in ("form_code", *QUESTIONNAIRE, "of_evaluations")},
        "unit_code": "" if whole else ";".join(dict.fromkeys(filter(None, form["unit_code"]))),
        "evaluations": len(form),
        "reasons": ";".join(
            dict.fromkeys(rule for said in form["reasons"] for rule in said.split(";") if rule)
        ),
        **{name: _JOINED.join(said[k] for said in decided) for k, name in enumerate(DECIDED_COLUMNS)},
    }


def _finished(table: OfficialTable, frame: pd.DataFrame, study: StudyDefinition) -> pd.DataFrame:
    """A council table with its words, and blank what the council must not use: incomplete results, unless the study
    renormalises."""
    worded = with_words(table, frame, study)
    if study.inference.renormalises:
        return worded
    withheld = {"status": table.withheld, "survey_status": table.withheld_survey}
    hidden = {name: worded[of] == INCOMPLETE for of, names in withheld.items() for name in names}
    return worded.assign(**{name: _blanked(worded[name], where) for name, where in hidden.items()})


def _blanked(values: pd.Series, where: pd.Series) -> pd.Series:
    """Numbers or words of a column without those ``where`` they are withheld."""
    if pd.api.types.is_numeric_dtype(values):
        return values.astype(float).mask(where)
    return values.where(~where, other=None)


def _refuse_without_values(frames: Mapping[OfficialTable, pd.DataFrame]) -> None:
    """Raise SurveyError where a block has no value at all in a table, each block once."""
    problems = Problems()
    found = (block for table, frame in frames.items() for block in blocks_without_values(table, frame))
    for block in dict.fromkeys(found):
        problems.add("handover.no_values", block=block)
    problems.raise_errors()


def blocks_without_values(table: OfficialTable, frame: pd.DataFrame) -> Iterable[str]:
    """Blocks of a frame (numbers, or texts) without a number in any of the columns of values that the table has; none of a table
    that need not have any."""
    if not table.values:
        return []
    named = [name for name in table.values if name in table.names]
    given = frame[named].replace("", None).notna().any(axis=1)
    some = given.groupby(frame["block"], sort=False).any()
    return [str(block) for block in some.index[~some]]
