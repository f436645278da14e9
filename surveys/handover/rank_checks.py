"""Ranks, and the ranks that cannot be excluded, against the percentages and against each other.

Ranks are competition ranks (1, 2, 2, 4). The sets of ranks come from comparisons of pairs: of two units one is clearly above the
other, or neither is. Each such pair lowers the best rank of one unit and raises the worst rank of the other by one, so that
Σ (best − 1) = Σ (units − worst); down to any rank the first sum is at most the second over the units before it (Mogstad, Romano,
Shaikh & Wilhelm 2024, §3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from surveys.definitions.instrument.records import UnitGroup
from surveys.handover.read_back import Floats, PrintedTable
from surveys.handover.readding import root_rows
from surveys.problems import Language, Problem, phrase
from surveys.scoring.league import TOP
from surveys.scoring.unit_groups import groups_of
from surveys.vocabulary.statuses import INCOMPLETE

_RANKS = ("rank", "rank_low", "rank_high")
_NOISE = 1e-9


def ranks(units: PrintedTable, *, renormalise: bool) -> Iterator[Problem]:
    """Who is ranked, and ranks against percentages: as many units may be above as have more, or the same in print. An incomplete
    unit is ranked only where the study renormalises."""
    rank, percent = units.number("rank"), units.number("percent")
    low, high = units.number("rank_low"), units.number("rank_high")
    yield from units.faults("verify.rank_limits", (rank < low) | (rank > high), "rank")
    size = units.frame.groupby("block")["block"].transform("size").to_numpy(dtype=float)
    for column in _RANKS:
        value = units.number(column)
        yield from units.faults("verify.rank_range", (value < 1) | (value > size), column, units=size)
    outside = np.isnan(percent) | ((units.text("status") == INCOMPLETE) & (not renormalise))
    for column in _RANKS:
        given = units.text(column) != ""
        unlike = given != (units.text("rank") != "")
        yield from units.faults("verify.rank_given", unlike | (given & outside), column)
    limited = (units.text("ci_low") != "") & (units.text("ci_high") != "")
    yield from units.faults("verify.rank_missing", np.isnan(rank) & ~outside & limited, "rank")
    first, last = np.empty((2, len(units)))
    for rows in _blocks(units):
        first[rows], last[rows] = _bounds(np.where(np.isnan(rank), np.nan, percent)[rows])
    shown = np.array([f"{a:.12g} … {b:.12g}" for a, b in zip(first, last, strict=True)], dtype=object)
    yield from units.faults("verify.rank_order", (rank < first) | (rank > last), "rank", expected=shown)


def sets_of_ranks(units: PrintedTable) -> Iterator[Problem]:
    """Among the ranked units of a block: ranks without holes, sets of ranks that some comparisons of pairs
    give, and probabilities that add up to the size of the top."""
    for rows in _blocks(units):
        ranked = ~np.isnan(units.number("rank")[rows])
        mine = rows[ranked]
        rank = units.number("rank")[mine]
        holes = rank != 1 + np.searchsorted(np.sort(rank), rank)
        for row in mine[holes]:
            yield units.fault("verify.rank_holes", int(row), "rank", found=units.text("rank")[row])
        low, high = units.number("rank_low")[mine], units.number("rank_high")[mine]
        order = np.argsort(rank, kind="stable")
        beaten, beating = (np.cumsum(pairs[order]) for pairs in (low - 1, len(rows) - high))
        if len(mine) and not np.isnan(beaten + beating).any():
            wrong = beaten > np.append(0.0, beating[:-1])  # whoever is clearly before a unit stands before it
            wrong[-1] |= beaten[-1] != beating[-1]
            for row in mine[order[wrong]][:1]:
                yield units.fault(
                    "verify.rank_sets", int(row), "rank_low", found=int(beaten[-1]), expected=int(beating[-1])
                )
        yield from _top(units, mine)


def notes_of_units(
    units: PrintedTable, scores: PrintedTable, tree: PrintedTable, language: Language
) -> Iterator[Problem]:
    """Each unit has the remarks of its total, and after them those on its rank: how many units without a rank could stand before
    it, and how many it is not told apart from."""
    place = ["block", "unit_code"]
    totals = units.frame[place].merge(root_rows(scores, tree)[[*place, "note"]], on=place, how="left")
    found, ranked = units.text("note"), units.text("rank") != ""
    expected = np.array(totals["note"].fillna(""), dtype=object)
    for rows in _blocks(units):
        others = int((~ranked[rows]).sum())
        said = phrase("rank.unranked", language, units=others)
        for row in rows[ranked[rows]] if others else ():
            expected[row] = f"{expected[row]}; {said}" if expected[row] else said
    untold = re.compile(re.escape(phrase("rank.untold", language, units=0)).replace("0", "[1-9][0-9]*"))
    beside = [
        text.removeprefix(total).removeprefix("; ") for text, total in zip(found, expected, strict=True)
    ]
    alike = np.array([untold.fullmatch(rest) is not None for rest in beside], dtype=bool)
    wrong = (found != expected) & ~(ranked & alike) & totals["note"].notna().to_numpy()
    yield from units.faults("verify.not_the_total", wrong, "note", expected=expected)


def groups_of_units(units: PrintedTable, groups: Sequence[UnitGroup]) -> Iterator[Problem]:
    """Groups of units by the percentages as printed; units that print cannot tell from each other are left out."""
    expected = np.full(len(units), "", dtype=object)
    tied = np.zeros(len(units), dtype=bool)
    for rows in _blocks(units):
        percent = np.where(units.text("rank") == "", np.nan, units.number("percent"))[rows]
        values, counts = np.unique(percent, return_counts=True)
        expected[rows] = groups_of(percent.tolist(), groups)
        tied[rows] = np.isin(percent, values[counts > 1])
    wrong = ~tied & (units.text("unit_group") != expected)
    yield from units.faults("verify.unit_group", wrong, "unit_group", expected=expected)


def _top(units: PrintedTable, rows: NDArray[np.intp]) -> Iterator[Problem]:
    """Every unit is in the top quarter with some probability: together as many units as make it, more where some are tied."""
    if "probability_top_quarter" not in units.frame or not len(rows):
        return
    probability = units.number("probability_top_quarter")[rows]
    percent, size = units.number("percent")[rows], ceil(TOP * len(rows) - _NOISE)
    slack = len(rows) * units.half("probability_top_quarter") + _NOISE
    tied = len(np.unique(percent)) < len(rows)
    total = probability.sum()
    if not total >= size - slack or (total > size + slack and not tied):
        yield units.fault(
            "verify.top_quarter", int(rows[0]), "probability_top_quarter", found=total, expected=size
        )


def _bounds(percent: Floats) -> tuple[Floats, Floats]:
    """First and last rank that print allows: 1 + the ranked units with more, and as many more as print the same."""
    ordered = np.sort(percent[~np.isnan(percent)])
    above = len(ordered) - np.searchsorted(ordered, percent, side="right")
    not_below = len(ordered) - np.searchsorted(ordered, percent, side="left")
    first, last = (np.where(np.isnan(percent), np.nan, count) for count in (1.0 + above, not_below))
    return first, last


def _blocks(units: PrintedTable) -> Iterator[NDArray[np.intp]]:
    for rows in units.frame.groupby("block", sort=False).indices.values():
        yield np.asarray(rows, dtype=np.intp)
