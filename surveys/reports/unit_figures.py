"""What one unit is shown of a round: its own results beside the average of its block, and nothing else of any other unit.

All numbers are those printed in the package.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Literal

from surveys.definitions.instrument.records import Instrument, Node
from surveys.handover.official_columns import COUNCIL_SCORES, COUNCIL_UNITS, FUNNEL, INDEX_UNITS
from surveys.handover.read_back import PrintedTable
from surveys.handover.round_results import RoundResults
from surveys.handover.rounding import exact_texts
from surveys.handover.words import words_of
from surveys.problems import phrase
from surveys.reports.analysis_report.parts import WORKED_OUT, Number, NumberSource
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


@dataclass(frozen=True, slots=True)
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
    status: str
    low: str
    high: str
    note: str
    average: str = ""

    @property
    def measure(self) -> Literal["points", "percent"]:
        """In what its result is told."""
        return "points" if self.max_points else "percent"

    @property
    def value(self) -> str:
        """Its points; in an index without points its percentage."""
        return self.points if self.max_points else self.percent


@dataclass(frozen=True)
class Loss:
    """A sub-criterion in which a unit lost: points lost and their share of all that it lost, in percent; both empty in an index
    without points, the share too where the result of another sub-criterion is not shown."""

    node: NodeFigures
    lost: str = ""
    share: str = ""


@dataclass(frozen=True)
class GroupForms:
    """Evaluations of a unit by a group of respondents. ``counts``: how many were issued, returned, valid …, by the names of the
    columns of the funnel."""

    code: str
    name: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class UnitFigures:
    """Everything that a unit is shown.

    * ``nodes``: its tree, the total first.
    * ``league``: its row of the council's table of units, as printed; ``class_name``: its class in words.
    * ``maxima``: its row of the table of both halves, with the maximum of each; None in an index of one half.
    * ``ranked``, ``ranked_by_survey``, ``averaged``: how many units of the block have a rank, and stand in the average of totals;
      ``sharing``: how many have the same rank as this one, itself among them.
    * ``forms``: of each group that was asked about it.
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
    sharing: int
    averaged: int
    forms: tuple[GroupForms, ...]
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

    # --- its numbers, with their places ------------------------------------------------------------------------------------

    def of_node(self, node: NodeFigures, column: str) -> Number:
        """A number of a node: a column of the council's table, ``low`` or ``high`` of its interval, the ``average`` of the
        block."""
        text = getattr(node, column)
        if column == "average":
            key = ("mean", COUNCIL_SCORES.name, self.block, node.code)
            return Number(text, NumberSource(WORKED_OUT, key, node.measure))
        if column in ("low", "high"):
            column = f"points_{column}" if node.max_points else f"ci_{column}"
        return Number(text, NumberSource(COUNCIL_SCORES.name, (self.block, self.code, node.code), column))

    def of_loss(self, loss: Loss, column: str) -> Number:
        """What was ``lost`` in a sub-criterion, or its ``share`` of all that was lost."""
        key = (column, COUNCIL_SCORES.name, self.block, self.code, loss.node.code)
        return Number(getattr(loss, column), NumberSource(WORKED_OUT, key, "points"))

    def of_league(self, column: str) -> Number:
        """A number of its row of the council's table of units."""
        return Number(
            self.league.get(column, ""), NumberSource(COUNCIL_UNITS.name, (self.block, self.code), column)
        )

    def of_maxima(self, column: str) -> Number:
        """A maximum of one half."""
        text = self.maxima[column] if self.maxima is not None else ""
        return Number(text, NumberSource(INDEX_UNITS.name, (self.block, self.code), column))

    def of_forms(self, column: str, group: GroupForms | None = None) -> Number:
        """How many evaluations of a group, or of all; empty where nothing says how many were issued."""
        groups = self.forms if group is None else (group,)
        count = sum(of_group.counts[column] for of_group in groups)
        key = (
            "sum",
            FUNNEL.name,
            self.block,
            self.code,
            *(of_group.code for of_group in groups[: group is not None]),
        )
        return Number(
            f"{count}" if count or column != "issued" else "", NumberSource(WORKED_OUT, key, column)
        )


def unit_figures(results: RoundResults) -> dict[Key, UnitFigures]:
    """(block, unit) → what the unit is shown, in the order of the league table's file."""
    tree = _Tree(results)
    language = results.settings.output.language
    blocks, classes = words_of("block", results.instrument, language), results.class_names
    league = _by_unit(results.units)
    maxima = _by_unit(results.maxima) if results.maxima is not None else {}
    ranked, by_survey = (
        Counter(block for (block, _), row in league.items() if row.get(name))
        for name in ("rank", "survey_rank")
    )
    ranks = Counter((block, row["rank"]) for (block, _), row in league.items())
    forms = _forms(results)
    return {
        unit: UnitFigures(
            block=unit[0],
            block_name=blocks.get(unit[0], unit[0]),
            code=unit[1],
            name=row["unit_name"],
            nodes=tree.nodes[unit],
            league={**row, "note": tree.for_the_unit(row["note"])},
            maxima=maxima.get(unit),
            class_name=classes.get(row.get("class", ""), row.get("class", "")),
            ranked=ranked[unit[0]],
            ranked_by_survey=by_survey[unit[0]],
            sharing=ranks[unit[0], row["rank"]],
            averaged=tree.averages[unit[0]][tree.nodes[unit][0].code].units,
            forms=forms.get(unit, ()),
            losses=tuple(_losses(tree.nodes[unit], results)),
        )
        for unit, row in league.items()
    }


def _by_unit(league: PrintedTable) -> dict[Key, dict[str, str]]:
    """(block, unit) → its row of a table of units."""
    columns = league.texts()
    rows = (dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True))
    return {(row["block"], row["unit_code"]): row for row in rows}


def notes_for_units(results: RoundResults) -> Callable[[str], str]:
    """How remarks are told to units: groups by their names, without what is said of every interval."""
    language = results.settings.output.language
    groups, general = words_of("group", results.instrument, language), phrase(_GENERAL, language)

    @cache
    def told(note: str) -> str:
        said = note.replace(general, "").strip("; ")
        return _CODE.sub(lambda found: groups.get(found[0], found[0]), said)

    return told


class _Tree:
    """The results of each unit, node by node in the order of the tree, beside the averages of its block."""

    def __init__(self, results: RoundResults) -> None:
        self.for_the_unit = notes_for_units(results)
        self._results, instrument = results, results.instrument
        self._depths = depths_of(instrument)
        self._parents = {node.code: node.parent for node in instrument.nodes}
        rows = list(self._rows())
        self.averages = self._averages(rows)
        self.nodes: dict[Key, tuple[NodeFigures, ...]] = self._nodes(rows)

    def _rows(self) -> Iterator[tuple[str, str, str, str, tuple[str, ...]]]:
        """Block, unit, node, its name and its cells."""
        texts, points = self._results.scores.texts(), self._results.kind.points
        nothing = [""] * len(self._results.scores)
        names = (*_PRINTED, *(("points_low", "points_high") if points else ("ci_low", "ci_high")), "note")
        key = (texts[name] for name in ("block", "unit_code", "node_code", "node_name"))
        cells = zip(*(texts.get(name, nothing) for name in names), strict=True)
        yield from zip(*key, cells, strict=True)

    def _averages(
        self, rows: Sequence[tuple[str, str, str, str, tuple[str, ...]]]
    ) -> dict[str, dict[str, Average]]:
        """Block → node → its average over the units."""
        output, values = self._results.settings.output, defaultdict[str, dict[str, dict[str, str]]](dict)
        decimals: dict[str, int] = {}
        most, points, percent = (_PRINTED.index(name) for name in ("max_points", "points", "percent"))
        for block, unit, node, _, cells in rows:
            shown = cells[points] if cells[most] else cells[percent]
            values[block].setdefault(unit, {})[node] = shown
            decimals[node] = output.points_decimals if cells[most] else output.percent_decimals
        return {
            block: block_averages(of_block, self._parents, decimals) for block, of_block in values.items()
        }

    def _nodes(
        self, rows: Sequence[tuple[str, str, str, str, tuple[str, ...]]]
    ) -> dict[Key, tuple[NodeFigures, ...]]:
        found: dict[Key, list[NodeFigures]] = {}
        above = set(self._parents.values())
        for block, unit, node, name, cells in rows:
            about = (node, name, self._depths[node], node not in above)
            average = self.averages[block][node].text
            figures = NodeFigures(*about, *cells[:-1], self.for_the_unit(cells[-1]), average)  # type: ignore[call-arg]
            found.setdefault((block, unit), []).append(figures)
        return {unit: tuple(of_unit) for unit, of_unit in found.items()}


def depths_of(instrument: Instrument) -> dict[str, int]:
    """How far each node is below the root, which has 0."""
    return {node.code: _depth(node, instrument) for node in instrument.nodes}


def _depth(node: Node, instrument: Instrument) -> int:
    return 1 + _depth(instrument.node[node.parent], instrument) if node.parent else 0


def _losses(nodes: Sequence[NodeFigures], results: RoundResults) -> Iterator[Loss]:
    """The sub-criteria in which a unit lost most points, or in an index without points those of the lowest percentages."""
    output = results.settings.output
    leaves = [node for node in nodes if node.is_leaf and node.value]
    if not nodes[0].max_points:
        yield from map(Loss, sorted(leaves, key=lambda node: Decimal(node.percent))[:MOST_LOST])
        return
    lost = {node.code: Decimal(node.max_points) - Decimal(node.points) for node in leaves}
    is_whole = all(node.value for node in nodes if node.is_leaf)
    all_lost = sum(lost.values()) if is_whole else Decimal()
    for node in sorted(leaves, key=lambda node: -lost[node.code])[:MOST_LOST]:
        if lost[node.code] > 0:
            (points,) = exact_texts([lost[node.code]], output.points_decimals)
            shares = [100 * lost[node.code] / all_lost] if is_whole else []
            yield Loss(node, points, "".join(exact_texts(shares, output.percent_decimals)))


def _forms(results: RoundResults) -> dict[Key, tuple[GroupForms, ...]]:
    """(block, unit) → evaluations of each group, groups in the order of the instrument."""
    funnel = results.funnel
    groups = words_of("group", results.instrument, results.settings.output.language)
    order = {group: place for place, group in enumerate(groups)}
    cells = (funnel.text(name).tolist() for name in ("block", "unit_code", "group"))
    counts = (funnel.number(name).astype(int).tolist() for name in _COUNTS)
    found: dict[Key, dict[str, list[int]]] = defaultdict(dict)
    for block, unit, group, *numbers in zip(*cells, *counts, strict=True):
        known = found[block, unit].get(group, [0] * len(_COUNTS))
        found[block, unit][group] = [a + b for a, b in zip(known, numbers, strict=True)]
    return {
        unit: tuple(
            GroupForms(group, groups.get(group, group), dict(zip(_COUNTS, of_unit[group], strict=True)))
            for group in sorted(of_unit, key=lambda group: order.get(group, len(order)))
        )
        for unit, of_unit in found.items()
    }
