"""What one unit is shown of a round: its own results beside the average of its block, and nothing else of any other unit.

All numbers are those printed in the package.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from surveys.definitions.instrument.records import Instrument, Node
from surveys.handover.read_back import PrintedTable
from surveys.handover.round_results import RoundResults
from surveys.handover.rounding import exact_texts
from surveys.handover.words import words_of
from surveys.problems import phrase
from surveys.reports.block_averages import Average, block_averages
from surveys.reports.unit_changes import UnitChanges
from surveys.vocabulary.columns import FUNNEL_COLUMNS

#: Sub-criteria named where a unit lost most.
MOST_LOST = 5
Key = tuple[str, str]  # block, unit
_PRINTED = (
    "max_points", "self_assessed", "council_points", "survey_points", "points", "percent", "status",
)  # fmt: skip
#: What is said of every interval beside a council's half, and stands in each sheet once.
_GENERAL = "index.survey_error_only"
#: What may be the code of a group in a remark; shorter ones may be words of the language.
_CODE = re.compile(r"(?<![\w.-])[A-Za-z][A-Za-z0-9._-]{2,}[A-Za-z0-9](?![\w-])")
_COUNTS = FUNNEL_COLUMNS[4:]


@dataclass(frozen=True)
class NodeFigures:
    """One node of a unit, numbers as printed, empty where there is none. ``depth``: 0 at the root; ``points``: of both halves
    where there are two; ``low``, ``high`` and ``average`` (of the block) are points, or without points percentages."""

    code: str
    name: str
    depth: int
    is_leaf: bool
    max_points: str
    self_assessed: str
    council_points: str
    survey_points: str
    points: str
    percent: str
    low: str
    high: str
    status: str
    note: str
    average: str = ""

    @property
    def value(self) -> str:
        """Its points; in an index without points its percentage."""
        return self.points if self.max_points else self.percent


@dataclass(frozen=True)
class Loss:
    """A sub-criterion in which a unit lost: points lost and their share of all that it lost, in percent; both empty in an index
    without points."""

    node: NodeFigures
    lost: str = ""
    share: str = ""


@dataclass(frozen=True)
class UnitFigures:
    """Everything that a unit is shown.

    * ``nodes``: its tree, the total first.
    * ``league``: its row of the council's table of units, as printed; ``class_name``: its class in words.
    * ``maxima``: its row of the table of both halves, with the maximum of each; None in an index of one half.
    * ``ranked``, ``ranked_by_survey``, ``averaged``: how many units of the block have a rank, and stand in the average of totals.
    * ``forms``: group in words → counts of evaluations.
    * ``changes``: since the earlier round (None: not asked for).
    """

    block: str
    block_name: str
    code: str
    name: str
    nodes: tuple[NodeFigures, ...]
    league: Mapping[str, str]
    maxima: Mapping[str, str] | None
    class_name: str
    ranked: int
    ranked_by_survey: int
    averaged: int
    forms: Mapping[str, Mapping[str, int]]
    losses: tuple[Loss, ...]
    changes: UnitChanges | None = None

    @property
    def total(self) -> NodeFigures:
        return self.nodes[0]

    @property
    def has_council(self) -> bool:
        return self.maxima is not None

    @property
    def has_points(self) -> bool:
        return bool(self.total.max_points)


def unit_figures(results: RoundResults) -> dict[Key, UnitFigures]:
    """(block, unit) → what the unit is shown, in the order of the league table's file."""
    nodes = _nodes(results)
    averages = _averages(results, nodes)
    nodes = {
        unit: tuple(replace(node, average=averages[unit[0]][node.code].text) for node in of_unit)
        for unit, of_unit in nodes.items()
    }
    language = results.settings.output.language
    blocks, classes = words_of("block", results.instrument, language), results.class_names
    league = _by_unit(results.units)
    maxima = _by_unit(results.maxima) if results.maxima is not None else {}
    ranked, by_survey = (
        Counter(block for (block, _), row in league.items() if row.get(name))
        for name in ("rank", "survey_rank")
    )
    forms = _forms(results)
    return {
        unit: UnitFigures(
            block=unit[0],
            block_name=blocks.get(unit[0], unit[0]),
            code=unit[1],
            name=row["unit_name"],
            nodes=nodes[unit],
            league={**row, "note": _for_the_unit(row["note"], results)},
            maxima=maxima.get(unit),
            class_name=classes.get(row.get("class", ""), row.get("class", "")),
            ranked=ranked[unit[0]],
            ranked_by_survey=by_survey[unit[0]],
            averaged=averages[unit[0]][nodes[unit][0].code].units,
            forms=forms.get(unit, {}),
            losses=tuple(_losses(nodes[unit], results)),
        )
        for unit, row in league.items()
    }


def _by_unit(league: PrintedTable) -> dict[Key, dict[str, str]]:
    """(block, unit) → its row of a table of units."""
    rows = ({str(name): str(text) for name, text in row.items()} for row in league.frame.to_dict("records"))
    return {(row["block"], row["unit_code"]): row for row in rows}


def _nodes(results: RoundResults) -> dict[Key, tuple[NodeFigures, ...]]:
    """The results of each unit, node by node in the order of the tree."""
    instrument = results.instrument
    parents = {node.parent for node in instrument.nodes}
    low, high = ("points_low", "points_high") if results.kind.points else ("ci_low", "ci_high")
    found: dict[Key, list[NodeFigures]] = defaultdict(list)
    for row in results.scores.frame.to_dict("records"):
        node = instrument.node[row["node_code"]]
        said = {name: row.get(name, "") for name in _PRINTED}
        said |= {"low": row[low], "high": row[high], "note": _for_the_unit(row["note"], results)}
        found[row["block"], row["unit_code"]].append(
            NodeFigures(
                node.code, row["node_name"], _depth(node, instrument), node.code not in parents, **said
            )
        )
    return {unit: tuple(of_unit) for unit, of_unit in found.items()}


def _for_the_unit(note: str, results: RoundResults) -> str:
    """Remarks as a unit reads them: groups by their names, without what stands in each sheet once."""
    language = results.settings.output.language
    groups = words_of("group", results.instrument, language)
    said = note.replace(phrase(_GENERAL, language), "").strip("; ")
    return _CODE.sub(lambda found: groups.get(found[0], found[0]), said)


def _depth(node: Node, instrument: Instrument) -> int:
    return 1 + _depth(instrument.node[node.parent], instrument) if node.parent else 0


def _averages(
    results: RoundResults, nodes: Mapping[Key, Sequence[NodeFigures]]
) -> dict[str, dict[str, Average]]:
    """Block → node → its average over the units."""
    output, values = results.settings.output, defaultdict[str, dict[str, dict[str, str]]](dict)
    decimals: dict[str, int] = {}
    for (block, unit), of_unit in nodes.items():
        values[block][unit] = {node.code: node.value for node in of_unit}
        for node in of_unit:
            decimals[node.code] = output.points_decimals if node.max_points else output.percent_decimals
    parents = {node.code: node.parent for node in results.instrument.nodes}
    return {block: block_averages(of_block, parents, decimals) for block, of_block in values.items()}


def _losses(nodes: Sequence[NodeFigures], results: RoundResults) -> Iterator[Loss]:
    """The sub-criteria in which a unit lost most points, or in an index without points those of the lowest percentages."""
    output = results.settings.output
    leaves = [node for node in nodes if node.is_leaf and node.value]
    if not nodes[0].max_points:
        yield from map(Loss, sorted(leaves, key=lambda node: Decimal(node.percent))[:MOST_LOST])
        return
    lost = {node.code: Decimal(node.max_points) - Decimal(node.points) for node in leaves}
    all_lost = sum(lost.values())
    for node in sorted(leaves, key=lambda node: -lost[node.code])[:MOST_LOST]:
        if lost[node.code] > 0:
            (points,) = exact_texts([lost[node.code]], output.points_decimals)
            (share,) = exact_texts([100 * lost[node.code] / all_lost], output.percent_decimals)
            yield Loss(node, points, share)


def _forms(results: RoundResults) -> dict[Key, dict[str, dict[str, int]]]:
    """(block, unit) → group in words → counts of evaluations, groups in the order of the instrument."""
    funnel = results.funnel
    groups = words_of("group", results.instrument, results.settings.output.language)
    columns = [funnel.number(name).astype(int).tolist() for name in _COUNTS]
    found: dict[Key, dict[str, dict[str, int]]] = defaultdict(dict)
    order = {group: place for place, group in enumerate(groups)}
    cells = funnel.frame[["block", "unit_code", "group"]].itertuples(index=False, name=None)
    rows = zip(cells, zip(*columns, strict=True), strict=True)
    for (block, unit, group), counts in sorted(rows, key=lambda row: order.get(row[0][2], len(order))):
        of_group = found[block, unit].setdefault(groups.get(group, group), dict.fromkeys(_COUNTS, 0))
        for name, count in zip(_COUNTS, counts, strict=True):
            of_group[name] += count
    return found
