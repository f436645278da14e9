"""How a block answered, who answered and when, against the tables that tell of the same forms."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from surveys.handover.read_back import Floats, PrintedTable, PrintedTables, RunSettings
from surveys.problems import Problem
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.statuses import DISPOSITIONS, INCOMPLETE, OK, SUPPRESSED, VALID

#: Noise of float arithmetic on the printed numbers.
_NOISE = 1e-9
_QUESTION = ["block", "item_code"]
_LINE = [*_QUESTION, "group"]
_FORMS = ["questionnaire", "mode"]
_VARIABLE = ["block", "group", "variable"]


def answers_hold(package: PrintedTables, settings: RunSettings) -> Iterator[Problem]:
    """What the answers of whole blocks contradict: their own numbers of forms, the tree, and the results of the units."""
    answers = package.get("answers")
    if answers is None:
        return
    groups = _declared_weights(package["tree"]) if "tree" in package else {}
    lines = _lines(answers, groups)
    yield from _groups_shown(answers, lines, settings)
    yield from _over_groups(answers, lines, settings)
    if "scores" in package:
        yield from _forms_of_units(
            answers, [package[name] for name in ("scores", "shares") if name in package]
        )
    if "funnel" in package:
        yield from _forms_of_funnel(answers, package["funnel"])


def _declared_weights(tree: PrintedTable) -> dict[tuple[str, str], float]:
    """Node and group → the weight of the group in the node."""
    declared = zip(tree.text("code"), tree.text("groups"), strict=True)
    pairs = [(code, pair.rpartition(":")) for code, groups in declared for pair in groups.split(";") if pair]
    return {(code, group): float(weight) for code, (group, _, weight) in pairs}


def _lines(answers: PrintedTable, weights: dict[tuple[str, str], float]) -> pd.DataFrame:
    """The rows of the answers with their numbers and the weight of their group among the others."""
    frame = answers.frame[[*_LINE, "node_code", "level_code", "status"]]
    of_group = zip(frame["node_code"], frame["group"], strict=True)
    return frame.assign(
        n=answers.number("n_valid"),
        share=answers.number("share"),
        weight=[weights.get(key, 1.0) for key in of_group],
        single=frame["group"] != ALL_GROUPS,
    )


def _groups_shown(answers: PrintedTable, lines: pd.DataFrame, settings: RunSettings) -> Iterator[Problem]:
    """Shares of a group are there from its fewest forms on, and only then."""
    least = {group: max(1, settings.minimum.of(group)) for group in lines["group"].unique()}
    wanted = np.where(lines["n"] < lines["group"].map(least), SUPPRESSED, OK).astype(object)
    single = lines["single"].to_numpy()
    wrong = single & (answers.text("status") != wanted)
    yield from answers.faults("verify.status", wrong, "status", expected=wanted)
    lacking = (answers.text("status") != SUPPRESSED) & np.isnan(answers.number("share"))
    yield from answers.faults("verify.result_missing", lacking, "share")


def _over_groups(answers: PrintedTable, lines: pd.DataFrame, settings: RunSettings) -> Iterator[Problem]:
    """Status, forms and shares over the groups from those of the groups."""
    key = [*_QUESTION, "level_code"]
    parts = lines[lines["single"]]
    shown = parts["status"] == OK
    parts = parts.assign(
        given=shown.astype(float),
        part=(parts["weight"] * parts["share"]).where(shown),
        weight=parts["weight"].where(shown),
        n=parts["n"].where(shown),
        groups=1.0,
    )
    sums = parts.groupby(key, sort=False)[["given", "groups", "part", "weight", "n"]].sum().reset_index()
    found = lines[[*key, "single"]].merge(sums, on=key, how="left")
    over = ~found["single"].to_numpy()
    given, groups = found["given"].to_numpy(), found["groups"].to_numpy()
    part_only = OK if settings.inference.renormalises else INCOMPLETE
    wanted = np.select([~(given > 0), given < groups], [SUPPRESSED, part_only], OK).astype(object)
    yield from answers.faults(
        "verify.status", over & (answers.text("status") != wanted), "status", expected=wanted
    )
    n = found["n"].fillna(0).to_numpy()
    yield from answers.faults(
        "verify.n_over_groups", over & (answers.number("n_valid") != n), "n_valid", expected=n
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = found["part"].to_numpy() / found["weight"].to_numpy()
        off = np.abs(answers.number("share") - expected) > 2 * answers.half("share") + _NOISE
    yield from answers.faults("verify.answers_over_groups", over & off, "share", expected=expected)


def _forms_of_units(answers: PrintedTable, results: list[PrintedTable]) -> Iterator[Problem]:
    """Forms of a group are those of the units whose result of the question is shown."""
    counted = pd.concat([_shown_forms(table) for table in results], ignore_index=True)
    known = counted.groupby(_LINE, sort=False)["n"].sum().reset_index()
    found = answers.frame[_LINE].merge(known, on=_LINE, how="left")["n"].to_numpy(dtype=float)
    wrong = ~np.isnan(found) & (answers.number("n_valid") != found)
    yield from answers.faults("verify.n_of_units", wrong, "n_valid", expected=found)


def _shown_forms(results: PrintedTable) -> pd.DataFrame:
    """Forms of each question, group and unit of scores or of shares; 0 where the result is not shown."""
    frame, n = results.frame, results.number("n_valid")
    shown = frame["status"] != SUPPRESSED
    table = frame[["block", "unit_code", "group"]].assign(n=np.where(shown, n, 0.0))
    if "item_code" in frame:
        return table.assign(item_code=frame["item_code"]).drop_duplicates([*_LINE, "unit_code"])
    item = (frame["node_level"] == ITEM_LEVEL) & (frame["group"] != ALL_GROUPS)
    return table.assign(item_code=frame["node_code"])[item]


def _forms_of_funnel(answers: PrintedTable, funnel: PrintedTable) -> Iterator[Problem]:
    """No more forms of a group than are valid in the block."""
    key = ["block", "group"]
    valid = funnel.frame[key].assign(valid=funnel.number("valid")).groupby(key)["valid"].sum().reset_index()
    most = answers.frame[key].merge(valid, on=key, how="left")["valid"].fillna(0).to_numpy(dtype=float)
    single = (answers.frame["group"] != ALL_GROUPS).to_numpy()
    wrong = single & (answers.number("n_valid") > most)
    yield from answers.faults("verify.n_above_funnel", wrong, "n_valid", expected=most)


def days_add_up(days: PrintedTable, forms: PrintedTable) -> Iterator[Problem]:
    """Forms returned and valid on all days are those of the list of forms, each once, by questionnaire and mode."""
    one = forms.frame[forms.frame["disposition"].isin(DISPOSITIONS)]
    one = one[[*_FORMS, "form_id"]].assign(valid=one["disposition"] == VALID)
    counted = one.groupby([*_FORMS, "form_id"], sort=False)["valid"].max().reset_index()
    expected = counted.groupby(_FORMS, sort=False)["valid"].agg(returned="size", valid="sum").reset_index()
    numbers = {name: days.number(name) for name in ("returned", "valid")}
    yield from days.faults(
        "verify.valid_of_returned", numbers["valid"] > numbers["returned"], "valid", most=numbers["returned"]
    )
    sums = days.frame[_FORMS].assign(**numbers).groupby(_FORMS, sort=False)[list(numbers)].sum().reset_index()
    beside = sums.merge(expected, on=_FORMS, how="outer", suffixes=("", "_forms")).fillna(0)
    for name in numbers:
        for row in beside[beside[name] != beside[f"{name}_forms"]].to_dict("records"):
            which = " · ".join(str(row[part]) for part in _FORMS)
            params = (
                ("forms", which),
                ("found", f"{row[name]:.12g}"),
                ("expected", f"{row[f'{name}_forms']:.12g}"),
            )
            yield Problem("verify.days_of_forms", file=days.path, column=name, params=params)


def profile_of_weights(profile: PrintedTable, weights: PrintedTable) -> Iterator[Problem]:
    """Every evaluation that has a weight stands in one category of each attribute, or in none of them."""
    of_group = weights.frame.groupby(["block", "group"], sort=False).size().rename("rows").reset_index()
    table = profile.frame[_VARIABLE].assign(n=profile.number("n_valid"))
    table["sum"] = table.groupby(_VARIABLE, sort=False)["n"].transform("sum")
    expected = (
        table.merge(of_group, on=["block", "group"], how="left")["rows"].fillna(0).to_numpy(dtype=float)
    )
    wrong = ~table.duplicated(_VARIABLE).to_numpy() & (table["sum"].to_numpy() != expected)
    yield from profile.faults("verify.profile_forms", wrong, "n_valid", expected=expected)


def profile_shares(profile: PrintedTable) -> Iterator[Problem]:
    """Shares of a profile from its numbers of forms and populations, and their differences."""
    stated = (profile.frame["category"] != "").to_numpy()
    for count, share in (("n_valid", "unweighted_share"), ("population", "known_share")):
        yield from _shares_of(profile, stated, count, share)
    sums = _sum_over(profile, np.where(stated, profile.number("weighted_share"), np.nan))
    size = _sum_over(profile, stated.astype(float))
    slack = size * profile.half("weighted_share") + _NOISE
    first = stated & ~profile.frame.duplicated(_VARIABLE).to_numpy()
    off = first & ~np.isnan(profile.number("weighted_share")) & (np.abs(sums - 1.0) > slack)
    yield from profile.faults("verify.shares_sum", off, "weighted_share", expected=sums)
    known = profile.number("known_share")
    for name in ("unweighted", "weighted"):
        column = f"{name}_difference"
        expected = profile.number(f"{name}_share") - known
        slack_of = 3 * profile.half(column) + _NOISE
        off = np.abs(profile.number(column) - expected) > slack_of
        yield from profile.faults("verify.profile", off, column, expected=expected)


def _shares_of(profile: PrintedTable, stated: np.ndarray, count: str, share: str) -> Iterator[Problem]:
    """Shares that are parts of the sum of a column of counts."""
    number = np.where(stated, profile.number(count), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = number / _sum_over(profile, number)
        off = np.abs(profile.number(share) - expected) > profile.half(share) + _NOISE
    yield from profile.faults("verify.profile", off, share, expected=expected)


def _sum_over(profile: PrintedTable, values: Floats) -> Floats:
    """The sum of a column over the categories of each variable [n]."""
    table = profile.frame[_VARIABLE].assign(value=values)
    return table.groupby(_VARIABLE, sort=False)["value"].transform("sum").to_numpy(dtype=float)
