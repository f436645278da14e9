"""Reconciling: forms against the funnel, scores against the forms, weights against the forms, tables beside the scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from surveys.handover.answer_checks import days_add_up, profile_of_weights, profile_shares
from surveys.handover.read_back import PrintedTable, PrintedTables
from surveys.problems import Problem
from surveys.vocabulary.columns import CELL_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.statuses import DISPOSITIONS, LEFT_OUT, OK, REJECTED, VALID

_CELL = list(CELL_COLUMNS)
_PLACE = ["block", "unit_code"]
_NUMBER_NOISE = 1e-9


def reconciled(package: PrintedTables) -> Iterator[Problem]:
    """Faults between tables that must tell the same story."""
    for names, check in _CHECKS.items():
        if all(name in package for name in names):
            yield from check(*(package[name] for name in names))


def funnel_adds_up(funnel: PrintedTable) -> Iterator[Problem]:
    """returned = valid + review + rejected + left out. More forms kept than issued is possible where no rule refuses forms that
    were not issued; it is worth a warning."""
    issued, returned = funnel.number("issued"), funnel.number("returned")
    parts = sum(funnel.number(name) for name in DISPOSITIONS)
    yield from funnel.faults("verify.funnel", returned != parts, "returned", expected=np.asarray(parts))
    kept = returned - funnel.number(REJECTED) - funnel.number(LEFT_OUT)
    above = funnel.faults(
        "verify.more_than_issued", (issued > 0) & (kept > issued), "returned", expected=issued
    )
    yield from (replace(problem, severity="warning") for problem in above)


def forms_in_funnel(forms: PrintedTable, funnel: PrintedTable) -> Iterator[Problem]:
    """Every count of the funnel is the number of such forms, and every form is counted."""
    counted = pd.crosstab([forms.frame[name] for name in _CELL], forms.frame["disposition"])
    counted = counted.reindex(columns=list(DISPOSITIONS), fill_value=0).reset_index()
    found = funnel.frame[_CELL].merge(counted, on=_CELL, how="left", indicator=True)
    for name in DISPOSITIONS:
        expected = found[name].fillna(0).to_numpy(dtype=float)
        yield from funnel.faults(
            "verify.forms_in_funnel", funnel.number(name) != expected, name, expected=expected
        )
    is_form = forms.frame["disposition"].isin(DISPOSITIONS).to_numpy()
    outside = forms.frame[_CELL].merge(funnel.frame[_CELL], on=_CELL, how="left", indicator=True)
    yield from forms.faults(
        "verify.form_not_counted", (outside["_merge"] == "left_only") & is_form, "form_code"
    )


def weights_of_forms(weights: PrintedTable, forms: PrintedTable) -> Iterator[Problem]:
    """Weights belong to valid forms, one each; g = final / base weight."""
    key = [*_CELL, "form_code"]
    valid = Counter(
        forms.frame.loc[forms.frame["disposition"] == VALID, key].itertuples(index=False, name=None)
    )
    given = weights.frame[key].assign(nth=weights.frame.groupby(key).cumcount())
    over = [row[-1] >= valid[row[:-1]] for row in given.itertuples(index=False, name=None)]
    yield from weights.faults("verify.weight_without_form", np.array(over, dtype=bool), "form_code")
    cells = Counter(row[:-1] for row in valid.elements())
    for cell, number in Counter(weights.frame[_CELL].itertuples(index=False, name=None)).items():
        if number != cells[cell]:
            params = (("cell", " · ".join(cell)), ("expected", str(cells[cell])), ("found", str(number)))
            yield Problem("verify.weights_of_cell", file=weights.path, params=params)
    base, final, g = (weights.number(name) for name in ("base_weight", "weight", "g"))
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = final / base
        slack = weights.half("g") + (weights.half("weight") + expected * weights.half("base_weight")) / base
    off = np.abs(g - expected) > slack + _NUMBER_NOISE * expected
    yield from weights.faults("verify.g", off, "g", expected=expected)
    for name in ("base_weight", "calibrated_weight", "weight"):
        yield from weights.faults("verify.weight_not_positive", ~(weights.number(name) > 0), name)


def diagnostics_of_weights(diagnostics: PrintedTable, weights: PrintedTable) -> Iterator[Problem]:
    """Counts, sums and extremes of the weights per block and group."""
    table = weights.frame[["block", "group", "form_code"]].assign(weight=weights.number("weight"))
    found = table.groupby(["block", "group"]).agg(
        forms=("form_code", "nunique"), evaluations=("weight", "size"), weight_total=("weight", "sum"),
        lowest_weight=("weight", "min"), highest_weight=("weight", "max"),
    )  # fmt: skip
    aligned = diagnostics.frame[["block", "group"]].merge(
        found.reset_index(), on=["block", "group"], how="left"
    )
    for name in found.columns:
        expected = aligned[name].to_numpy(dtype=float)
        summed = aligned["evaluations"].to_numpy(dtype=float) if name == "weight_total" else 1.0
        slack = diagnostics.half(name) + weights.half("weight") * summed + _NUMBER_NOISE * np.abs(expected)
        off = ~(np.abs(diagnostics.number(name) - expected) <= slack)
        yield from diagnostics.faults("verify.weight_diagnostics", off, name, expected=expected)


def numbers_of_forms(scores: PrintedTable, funnel: PrintedTable) -> Iterator[Problem]:
    """n of a group is at most the valid forms of its cell; n over the groups is the sum of those that are shown, where the result
    is whole."""
    counts = funnel.frame[[*_PLACE, "group"]].assign(valid=funnel.number("valid"))
    valid = counts.groupby([*_PLACE, "group"])["valid"].sum().reset_index()
    rows = scores.frame[[*_PLACE, "node_code", "group"]].assign(n=scores.number("n_valid"))
    most = rows.merge(valid, on=[*_PLACE, "group"], how="left")["valid"].fillna(0).to_numpy(dtype=float)
    single = (rows["group"] != ALL_GROUPS).to_numpy()
    yield from scores.faults(
        "verify.n_above_funnel", single & (rows["n"].to_numpy() > most), "n_valid", expected=most
    )
    shown = single & (scores.text("score") != "")
    sums = rows[shown].groupby([*_PLACE, "node_code"])["n"].sum().reset_index()
    total = rows.merge(sums, on=[*_PLACE, "node_code"], how="left")["n_y"].fillna(0).to_numpy(dtype=float)
    n = rows["n"].to_numpy()
    whole = scores.text("status") == OK
    off = ~single & ((n > total) | whole & (n != total))
    yield from scores.faults("verify.n_over_groups", off, "n_valid", expected=total)


def scores_repeat(beside: PrintedTable, scores: PrintedTable) -> Iterator[Problem]:
    """Results that stand beside others of the same rows are those of the scores."""
    key = list(beside.table.key)
    found = beside.frame[key].merge(scores.frame, on=key, how="left")
    for name in ("score", "se", "ci_low", "ci_high"):
        if name in beside.frame:
            expected = found[name].fillna("").to_numpy(dtype=object)
            yield from beside.faults(
                "verify.not_the_total", beside.text(name) != expected, name, expected=expected
            )


def form_numbers_hold(numbers: PrintedTable, forms: PrintedTable) -> Iterator[Problem]:
    """A running number stands for forms of one code only, is itself the code of none, and its forms are among those of the
    results."""
    frame = numbers.frame
    codes = frame.groupby("form_number")["form_code"].transform("nunique").to_numpy()
    known = set(
        zip(forms.frame["form_code"], forms.frame["source_file"], forms.frame["source_row"], strict=True)
    )
    named = zip(frame["form_code"], frame["source_file"], frame["source_row"], strict=True)
    wrong = (codes > 1) | frame["form_number"].isin(forms.frame["form_code"]).to_numpy()
    yield from numbers.faults(
        "verify.form_number", wrong | np.array([row not in known for row in named], bool), "form_number"
    )


def explanations_of_units(explanations: PrintedTable, units: PrintedTable) -> Iterator[Problem]:
    """What units explained stands beside the names that they have in the results."""
    names = units.frame[[*_PLACE, "unit_name"]].rename(columns={"unit_name": "known"})
    found = explanations.frame[_PLACE].merge(names, on=_PLACE, how="left")["known"].fillna("")
    wanted = found.to_numpy(dtype=object)
    yield from explanations.faults(
        "verify.of_tree", explanations.text("unit_name") != wanted, "unit_name", expected=wanted
    )


#: What is checked where all tables named are there.
_CHECKS: Mapping[tuple[str, ...], Callable[..., Iterator[Problem]]] = {
    ("funnel",): funnel_adds_up,
    ("forms", "funnel"): forms_in_funnel,
    ("weights", "forms"): weights_of_forms,
    ("weight-diagnostics", "weights"): diagnostics_of_weights,
    ("scores", "funnel"): numbers_of_forms,
    ("unweighted", "scores"): scores_repeat,
    ("nonresponse-bounds", "scores"): scores_repeat,
    ("form-numbers", "forms"): form_numbers_hold,
    ("explanations", "units"): explanations_of_units,
    ("days", "forms"): days_add_up,
    ("respondent-profile",): profile_shares,
    ("respondent-profile", "weights"): profile_of_weights,
}
