"""The council's tables against the results they were taken from, and against each other where they stand alone.

What repeats a result does so to the letter; percentages and limits in points follow from scores that are printed with more
digits. What is incomplete is withheld, unless the study renormalises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from surveys.handover.council_frames import (
    QUESTIONNAIRE,
    SURVEY_BESIDE,
    blocks_without_values,
    forms_of_questionnaires,
    rejected_forms,
)
from surveys.handover.official_kinds import IndexKind
from surveys.handover.read_back import PrintedTable, PrintedTables
from surveys.problems import Problem
from surveys.vocabulary.council_tables import EVALUATIONS, FORMS
from surveys.vocabulary.formula_guard import unguarded
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL, TOTAL
from surveys.vocabulary.statuses import DISPOSITIONS, EXTERNAL, INCOMPLETE, LEFT_OUT, OK, REJECTED

_UNIT = ["block", "unit_code"]
_NODE = [*_UNIT, "node_code"]
_NOISE = 1e-9
_COUNTS = ("issued", "returned", *DISPOSITIONS)


def council_holds(package: PrintedTables, kind: IndexKind, *, renormalises: bool) -> Iterator[Problem]:
    """Faults of the council's tables that are there."""
    for name in ("council-scores", "council-units", "council-groups"):
        if name in package:
            yield from values_given(package[name])
    for names, check in _ALONE.items():
        if all(name in package for name in names):
            yield from check(*(package[name] for name in names))
    for name, (sources, expected) in _REPEATED.items():
        if name in package and all(source in package for source in sources(kind)):
            frame, slack = expected(package, kind)
            yield from _repeats(package[name], frame, slack, renormalises=renormalises)
    if "forms" in package:
        yield from _forms_repeat(package)


def values_given(printed: PrintedTable) -> Iterator[Problem]:
    """An official result that is whole has a value; so has every block of a table that must have some."""
    whole = np.isin(printed.text("status"), [OK, EXTERNAL])
    yield from printed.faults("verify.result_missing", whole & np.isnan(printed.number("percent")), "percent")
    if printed.table.values and not len(printed):
        yield Problem("verify.no_rows", file=printed.path)
    for block in blocks_without_values(printed.table, printed.frame):
        yield Problem("verify.no_values", file=printed.path, params=(("block", block),))


def units_add_up(units: PrintedTable, scores: PrintedTable) -> Iterator[Problem]:
    """A unit's total stands among its nodes too, and its points are the sum of those that are measured, within rounding, where
    all of these have points."""
    common = [
        name for name in units.table.names if name in scores.table.names and name not in ("note", *_UNIT)
    ]
    totals = {key: set(map(tuple, of[common].to_numpy())) for key, of in scores.frame.groupby(_UNIT)}
    mine = zip(*(units.text(name) for name in _UNIT), strict=True)
    rows = units.frame[common].itertuples(index=False, name=None)
    apart = [row not in totals.get(key, set()) for key, row in zip(mine, rows, strict=True)]
    yield from units.faults("verify.council_total", np.array(apart, dtype=bool), "percent")
    if "points" not in units.table.names:
        return
    measured = scores.text("measured_by") != TOTAL
    table = scores.frame[_UNIT].assign(points=scores.number("points"), most=scores.number("max_points"))
    grouped = table[measured].groupby(_UNIT)
    parts = grouped.size()
    sums = grouped.sum().where(grouped.count().eq(parts, axis=0)).assign(parts=parts).reset_index()
    found = units.frame[_UNIT].merge(sums, on=_UNIT, how="left")
    summed = np.abs(found["most"].to_numpy() - units.number("max_points")) <= _NOISE
    slack = scores.half("points") * (found["parts"].to_numpy() + 1) + _NOISE
    off = summed & (np.abs(units.number("points") - found["points"].to_numpy()) > slack)
    yield from units.faults("verify.council_sum", off, "points", expected=found["points"])


def forms_add_up(forms: PrintedTable) -> Iterator[Problem]:
    """returned = valid + review + rejected + left out; no questionnaire has more forms than evaluations. More forms kept than
    issued are possible where no rule refuses forms that were not issued; they are worth a warning."""
    numbers = {name: forms.number(name) for name in _COUNTS}
    parts = np.asarray(sum(numbers[name] for name in DISPOSITIONS))
    yield from forms.faults("verify.funnel", numbers["returned"] != parts, "returned", expected=parts)
    kept = numbers["returned"] - numbers[REJECTED] - numbers[LEFT_OUT]
    above = (numbers["issued"] > 0) & (kept > numbers["issued"])
    told = forms.faults("verify.more_than_issued", above, "returned", expected=numbers["issued"])
    yield from (replace(problem, severity="warning") for problem in told)
    evaluations = _of_questionnaires(forms, EVALUATIONS, "sum")
    for name in ("issued", "returned"):
        most = _beside(forms, evaluations)[name].fillna(0).to_numpy(dtype=float)
        over = (forms.text("counted") == FORMS) & (numbers[name] > most)
        yield from forms.faults("verify.forms_of_council", over, name, expected=most)


def rejected_counted(rejected: PrintedTable, forms: PrintedTable) -> Iterator[Problem]:
    """The rejected evaluations of the listed forms are those that are counted, and the forms rejected as a whole too."""
    table = rejected.frame[QUESTIONNAIRE].assign(
        evaluations=rejected.number("evaluations"),
        whole=rejected.number("evaluations") == rejected.number("of_evaluations"),
    )
    yield from rejected.faults(
        "verify.range",
        rejected.number("evaluations") > rejected.number("of_evaluations"),
        "evaluations",
        accepted=rejected.text("of_evaluations"),
    )
    found = table.groupby(QUESTIONNAIRE).sum().reset_index()
    counted = forms.text("counted")
    for word, name in ((EVALUATIONS, "evaluations"), (FORMS, "whole")):
        expected = _beside(forms, found)[name].fillna(0).to_numpy(dtype=float)
        counts = _beside(forms, _of_questionnaires(forms, word, "sum"))[REJECTED].to_numpy(dtype=float)
        off = (counted == word) & (counts != expected)
        yield from forms.faults("verify.forms_of_council", off, REJECTED, expected=expected)


def _of_questionnaires(forms: PrintedTable, counted: str, how: str) -> pd.DataFrame:
    """The counts of every questionnaire, of its evaluations or of its forms."""
    rows = forms.frame[QUESTIONNAIRE].assign(**{name: forms.number(name) for name in _COUNTS})
    chosen = rows[forms.text("counted") == counted]
    found: pd.DataFrame = chosen.groupby(QUESTIONNAIRE).agg(how).reset_index()
    return found


def _beside(forms: PrintedTable, found: pd.DataFrame) -> pd.DataFrame:
    """What was found for questionnaires, beside every row of the table of forms."""
    return forms.frame[QUESTIONNAIRE].merge(found, on=QUESTIONNAIRE, how="left")


def _forms_repeat(package: PrintedTables) -> Iterator[Problem]:
    """The council's counts and its list of rejected forms are those of the results."""
    named = package["forms"]
    if "council-forms" in package and "funnel" in package:
        yield from _counts_repeat(package["council-forms"], package["funnel"], named)
    if "council-rejected" in package:
        known = as_council_knows(named, package.get("form-numbers"))
        yield from _rejected_repeat(package["council-rejected"], known)


def _counts_repeat(council: PrintedTable, funnel: PrintedTable, forms: PrintedTable) -> Iterator[Problem]:
    """Evaluations as in the funnel; forms as their evaluations are. As many forms were issued as evaluations, or, of a form on
    many units, as for each of them."""
    cells = funnel.frame.assign(counted=EVALUATIONS)
    whole = forms_of_questionnaires(forms.frame, funnel.frame)
    expected = pd.concat([cells, whole.astype(str)], ignore_index=True)
    key = list(council.table.key)
    found = council.frame[key].merge(expected.assign(there="1"), on=key, how="left")
    yield from council.faults("verify.council_extra", found["there"].isna(), "unit_code")
    missing = len(expected) - int(found["there"].notna().sum())
    if missing:
        yield Problem("verify.council_missing", file=council.path, params=(("missing", str(missing)),))
    counted = council.text("counted") == EVALUATIONS
    for name in _COUNTS:
        wanted = found[name].fillna("").to_numpy(dtype=object)
        off = (council.text(name) != wanted) & (counted | (name != "issued")) & found["there"].notna()
        yield from council.faults("verify.council", off, name, expected=wanted)
    issued = council.number("issued")
    of_cells = (_beside(council, _of_questionnaires(council, EVALUATIONS, how)) for how in ("sum", "max"))
    total, most = (table["issued"].to_numpy(dtype=float) for table in of_cells)
    off = ~counted & (issued != total) & (issued != most)
    yield from council.faults("verify.forms_of_council", off, "issued", expected=total)


def as_council_knows(forms: PrintedTable, numbers: PrintedTable | None) -> PrintedTable:
    """The forms with running numbers in place of the codes that the council does not see; ``numbers``: the key to them."""
    if numbers is None:
        return forms
    key = ["form_code", "submission", "source_file", "source_row"]
    keys = numbers.frame[key].itertuples(index=False, name=None)
    named = dict(zip(keys, numbers.frame["form_number"], strict=True))
    said = forms.frame[key].itertuples(index=False, name=None)
    return replace(forms, frame=forms.frame.assign(form_code=[named.get(row, row[0]) for row in said]))


def _rejected_repeat(rejected: PrintedTable, forms: PrintedTable) -> Iterator[Problem]:
    """The list of rejected forms is that of the results, form by form and reason by reason."""
    listed = rejected_forms(forms.frame.map(unguarded))
    key = list(listed.columns)
    expected = Counter(listed.astype(str).itertuples(index=False, name=None))
    extra = []
    for row in rejected.frame[key].map(unguarded).itertuples(index=False, name=None):
        extra.append(expected[row] == 0)
        expected[row] -= expected[row] > 0
    yield from rejected.faults("verify.rejected_extra", np.array(extra, dtype=bool), "form_code")
    for row, number in expected.items():
        if number:
            named = " · ".join(part for part in row if part)
            yield Problem("verify.rejected_missing", file=rejected.path, params=(("form", named),))


#: Results as the council should have them: columns of text or numbers, and how far a number may be off by rounding (0: the same
#: text).
Expected = tuple[pd.DataFrame, Mapping[str, float]]


def _scores_of(package: PrintedTables, kind: IndexKind) -> Expected:
    """The scores of nodes over all groups, or the whole index with the numbers of forms of the scores."""
    scores = package["scores"]
    over = _in_percent(scores, scores.text("group") == ALL_GROUPS)
    if not kind.council:
        measured = dict(zip(package["tree"].frame["code"], package["tree"].frame["measured_by"], strict=True))
        frame = over[0].assign(
            measured_by=over[0]["node_code"].map(measured), survey_status=over[0]["status"]
        )
        return frame, over[1]
    survey = over[0][[*_NODE, "n_valid", "status"]].rename(columns={"status": "survey_status"})
    return package["index"].frame.merge(survey, on=_NODE, how="left"), {}


def _groups_of(package: PrintedTables, _kind: IndexKind) -> Expected:
    """The scores of nodes in each group."""
    return _in_percent(package["scores"], package["scores"].text("group") != ALL_GROUPS)


def _units_of(package: PrintedTables, kind: IndexKind) -> Expected:
    """The league, or that of the whole index with the survey's percentages and ranks."""
    league = package["units"]
    if kind.council:
        beside = {name: f"survey_{name}" for name in SURVEY_BESIDE}
        survey = league.frame[[*_UNIT, *beside]].rename(columns=beside)
        return package["index-units"].frame.merge(survey, on=_UNIT, how="left"), {}
    most = league.number("max_points") / 100.0
    points = {f"points_{end}": league.number(f"ci_{end}") * most for end in ("low", "high")}
    half = float(np.nanmax(most, initial=0.0)) * league.half("ci_low")
    frame = league.frame.assign(**points, survey_status=league.frame["status"])
    return frame, dict.fromkeys(points, half)


def _in_percent(scores: PrintedTable, chosen: np.ndarray) -> Expected:
    """Rows of nodes with percentages and limits in points."""
    most = scores.number("max_points")
    limits = {name: 100.0 * scores.number(name) for name in ("ci_low", "ci_high")}
    points = {f"points_{end}": scores.number(f"ci_{end}") * most for end in ("low", "high")}
    frame = scores.frame.assign(percent=100.0 * scores.number("score"), **limits, **points)
    slack = dict.fromkeys(("percent", *limits), 100.0 * scores.half("score"))
    slack |= dict.fromkeys(points, float(np.nanmax(most, initial=0.0)) * scores.half("ci_low"))
    nodes = scores.text("node_level") != ITEM_LEVEL
    return frame[chosen & nodes].reset_index(drop=True), slack


def _repeats(
    council: PrintedTable, expected: pd.DataFrame, slack: Mapping[str, float], *, renormalises: bool
) -> Iterator[Problem]:
    """The council's table has the rows of the results, and their values; incomplete ones are withheld."""
    key = list(council.table.key)
    found = council.frame[key].merge(expected.assign(there="1"), on=key, how="left")
    extra = found["there"].isna()
    yield from council.faults("verify.council_extra", extra, key[-1])
    missing = len(expected) - int((~extra).sum())
    if missing:
        yield Problem("verify.council_missing", file=council.path, params=(("missing", str(missing)),))
    incomplete = _incomplete(council, found, renormalises=renormalises)
    for name in council.table.names:
        if name in key or name not in found:
            continue
        hidden = incomplete.get(name, np.zeros(len(council), dtype=bool)) & ~extra.to_numpy()
        if name in slack:
            wanted = np.where(hidden, np.nan, found[name].to_numpy(dtype=float))
            wanted = np.where(extra, council.number(name), wanted)
            yield from _near(council, name, wanted, slack[name])
        else:
            text = np.where(hidden, "", found[name].fillna("").to_numpy(dtype=object))
            off = (council.text(name) != text) & ~extra.to_numpy()
            yield from council.faults("verify.council", off, name, expected=text)


def _incomplete(council: PrintedTable, found: pd.DataFrame, *, renormalises: bool) -> dict[str, np.ndarray]:
    """Column → rows in which it is withheld."""
    if renormalises:
        return {}
    own = council.text("status") == INCOMPLETE
    hidden = dict.fromkeys(council.table.withheld, own)
    if council.table.withheld_survey:
        survey = (found["survey_status"] == INCOMPLETE).to_numpy()
        hidden |= dict.fromkeys(council.table.withheld_survey, survey)
    return hidden


def _near(council: PrintedTable, name: str, wanted: np.ndarray, slack: float) -> Iterator[Problem]:
    """Numbers that are further from those wanted than rounding explains, or given where none is."""
    value = council.number(name)
    with np.errstate(invalid="ignore"):
        off = np.abs(value - wanted) > council.half(name) + slack + _NOISE
    off |= np.isnan(value) != np.isnan(wanted)
    code = "verify.points_of_score" if name.startswith("points") else "verify.percent_of_score"
    yield from council.faults(code, off, name, expected=wanted)


#: What is checked where all tables named are there.
_ALONE: Mapping[tuple[str, ...], Callable[..., Iterator[Problem]]] = {
    ("council-units", "council-scores"): units_add_up,
    ("council-forms",): forms_add_up,
    ("council-rejected", "council-forms"): rejected_counted,
}


def _sources(kind: IndexKind, survey: Sequence[str], whole: Sequence[str]) -> tuple[str, ...]:
    return (*survey, *(whole if kind.council else ()))


#: Council table → the tables of results it repeats, and how.
_REPEATED: Mapping[str, tuple[Callable[[IndexKind], tuple[str, ...]], Callable[..., Any]]] = {
    "council-scores": (lambda kind: _sources(kind, ("scores", "tree"), ("index",)), _scores_of),
    "council-groups": (lambda kind: _sources(kind, ("scores",), ()), _groups_of),
    "council-units": (lambda kind: _sources(kind, ("units",), ("index-units",)), _units_of),
}
