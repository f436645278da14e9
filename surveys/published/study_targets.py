"""The targets of a study audited as those of a published table: against its results, and against one another.

Common targets are looked at once for each block, beside the lowest result of its units: that some units have passed them is what
they are for. Targets of one unit stand beside its own results. Nothing of it keeps a round from being scored: all are warnings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pandas as pd

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.records import Output, Target
from surveys.definitions.study.targets import TargetsInForce
from surveys.handover.rounding import decimal_texts
from surveys.problems import Place, Problem, Problems
from surveys.published.amounts import HUNDRED
from surveys.published.published_table import PublishedRow
from surveys.published.table_tree import tree_of
from surveys.published.targets import TargetAudit
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.measures import PERCENT, POINTS

#: What a node has reached, by measure: points and percent as printed.
Reached = Mapping[str, Decimal]
#: (block, unit) → node → what it has reached.
Results = Mapping[tuple[str, str], Mapping[str, Reached]]


@dataclass(frozen=True)
class _Scope:
    """Targets that stand side by side: those that all units of a block have, or those of one unit (``unit``)."""

    block: str
    unit: str
    targets: tuple[Target, ...]


def audit_targets(
    instrument: Instrument, targets: Sequence[tuple[Target, Place]], results: Results | None = None
) -> tuple[Problem, ...]:
    """What is wrong with the targets of nodes in points or percent, each with the place of the target; all of it once.

    ``results``: what was reached, where it is known (:func:`results_of`).
    """
    found: list[Problem] = []
    places = {id(target): place for target, place in targets}
    for scope in _scopes(instrument, [target for target, _ in targets]):
        problems = Problems()
        for measure in (POINTS, PERCENT):
            rows = tuple(_rows(instrument, scope, measure, places, results or {}, problems))
            TargetAudit(scope.unit, {row.code: row for row in rows}, tree_of(instrument, rows))
        found += [problem for problem in problems if _is_about(instrument, scope, problem)]
    return tuple(dict.fromkeys(replace(problem, severity="warning") for problem in found))


def _is_about(instrument: Instrument, scope: _Scope, problem: Problem) -> bool:
    """Whether a finding is about the targets of a scope: of those of one unit its own, alone or as parts of a sum."""
    own = {target.node for target in scope.targets if target.unit == scope.unit}
    node = str(dict(problem.params)["node"])
    parts = {child.code for child in instrument.children.get(node, ())}
    return node in own or (problem.code != "audit.target_below" and bool(parts & own))


def placed(targets: Sequence[Target], file: str) -> list[tuple[Target, Place]]:
    """Targets with the file that they stand in, where their rows are not known any more."""
    return [(target, Place(Problems(), file)) for target in targets]


def results_of(scores: pd.DataFrame, index: pd.DataFrame, output: Output) -> Results:
    """What every node has reached in every unit, as printed: by ``index`` (``INDEX_COLUMNS``), or where that has no rows by
    ``scores`` (``SCORE_COLUMNS``)."""
    survey = scores[scores["group"] == ALL_GROUPS].assign(percent=lambda rows: 100.0 * rows["score"])
    rows = index if len(index) else survey
    texts = {
        POINTS: decimal_texts(rows["points"].astype(float), output.points_decimals),
        PERCENT: decimal_texts(rows["percent"].astype(float), output.percent_decimals),
    }
    found: dict[tuple[str, str], dict[str, dict[str, Decimal]]] = {}
    keys = zip(rows["block"], rows["unit_code"], rows["node_code"], strict=True)
    for (block, unit, node), *printed in zip(keys, *texts.values(), strict=True):
        reached = {name: Decimal(text) for name, text in zip(texts, printed, strict=True) if text}
        found.setdefault((block, unit), {})[node] = reached
    return found


def _scopes(instrument: Instrument, targets: Sequence[Target]) -> Iterator[_Scope]:
    """The sets of targets that are looked at together."""
    of_nodes = [t for t in targets if not t.item and t.measure in (POINTS, PERCENT)]
    common, own = TargetsInForce(t for t in of_nodes if not t.unit), TargetsInForce(of_nodes)
    for block in instrument.blocks:
        yield _Scope(block.code, "", _of_block(instrument, block.code, common.of(block.code, "")))
    for code, unit in dict.fromkeys((t.block, t.unit) for t in of_nodes if t.unit):
        yield _Scope(code, unit, _of_block(instrument, code, own.of(code, unit)))


def _of_block(instrument: Instrument, block: str, targets: Sequence[Target]) -> tuple[Target, ...]:
    """The targets of nodes that stand in the index of a block."""
    return tuple(t for t in targets if block in (instrument.node[t.node].blocks or (block,)))


def _rows(
    instrument: Instrument,
    scope: _Scope,
    measure: str,
    places: Mapping[int, Place],
    results: Results,
    problems: Problems,
) -> Iterator[PublishedRow]:
    """The targets of one measure as the rows of a published table; a percentage of 100 points is taken as points."""
    own = (scope.block, scope.unit)
    units = [own] * (own in results) if scope.unit else [unit for unit in results if unit[0] == scope.block]
    for target in scope.targets:
        node, number = instrument.node[target.node], target.number
        counts_as = POINTS if node.max_points == HUNDRED else target.measure
        if counts_as != measure or number is None:
            continue
        lowest = _lowest([results[unit].get(node.code, {}).get(measure) for unit in units])
        if measure == PERCENT and lowest is None:
            continue  # nothing to hold it against
        place = places[id(target)]
        yield PublishedRow(
            Place(problems, place.file, place.row),
            scope.unit,
            node.code,
            node.label_vi,
            None if measure == PERCENT else _exactly(node.max_points),
            lowest if measure == POINTS else None,
            lowest if measure == PERCENT else None,
            number,
            target.sign,
        )


def _lowest(reached: Sequence[Decimal | None]) -> Decimal | None:
    """The lowest result; None where one is not known."""
    known = [value for value in reached if value is not None]
    return min(known, default=None) if len(known) == len(reached) else None


def _exactly(points: float | None) -> Decimal | None:
    return None if points is None else Decimal(repr(points))
