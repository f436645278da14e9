"""The whole index re-added: halves against the scores and the steps, parents against their children, totals, ranks and classes.

A difference is a fault when no rounding of what is printed can explain it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import ResultClass
from surveys.handover.rank_checks import ranks, sets_of_ranks
from surveys.handover.read_back import Floats, PrintedTable, PrintedTables, RunSettings
from surveys.problems import Problem, phrase
from surveys.scoring.result_classes import class_probabilities, classes_of
from surveys.vocabulary.combination_names import SHARES
from surveys.vocabulary.levels import ALL_GROUPS, ASSESSMENT, ITEM_LEVEL
from surveys.vocabulary.statuses import FINAL, FIRST_APPRAISAL, INCOMPLETE, OK, PROVISIONAL, SUPPRESSED

#: Noise of float arithmetic on the printed numbers.
_NOISE = 1e-9
_PLACE = ["block", "unit_code"]
_KEY = [*_PLACE, "node_code"]
#: Columns of points that are the council's and add up over the children of a node.
_COUNCIL = ("self_assessed", "first_appraisal", "final", "council_points")
#: Columns of the totals that repeat the row of the root.
_OF_ROOT = (
    "unit_name", "self_assessed", "council_points", "council_max", "survey_points", "survey_max", "points", "max_points",
    "points_low", "points_high", "percent", "ci_low", "ci_high", "status",
)  # fmt: skip


@dataclass(frozen=True)
class PrintedIndex:
    """``index.csv`` with what the tree says of its nodes and the scores of its survey part, row by row [n]."""

    index: PrintedTable
    scores: PrintedTable
    rows: pd.DataFrame

    @property
    def council(self) -> np.ndarray:
        """Rows with a part that the council assesses."""
        return np.asarray(self.index.text("council_max") != "")

    @property
    def survey(self) -> np.ndarray:
        """Rows whose node stands among the scores."""
        return self.rows["of_scores"].to_numpy(dtype=bool)

    def of_scores(self, column: str) -> Floats:
        """A column of the scores of the rows' nodes over the groups."""
        return self.rows[f"scores_{column}"].to_numpy(dtype=float)


def index_readded(package: PrintedTables, settings: RunSettings) -> Iterator[Problem]:
    """Faults of the tables of the whole index against the scores and the tree."""
    if not {"index", "index-units", "scores", "tree"} <= package.keys():
        return
    index, units = package["index"], package["index-units"]
    printed = _with_parts(index, package["scores"], package["tree"])
    yield from _rows_of_index(printed, package["tree"])
    for check in _CHECKS:
        yield from check(printed)
    yield from _remarks(printed, settings)
    yield from _totals(printed, units)
    yield from ranks(units, renormalise=settings.inference.renormalises)
    yield from sets_of_ranks(units)
    yield from classes_of_units(units, settings.classes, _errors_of_totals(printed, units))


def classes_of_league(
    units: PrintedTable, scores: PrintedTable, tree: PrintedTable, classes: Sequence[ResultClass]
) -> Iterator[Problem]:
    """Classes in the league table: of blocks without a council's half; units of the others have none."""
    nodes, of_units = _nodes(tree), units.text("block")
    assessed = {block: bool(_assessed_nodes(nodes, str(block))) for block in dict.fromkeys(of_units)}
    with_half = [assessed[block] for block in of_units]
    rows = _over_groups(scores)
    roots = rows[rows["node_code"].isin(tree.frame.loc[tree.frame["parent"] == "", "code"])]
    found = units.frame[_PLACE].merge(roots.drop_duplicates(_PLACE), on=_PLACE, how="left")
    number = {name: found[f"scores_{name}"].to_numpy(dtype=float) for name in ("score", "se", "df")}
    half = 100.0 * scores.half("score")
    percent = np.where(with_half, np.nan, 100.0 * number["score"])
    yield from classes_of_units(units, classes, _Errors(percent, 100.0 * number["se"], number["df"], half))


def _with_parts(index: PrintedTable, scores: PrintedTable, tree: PrintedTable) -> PrintedIndex:
    nodes = tree.frame[["code", "parent", "max_points"]].drop_duplicates("code").set_index("code")
    nodes = nodes.assign(max_points=pd.to_numeric(nodes["max_points"], errors="coerce"))
    nodes = nodes.rename(columns={"max_points": "tree_max"})
    rows = index.frame[_KEY].merge(_over_groups(scores), on=_KEY, how="left").join(nodes, on="node_code")
    rows = rows.assign(of_scores=rows["scores_status"].notna(), parent=rows["parent"].fillna(""))
    return PrintedIndex(index, scores, rows)


def _over_groups(scores: PrintedTable) -> pd.DataFrame:
    """The scores of nodes over the groups, numbers as numbers, under names of their own."""
    chosen = (scores.frame["group"] == ALL_GROUPS) & (scores.frame["node_level"] != ITEM_LEVEL)
    numbers = {
        f"scores_{name}": scores.number(name)
        for name in ("score", "se", "df", "ci_low", "ci_high", "points", "max_points")
    }
    texts = {f"scores_{name}": scores.frame[name] for name in ("status", "note")}
    return scores.frame[_KEY].assign(**numbers, **texts)[chosen].drop_duplicates(_KEY)


# --- rows -------------------------------------------------------------------------------------------------------------


def _rows_of_index(printed: PrintedIndex, tree: PrintedTable) -> Iterator[Problem]:
    """One row for every unit and node that has a survey part or a part that the council assesses, and no other."""
    index, scores = printed.index, printed.scores
    nodes = _nodes(tree)
    units = scores.frame[_PLACE].drop_duplicates()
    wanted = set(_over_groups(scores)[_KEY].itertuples(index=False, name=None))
    for block, of_block in units.groupby("block", sort=False)["unit_code"]:
        assessed = _assessed_nodes(nodes, str(block))
        wanted |= {(block, unit, node) for unit in of_block for node in assessed}
    found = list(index.frame[_KEY].itertuples(index=False, name=None))
    extra = np.array([place not in wanted for place in found], dtype=bool)
    yield from index.faults("verify.index_extra", extra, "node_code")
    for block, unit, node in sorted(wanted - set(found))[:1]:
        params = (("block", block), ("unit", unit), ("node", node), ("rows", str(len(wanted - set(found)))))
        yield Problem("verify.index_missing", file=index.path, params=params)
    known = index.frame["node_code"].isin(nodes.index).to_numpy()
    for column, of_tree in (("node_level", "level"), ("measured_by", "measured_by")):
        expected = index.frame["node_code"].map(nodes[of_tree]).fillna("").to_numpy(dtype=object)
        wrong = known & (index.text(column) != expected)
        yield from index.faults("verify.of_tree", wrong, column, expected=expected)


def _nodes(tree: PrintedTable) -> pd.DataFrame:
    """The nodes of the tree by their codes."""
    return tree.frame[tree.frame["level"] != ITEM_LEVEL].drop_duplicates("code").set_index("code")


def _assessed_nodes(nodes: pd.DataFrame, block: str) -> set[str]:
    """Codes of the nodes of a block that the council assesses, as a whole or in part: those measured by assessment and those
    above them, where nothing on the way up is left out of the block or of the index."""
    found: set[str] = set()
    for code in nodes.index[nodes["measured_by"] == ASSESSMENT]:
        line = [code]
        while (parent := str(nodes.at[line[-1], "parent"])) in nodes.index and parent not in line:
            line.append(parent)
        enters = all(_enters(nodes, node, block) for node in line)
        below = any(nodes.at[node, "measured_by"] == ASSESSMENT for node in line[1:])
        found |= set(line) if enters and not below else set()
    return found


def _enters(nodes: pd.DataFrame, code: str, block: str) -> bool:
    blocks = str(nodes.at[code, "blocks"])
    return bool(nodes.at[code, "rule"] != SHARES) and (not blocks or block in blocks.split(";"))


# --- halves -----------------------------------------------------------------------------------------------------------


def _survey_half(printed: PrintedIndex) -> Iterator[Problem]:
    """Points and maximum of the survey part are those of the scores, and stand nowhere else."""
    index = printed.index
    for column, of_score in (("survey_points", "points"), ("survey_max", "max_points")):
        yield from _differing(index, column, printed.of_scores(of_score), _NOISE)


def _council_half(printed: PrintedIndex) -> Iterator[Problem]:
    """The points that count are the final ones, else those of the first appraisal; their basis says which. Where children have
    points they are the sum of these (:func:`_children`)."""
    index = printed.index
    council, final, first = (index.number(n) for n in ("council_points", "final", "first_appraisal"))
    leaf = index.text("measured_by") == ASSESSMENT
    yield from _differing(index, "council_points", np.where(np.isnan(final), first, final), _NOISE, leaf)
    yield from _differing(index, "council_points", final, _NOISE, ~leaf & ~np.isnan(final))
    expected = np.select([np.isnan(council), ~np.isnan(final)], ["", FINAL], FIRST_APPRAISAL).astype(object)
    yield from index.faults(
        "verify.index_value", index.text("council_basis") != expected, "council_basis", expected=expected
    )
    own = np.where(leaf, printed.rows["tree_max"].to_numpy(dtype=float), np.nan)
    yield from _differing(index, "council_max", own, _NOISE, leaf)
    for column in _COUNCIL:
        value = index.number(column)
        above = (value > index.number("council_max") + index.half(column) + _NOISE) | (
            ~printed.council & ~np.isnan(value)
        )
        yield from index.faults("verify.index_value", above, column, expected=index.number("council_max"))


def _children(printed: PrintedIndex) -> Iterator[Problem]:
    """Parents of assessed nodes: every step is the sum of the children's. Where no child has points the node may have its
    own; where some have none it has none."""
    index, rows = printed.index, printed.rows
    place = {key: k for k, key in enumerate(index.frame[_KEY].itertuples(index=False, name=None))}
    parents = zip(*(rows[name] for name in (*_PLACE, "parent")), strict=True)
    at = np.array([place.get(key, -1) for key in parents], dtype=int)
    counted = printed.council & (at >= 0)
    children = np.bincount(at[counted], minlength=len(index))
    has_children = children > 0
    for column in (*_COUNCIL, "council_max"):
        value = index.number(column)
        sums = np.bincount(at[counted], np.nan_to_num(value[counted]), len(index))
        given = np.bincount(at[counted], (~np.isnan(value[counted])).astype(float), len(index))
        every, some = has_children & (given == children), has_children & (given > 0)
        slack = (children + 1) * (index.half(column) if column != "council_max" else 0.0) + _NOISE
        yield from _differing(index, column, np.where(every, sums, np.nan), slack, every)
        if column == "council_points":  # at a node that has points of its own
            own = np.where(
                np.isnan(index.number("final")), index.number("first_appraisal"), index.number("final")
            )
            yield from _differing(index, column, own, _NOISE, has_children & (given == 0))
        stray = some & ~every & ~np.isnan(value)
        yield from index.faults("verify.index_value", stray, column, expected=np.full(len(index), ""))


def _whole(printed: PrintedIndex) -> Iterator[Problem]:
    """Points, maximum and limits are the council's points plus what the survey part has; percentages are of the maximum."""
    index, council, survey = printed.index, printed.council, printed.survey
    points = index.number("council_points")

    def total(of_survey: Floats, of_council: Floats) -> Floats:
        return np.where(council, of_council, 0.0) + np.where(survey, of_survey, 0.0)

    maximum = total(index.number("survey_max"), index.number("council_max"))
    yield from _differing(index, "max_points", maximum, _NOISE)
    halves = sum(index.half(name) for name in ("points", "council_points", "survey_points"))
    yield from _differing(index, "points", total(index.number("survey_points"), points), halves + _NOISE)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 100.0 / np.where(maximum > 0, maximum, np.nan)
    for of_points, of_percent in (("points_low", "ci_low"), ("points_high", "ci_high")):
        limit = printed.of_scores(of_percent) * index.number("survey_max")
        expected = np.where(survey, total(limit, points), np.nan)
        wide = printed.scores.half(of_percent) * np.nan_to_num(index.number("survey_max"))
        slack = index.half(of_points) + index.half("council_points") + wide + _NOISE
        yield from _differing(index, of_points, expected, slack)
    for of_points, of_percent in (
        ("points", "percent"),
        ("points_low", "ci_low"),
        ("points_high", "ci_high"),
    ):
        slack = index.half(of_percent) + np.nan_to_num(share) * index.half(of_points) + _NOISE
        yield from _differing(index, of_percent, share * index.number(of_points), slack)


def _statuses(printed: PrintedIndex) -> Iterator[Problem]:
    """Hidden or incomplete as the survey part is, incomplete without the council's points, provisional by their basis."""
    index, council = printed.index, printed.council
    survey = printed.rows["scores_status"].fillna(OK).to_numpy(dtype=object)
    missing = council & (index.text("council_points") == "")
    cases = [
        survey == SUPPRESSED,
        (survey == INCOMPLETE) | missing,
        index.text("council_basis") == FIRST_APPRAISAL,
    ]
    expected = np.select(cases, [SUPPRESSED, INCOMPLETE, PROVISIONAL], np.where(council, OK, survey))
    wrong = index.text("status") != expected
    yield from index.faults("verify.status", wrong, "status", expected=expected)


_CHECKS: tuple[Callable[[PrintedIndex], Iterator[Problem]], ...] = (
    _survey_half, _council_half, _children, _whole, _statuses,
)  # fmt: skip


def _remarks(printed: PrintedIndex, settings: RunSettings) -> Iterator[Problem]:
    """A row repeats the remarks of its survey part; one with both halves and an interval says whose uncertainty that is."""
    index, language = printed.index, settings.output.language
    note = index.text("note")
    of_survey = printed.rows["scores_note"].fillna("").to_numpy(dtype=object)
    said = [text.startswith(first) for text, first in zip(note, of_survey, strict=True)]
    yield from index.faults("verify.remark", ~np.array(said, dtype=bool), "note", expected=of_survey)
    both = printed.council & (index.text("points_low") != "")
    for code, wanted in (
        ("index.survey_error_only", both),
        ("index.provisional", index.text("council_basis") == FIRST_APPRAISAL),
    ):
        start = phrase(code, language, nodes="")
        told = np.array([start in text for text in note], dtype=bool)
        shown = np.full(len(index), start, dtype=object)
        yield from index.faults("verify.remark", wanted & ~told, "note", expected=shown)


def _differing(
    table: PrintedTable,
    column: str,
    expected: Floats,
    slack: np.ndarray | float,
    where: np.ndarray | bool = True,
) -> Iterator[Problem]:
    """Rows of ``where`` [n] whose number is not the expected one, or stands where none is expected."""
    value = table.number(column)
    unlike = np.isnan(value) != np.isnan(expected)
    off = np.abs(value - expected) > np.broadcast_to(slack, value.shape)
    yield from table.faults("verify.index_value", where & (unlike | off), column, expected=expected)


# --- totals -----------------------------------------------------------------------------------------------------------


def _totals(printed: PrintedIndex, units: PrintedTable) -> Iterator[Problem]:
    """The table of units repeats the rows of the roots, with what is said of them."""
    index = printed.index
    roots = index.frame[(printed.rows["parent"] == "").to_numpy()].drop_duplicates(_PLACE)
    found = units.frame[_PLACE].merge(roots, on=_PLACE, how="left", indicator="of_index")
    without = (found["of_index"] == "left_only").to_numpy()
    yield from units.faults("verify.unit_without_total", without, "unit_code")
    for column in _OF_ROOT:
        expected = found[column].fillna("").to_numpy(dtype=object)
        wrong = ~without & (units.text(column) != expected)
        yield from units.faults("verify.not_the_total", wrong, column, expected=expected)
    notes = found["note"].fillna("").to_numpy(dtype=object)
    kept = [text.startswith(first) for text, first in zip(units.text("note"), notes, strict=True)]
    silent = ~np.array(kept, dtype=bool) & ~without
    yield from units.faults("verify.not_the_total", silent, "note", expected=notes)
    missing = len(roots) - int((~without).sum())
    if missing:
        yield Problem("verify.units_missing", file=units.path, params=(("missing", str(missing)),))


@dataclass(frozen=True)
class _Errors:
    """Totals in percent with their standard errors and degrees of freedom [n]; ``half``: by how much rounding moved them."""

    percent: Floats
    se: Floats
    df: Floats
    half: Floats | float


def _errors_of_totals(printed: PrintedIndex, units: PrintedTable) -> _Errors:
    """Errors of the totals from those of the scores; of a total without a survey part none."""
    roots = printed.rows[printed.rows["parent"] == ""].drop_duplicates(_PLACE)
    found = units.frame[_PLACE].merge(roots, on=_PLACE, how="left")
    maximum = units.number("max_points")
    share = 100.0 / np.where(maximum > 0, maximum, np.nan)
    surveyed = found["of_scores"].eq(True).to_numpy()
    se = found["scores_se"].to_numpy(dtype=float) * found["scores_max_points"].to_numpy(dtype=float) * share
    return _Errors(
        share * units.number("points"),
        np.where(surveyed, se, 0.0),
        found["scores_df"].to_numpy(dtype=float),
        share * units.half("points"),
    )


def classes_of_units(
    units: PrintedTable, classes: Sequence[ResultClass], errors: _Errors
) -> Iterator[Problem]:
    """The class of each ranked unit by the thresholds of the run, and its probability by the errors of the scores, within what
    rounding allows; a unit without a rank has none."""
    ranked, found = units.text("rank") != "", units.text("class")
    percent = np.where(ranked, errors.percent, np.nan)
    around = [classes_of(percent + sign * (errors.half + _NOISE), classes) for sign in (-1, 1)]
    low, high = (np.array(codes, dtype=object) for codes in around)
    yield from units.faults("verify.class", (found != low) & (found != high), "class", expected=low)
    given = units.text("probability_class") != ""
    unlike = given != ((found != "") & ~np.isnan(errors.se))
    yield from units.faults("verify.class_probability_given", unlike, "probability_class")
    codes = [made.code for made in classes]
    own = np.array([codes.index(code) if code in codes else -1 for code in found])
    if not codes:
        return
    moved = [
        class_probabilities(percent + sign * errors.half, errors.se, errors.df, classes)
        for sign in (-1, 0, 1)
    ]
    of_own = np.array([[one[k, u] for u, k in enumerate(own)] for one in moved])
    slack = units.half("probability_class") + _NOISE + np.ptp(of_own, axis=0)
    value = units.number("probability_class")
    with np.errstate(invalid="ignore"):
        wrong = (own >= 0) & (np.abs(value - of_own[1]) > slack)
    yield from units.faults("verify.class_probability", wrong, "probability_class", expected=of_own[1])
