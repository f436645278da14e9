"""Means over the units of a block, of printed numbers, from which no result of a single unit can be computed back."""

from __future__ import annotations

from dataclasses import dataclass

from surveys.definitions.instrument.records import Instrument
from surveys.handover.read_back import PrintedTable
from surveys.reports.analysis_report.parts import WORKED_OUT, Number, NumberSource
from surveys.reports.block_averages import block_averages


@dataclass(frozen=True, slots=True)
class BlockMean:
    """The mean of a node, empty where it is not told, and of how many units."""

    number: Number
    units: int


def block_means(table: PrintedTable, instrument: Instrument, column: str) -> dict[str, dict[str, BlockMean]]:
    """Block → node → its mean. ``table``: with a row for every unit and node, parents before their children; ``column``: whose
    printed numbers have the same digits at a node.

    >>> from surveys.handover.official_columns import TABLES
    >>> import numpy as np, pandas as pd
    >>> from types import SimpleNamespace as Of
    >>> rows = [("so", unit, "1", text) for unit, text in (("a", "1.0"), ("b", "2.0"), ("c", "2.0"))]
    >>> frame = pd.DataFrame(rows, columns=["block", "unit_code", "node_code", "lost"])
    >>> printed = PrintedTable(TABLES["gaps"], "gaps.csv", frame, np.arange(2, 5))
    >>> mean = block_means(printed, Of(nodes=()), "lost")["so"]["1"]
    >>> mean.units, mean.number.text, mean.number.source.key
    (3, '1.7', ('mean', 'gaps', 'so', '1'))
    """
    values: dict[str, dict[str, dict[str, str]]] = {}
    decimals: dict[str, int] = {}
    names = ("block", "unit_code", "node_code", column)
    for block, unit, node, text in zip(*(table.text(name).tolist() for name in names), strict=True):
        values.setdefault(block, {}).setdefault(unit, {})[node] = text
        decimals[node] = max(decimals.get(node, 0), len(text.partition(".")[2]))
    parents = {node.code: node.parent for node in instrument.nodes}
    found: dict[str, dict[str, BlockMean]] = {}
    for block, of_block in values.items():
        found[block] = {}
        for node, average in block_averages(of_block, parents, decimals).items():
            source = NumberSource(WORKED_OUT, ("mean", table.table.name, block, node), column)
            found[block][node] = BlockMean(Number(average.text, source), average.units)
    return found
