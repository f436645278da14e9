"""Sums of leaves of the index: of those whose points come from one source, and of those that one agency leads.

The survey's part of a sum is a branch like that of any node, a combination of the leaves' scores by their maximum points, so that
its interval knows what its leaves share; the council's points are added as in the whole index. A sum of which a leaf has no value
or is hidden has none. There are sums only where the index is one of points at every node above the leaves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from surveys.definitions.instrument.records import Instrument, Node
from surveys.definitions.study.agencies import AgenciesInCharge, in_charge
from surveys.definitions.study.records import Agency
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch, Parts, in_all
from surveys.scoring.combination_rules import rule_of
from surveys.scoring.council_points import CouncilPart, part_of_leaves
from surveys.scoring.quantities import Bools, normalised
from surveys.scoring.score_table import table_of
from surveys.scoring.tree import added_up
from surveys.scoring.whole_index import Halves
from surveys.vocabulary.columns import SUM_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.measures import AGENCY, SOURCE

Leaves = tuple[str, ...]  # codes, in the order of the tree
Council = Mapping[str, CouncilPart]  # by node


class LeafSets:
    """What is added up in a unit. ``agencies``: the rows that hold on the day of which they are told."""

    def __init__(self, instrument: Instrument, agencies: Sequence[Agency]) -> None:
        self._source_of = instrument.source_of
        self._charge = AgenciesInCharge(instrument, agencies) if agencies else None

    def of(self, block: str, unit: str, leaves: Sequence[str]) -> Iterator[tuple[str, str, Leaves]]:
        """By what, under which name, and which of the leaves: by source, then by the agency that leads where one is in charge of
        some leaf, those of no agency under an empty name."""
        keys: dict[str, Mapping[str, str]] = {SOURCE: {code: self._source_of(code) for code in leaves}}
        if self._charge is not None:
            rows = {code: self._charge.of(block, unit, code) for code in leaves}
            if any(rows.values()):
                keys[AGENCY] = {code: "" if row is None else row.lead for code, row in rows.items()}
        for by, key in keys.items():
            found: dict[str, list[str]] = {}
            for code, name in key.items():
                found.setdefault(name, []).append(code)
            yield from ((by, name, tuple(codes)) for name, codes in found.items())


def sums_of_leaves(block: BlockInputs, branches: Sequence[Branch], council: Council) -> pd.DataFrame:
    """The sums of one block, columns ``SUM_COLUMNS``: unit by unit, each by source, then by agency, in the order of the tree.
    ``council``: the council's parts of its nodes, none where the study has no assessments."""
    surveyed = {branch.code: branch for branch in branches if branch.group == ALL_GROUPS}
    leaves = [n for n in block.instrument.leaves(block.code) if n.code in surveyed or n.code in council]
    if not all(adds_points(block.instrument, leaf) for leaf in leaves):
        return pd.DataFrame(columns=list(SUM_COLUMNS))
    study, codes = block.study, [leaf.code for leaf in leaves]
    by_unit = LeafSets(block.instrument, in_charge(study.agencies, study.agencies_on))
    sums = [
        (k, *one) for k, unit in enumerate(block.units) for one in by_unit.of(block.code, unit.code, codes)
    ]
    sets = list(dict.fromkeys(chosen for *_, chosen in sums))
    survey = _Surveyed(block, surveyed, leaves)
    made = [survey.part(chosen, str(k)) for k, chosen in enumerate(sets)]
    table = table_of(block, [branch for branch in made if branch is not None])
    columns = {
        chosen: _columns(
            block,
            Halves(part_of_leaves(block, council, chosen), None if branch is None else _rows(table, branch)),
        )
        for chosen, branch in zip(sets, made, strict=True)
    }
    rows = (
        {
            "block": block.code,
            "unit_code": block.units[k].code,
            "unit_name": block.units[k].name_vi,
            "sum_by": by,
            "sum_code": name,
            "nodes": ";".join(chosen),
            **{column: values[k] for column, values in columns[chosen].items()},
        }
        for k, by, name, chosen in sums
    )
    return pd.DataFrame(list(rows), columns=list(SUM_COLUMNS))


def adds_points(instrument: Instrument, leaf: Node) -> bool:
    """Whether a leaf has points that every node above it adds up."""
    above = instrument.line[leaf.code][1:]
    return leaf.max_points is not None and all(rule_of(instrument, node).points for node in above)


class _Surveyed:
    """The surveyed leaves of a block, and the branches of the nodes that may stand for them."""

    def __init__(self, block: BlockInputs, branches: Mapping[str, Branch], leaves: Sequence[Node]) -> None:
        self.block, self.branches = block, branches
        self._below: dict[str, set[str]] = defaultdict(set)
        for leaf in leaves:
            if leaf.code in branches:
                for above in block.instrument.line[leaf.code]:
                    self._below[above.code].add(leaf.code)

    def part(self, leaves: Leaves, code: str) -> Branch | None:
        """The surveyed ones of some leaves as one branch; None where there are none. ``code``: what it is called."""
        used: dict[str, Bools] = {}
        broken = self.block.nowhere.copy()
        for root in self.block.instrument.scored_children("", self.block.code):
            self._cover(root, set(leaves), ~self.block.nowhere, used, broken)
        if not used:
            return None
        parts, uses = Parts(self.branches[node] for node in used), np.array(list(used.values()))
        whole = in_all(~uses | parts.available) & ~broken
        points = np.where(uses, parts.points, 0.0)
        blank = self.block.blank(code, "", ALL_GROUPS)
        return added_up(parts, blank, uses, normalised([*points], whole & uses), points.sum(axis=0))

    def _cover(
        self, node: Node, leaves: set[str], units: Bools, used: dict[str, Bools], broken: Bools
    ) -> None:
        """Note the nodes that stand for the leaves from a node downwards, in some units [U]: the leaves, or a node above them
        where it was taken from another survey as a whole; ``broken`` where such a node stands for other leaves too."""
        below = self._below[node.code]
        if not below & leaves:
            return
        if node.code in below:
            used[node.code] = units
            return
        taken = np.isin(np.arange(len(units)), list(self.block.externals.get((node.code, ""), ())))
        if below <= leaves and taken.any():
            used[node.code] = units & taken
        broken |= units & taken & (not below <= leaves)
        for child in self.block.instrument.scored_children(node.code, self.block.code):
            self._cover(child, leaves, units & ~taken, used, broken)


def _columns(block: BlockInputs, both: Halves) -> dict[str, Sequence[Any] | NDArray[Any]]:
    """What is told of a sum in every unit, by column."""
    units = len(block.units)
    points = np.broadcast_to(both.points, units)
    given = ~np.isnan(points)
    se, df = (np.full(units, np.nan), np.full(units, np.nan)) if both.survey is None else both.errors
    numbers = {
        "points": points,
        "se": se,
        "df": df,
        "points_low": both.limit("ci_low"),
        "points_high": both.limit("ci_high"),
    }
    return {
        "max_points": np.broadcast_to(both.max_points, units),
        **{name: np.where(given, np.broadcast_to(values, units), np.nan) for name, values in numbers.items()},
        "status": np.broadcast_to(both.status, units),
        "note": both.remarks(units),
    }


def _rows(table: pd.DataFrame, branch: Branch) -> pd.DataFrame:
    """The rows of a branch in a table of scores."""
    return table[table["node_code"] == branch.code].reset_index(drop=True)
