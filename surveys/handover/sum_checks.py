"""Sums by source and by agency re-added from scores and index; covariances of units against their standard errors.

A difference is a fault when no rounding of what is printed can explain it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.agencies import in_charge
from surveys.definitions.study.records import Agency, Target
from surveys.handover.read_back import PrintedTable, PrintedTables, RunSettings, records_of
from surveys.problems import Problem, Problems
from surveys.scoring.council_points import tops_of
from surveys.scoring.leaf_sums import LeafSets, adds_points
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.statuses import EXTERNAL

#: Noise of float arithmetic on the printed numbers.
_NOISE = 1e-9
Place = tuple[str, str, str]  # block, unit, node


@dataclass(frozen=True)
class _Node:
    """The survey's part of a node in one unit, or the council's: points and their maximum, standard error in points, NaN where
    there is none; whether it is taken from another survey."""

    points: float
    maximum: float
    se: float = 0.0
    external: bool = False


@dataclass(frozen=True)
class _Parts:
    """Survey and council parts of all nodes, and what the rounding of one printed number of points is at most."""

    survey: Mapping[Place, _Node]
    council: Mapping[Place, _Node]
    half: float


def sums_readded(
    package: PrintedTables, settings: RunSettings, instrument: Instrument | None
) -> Iterator[Problem]:
    """Faults of the tables of sums, agencies, targets and covariances; what the sums add up is held against the instrument where
    it is known."""
    problems = Problems()
    agencies = records_of(package["agencies"], Agency, problems) if "agencies" in package else ()
    if "targets" in package:
        records_of(package["targets"], Target, problems)
    yield from problems
    if "scores" not in package:
        return
    parts = _parts(package)
    if instrument is not None:
        yield from _sets(
            package, parts, LeafSets(instrument, in_charge(agencies, settings.agencies_on)), instrument
        )
        if "sums" in package:
            yield from _numbers(package["sums"], parts, instrument)
    if "unit-covariances" in package and "units" in package:
        yield from _covariances(package["unit-covariances"], package["units"], package["scores"])


def _parts(package: PrintedTables) -> _Parts:
    scores = package["scores"]
    over = (scores.frame["group"] == ALL_GROUPS) & (scores.frame["node_level"] != ITEM_LEVEL)
    points, maximum, se = (scores.number(name) for name in ("points", "max_points", "se"))
    columns = (points, maximum, se * maximum, scores.text("status") == EXTERNAL, over.to_numpy())
    rows = zip(_places(scores), *(column.tolist() for column in columns), strict=True)
    survey = {place: _Node(p, m, s, bool(e)) for place, p, m, s, e, counts in rows if counts}
    council = {}
    if "index" in package:
        index = package["index"]
        numbers = zip(
            index.number("council_points").tolist(), index.number("council_max").tolist(), strict=True
        )
        pairs = zip(_places(index), numbers, strict=True)
        council = {place: _Node(p, m) for place, (p, m) in pairs if not np.isnan(m)}
    return _Parts(survey, council, scores.half("points"))


def _places(printed: PrintedTable) -> Iterator[Place]:
    return zip(*(printed.text(name).tolist() for name in ("block", "unit_code", "node_code")), strict=True)


# --- what is added up -------------------------------------------------------------------------------------------------


def _sets(package: PrintedTables, parts: _Parts, sets: LeafSets, instrument: Instrument) -> Iterator[Problem]:
    """Every unit has its sums, of the nodes that are its leaves, and no other."""
    wanted: dict[tuple[str, ...], str] = {}
    for block, unit in dict.fromkeys((block, unit) for block, unit, _ in (*parts.survey, *parts.council)):
        leaves = [
            leaf
            for leaf in instrument.leaves(block)
            if (block, unit, leaf.code) in parts.survey or (block, unit, leaf.code) in parts.council
        ]
        if all(adds_points(instrument, leaf) for leaf in leaves):
            of_unit = sets.of(block, unit, [leaf.code for leaf in leaves])
            wanted |= {(block, unit, by, name): ";".join(nodes) for by, name, nodes in of_unit}
    sums = package.get("sums")
    if sums is None:
        if wanted:
            yield Problem("verify.file_missing", file="sums.csv")
        return
    texts = sums.texts()
    keys = list(zip(*(texts[name] for name in ("block", "unit_code", "sum_by", "sum_code")), strict=True))
    expected = np.empty(len(keys), dtype=np.object_)
    expected[:] = [wanted.get(key, "") for key in keys]
    wrong = sums.text("nodes") != expected
    yield from sums.faults("verify.sum_nodes", wrong, "nodes", expected=expected)
    missing = [key for key in wanted if key not in set(keys)]
    if missing:
        params = (
            ("unit", missing[0][1]),
            ("of", " ".join(missing[0][2:]).strip()),
            ("rows", str(len(missing))),
        )
        yield Problem("verify.sum_missing", file=sums.path, params=params)


# --- numbers ----------------------------------------------------------------------------------------------------------


def _numbers(sums: PrintedTable, parts: _Parts, instrument: Instrument) -> Iterator[Problem]:
    """Maxima and points are those of the parts added up; errors are no larger than those of the parts together, and the interval
    holds the points."""
    known = list(_added(sums, parts, instrument))
    points, maximum, se = (
        np.array([getattr(one, name) for one in known]) for name in ("points", "maximum", "se")
    )
    count = np.array([nodes.count(";") + 2 for nodes in sums.text("nodes")])
    unclear = np.array([one.external for one in known], dtype=bool)
    printed = sums.number("points")
    slack = count * parts.half + _NOISE
    wrong = (np.abs(printed - points) > slack) | (np.isnan(printed) != np.isnan(points))
    yield from sums.faults("verify.sum_points", wrong & ~unclear, "points", expected=points)
    off = np.abs(sums.number("max_points") - maximum) > _NOISE
    yield from sums.faults("verify.sum_points", off & ~unclear, "max_points", expected=maximum)
    error, low, high = (sums.number(name) for name in ("se", "points_low", "points_high"))
    surveyed = ~np.isnan(se) & ~np.isnan(printed)
    too_large = surveyed & (error > se + count * maximum * sums.half("se") + _NOISE)
    yield from sums.faults("verify.sum_error", too_large & ~unclear, "se", expected=se)
    for name, values in (("se", error), ("points_low", low), ("points_high", high)):
        idle = ~surveyed & ~unclear & ~np.isnan(values)
        yield from sums.faults("verify.sum_error", idle, name, expected=np.full(len(sums), "–", dtype=object))
    half = sums.half("points")
    yield from sums.faults(
        "verify.limit_above", low > printed + half + _NOISE, "points_low", expected=printed
    )
    yield from sums.faults(
        "verify.limit_below", high < printed - half - _NOISE, "points_high", expected=printed
    )


def _added(sums: PrintedTable, parts: _Parts, instrument: Instrument) -> Iterator[_Node]:
    """For each row the sum of its parts; ``external`` where a node above one of them was taken from another survey as a whole,
    which stands for other nodes than those of the sum."""
    tops: dict[tuple[str, str], list[str]] = {}
    taken = _taken_as_a_whole(parts, instrument)
    for block, unit, nodes in zip(
        *(sums.text(name) for name in ("block", "unit_code", "nodes")), strict=True
    ):
        leaves = nodes.split(";")
        if (block, nodes) not in tops:
            tops[block, nodes] = list(tops_of(instrument, block, leaves))
        surveyed = [parts.survey[place] for leaf in leaves if (place := (block, unit, leaf)) in parts.survey]
        council = [
            parts.council[place]
            for top in tops[block, nodes]
            if (place := (block, unit, top)) in parts.council
        ]
        above = {(block, unit, node.code) for leaf in leaves for node in instrument.line.get(leaf, ())[1:]}
        yield _Node(
            sum(node.points for node in (*surveyed, *council)),
            sum(node.maximum for node in (*surveyed, *council)),
            sum(node.se for node in surveyed) if surveyed else np.nan,
            bool(above & taken),
        )


def _taken_as_a_whole(parts: _Parts, instrument: Instrument) -> set[Place]:
    """Nodes whose points are another survey's and not those of the leaves below them."""
    found = set()
    for (block, unit, code), node in parts.survey.items():
        if node.external and code in instrument.children:
            below = [
                leaf.code
                for leaf in instrument.leaves(block)
                if code in {n.code for n in instrument.line[leaf.code]}
            ]
            points = [
                parts.survey[place].points for leaf in below if (place := (block, unit, leaf)) in parts.survey
            ]
            if not abs(sum(points) - node.points) <= (len(points) + 1) * parts.half + _NOISE:
                found.add((block, unit, code))
    return found


# --- covariances ------------------------------------------------------------------------------------------------------


def _covariances(pairs: PrintedTable, units: PrintedTable, scores: PrintedTable) -> Iterator[Problem]:
    """Two units that the league table has, the first before the second, both with a score; no covariance is larger than the
    product of their standard errors."""
    order = {key: k for k, key in enumerate(zip(units.text("block"), units.text("unit_code"), strict=True))}
    root = scores.text("node_code")[0] if len(scores) else ""
    of_root = (scores.text("node_code") == root) & (scores.text("group") == ALL_GROUPS)
    keys = zip(scores.text("block")[of_root], scores.text("unit_code")[of_root], strict=True)
    se = dict(zip(keys, scores.number("se")[of_root].tolist(), strict=True))
    firsts, others = (
        list(zip(pairs.text("block"), pairs.text(name), strict=True)) for name in ("unit_code", "other_unit")
    )
    wrong = [
        order.get(a, -1) < 0 or order.get(b, -1) <= order.get(a, -1)
        for a, b in zip(firsts, others, strict=True)
    ]
    yield from pairs.faults("verify.covariance_pair", np.array(wrong, dtype=bool), "other_unit")
    half = scores.half("se")
    most = np.array(
        [(se.get(a, np.nan) + half) * (se.get(b, np.nan) + half) for a, b in zip(firsts, others, strict=True)]
    )
    found = np.abs(pairs.number("covariance"))
    yield from pairs.faults(
        "verify.covariance", ~(found <= most + pairs.half("covariance")), "covariance", expected=most
    )
