"""What a published table lost: the same losses, sums and shares as those of a round, exact, without intervals.

A row without agencies has those of the row above it, as the plans print them; sums tell what is listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.analysis.beside_values import sources_of
from surveys.analysis.lost_sums import sums_of_losses
from surveys.analysis.node_values import VALUE_COLUMNS
from surveys.analysis.points_lost import BESIDE_COLUMNS, loss_tree, nodes_lost
from surveys.analysis.value_changes import published_earlier, with_changes
from surveys.definitions.instrument.records import Instrument
from surveys.published.amounts import HUNDRED
from surveys.published.published_table import PublishedRow, by_unit, decimals
from surveys.published.table_layout import KnownNames
from surveys.published.table_tree import TableTree, tree_of
from surveys.vocabulary.folding import fold_name
from surveys.vocabulary.levels import TOTAL
from surveys.vocabulary.measures import PERCENT, POINTS

_PLAIN_SIGNS = {"≥": ">=", "≤": "<="}


@dataclass(frozen=True)
class TableLosses:
    """``nodes`` and ``sums`` as those of a round (:mod:`surveys.analysis`); ``decimals``: digits that tell every number
    exactly."""

    nodes: pd.DataFrame
    sums: pd.DataFrame
    decimals: int


def table_losses(
    rows: Sequence[PublishedRow], instrument: Instrument, earlier: pd.DataFrame | None = None
) -> TableLosses:
    """What was lost at every row with a value. ``rows``: of one table, those that are numbers; ``earlier``: values of an earlier
    one (``VALUE_COLUMNS``), in place of those that the table itself prints of last year."""
    tree = tree_of(instrument, rows)
    values = table_values(rows, tree)
    if earlier is not None:
        values = with_changes(values, published_earlier(earlier, values), {})
    of_tree = loss_tree(instrument, tree.extras)
    nodes = nodes_lost(values, of_tree)
    printed = [
        number
        for row in rows
        for number in (row.value, row.maximum, row.target, row.previous)
        if number is not None
    ]
    return TableLosses(nodes, sums_of_losses(nodes, of_tree), max(map(decimals, printed), default=0))


def table_values(rows: Sequence[PublishedRow], tree: TableTree) -> pd.DataFrame:
    """The rows with a value as ``VALUE_COLUMNS`` and ``BESIDE_COLUMNS``, those of a unit in the order of the tree. The units
    have no block."""
    agencies = _agencies(rows)
    found = [
        record
        for unit, of_unit in by_unit(rows).items()
        for record in _of_unit(unit, of_unit, tree, agencies)
    ]
    return pd.DataFrame(found, columns=[*VALUE_COLUMNS, "node_name", *BESIDE_COLUMNS])


def _of_unit(
    unit: str, rows: Mapping[str, PublishedRow], tree: TableTree, agencies: Mapping[str, str]
) -> Iterator[dict[str, object]]:
    sources, names = sources_of(tree.instrument, ""), KnownNames(tree.instrument)
    for code in _downwards(tree):
        row = rows.get(code)
        if row is None or row.value is None:
            continue
        node, most = tree.instrument.node.get(code), tree.maximum(code, row) if row.in_points else HUNDRED
        lead = _nearest(code, rows, tree)
        yield {
            "block": "",
            "unit_code": names.unit_of(unit),
            "unit_name": unit,
            "node_code": code,
            "node_name": row.name,
            "node_level": node.level if node else "",
            "measure": POINTS if row.in_points else PERCENT,
            "maximum": np.nan if most is None else float(most),
            "value": float(row.value),
            "low": np.nan,
            "high": np.nan,
            "status": "",
            "note": "",
            "source": row.measured_by or sources.get(code, TOTAL),
            "previous": np.nan if row.previous is None else float(row.previous),
            "change": np.nan if row.previous is None else float(row.value - row.previous),
            "change_low": np.nan,
            "change_high": np.nan,
            "sign": _PLAIN_SIGNS.get(row.sign, row.sign),
            "target": np.nan if row.target is None else float(row.target),
            "due": row.due,
            "lead_agency": agencies.get(fold_name(lead.lead), lead.lead) if lead else "",
            "coordinating_agencies": lead.coordinating if lead else "",
        }


def _downwards(tree: TableTree, code: str = "") -> Iterator[str]:
    """All codes, parents before their children; those that hang nowhere at the end."""
    if code:
        yield code
    below = tree.children(code) if code else [root.code for root in tree.instrument.children.get("", ())]
    for child in below:
        yield from _downwards(tree, child)
    if not code:
        yield from (extra for extra, parent in tree.extras.items() if not parent)


def _nearest(code: str, rows: Mapping[str, PublishedRow], tree: TableTree) -> PublishedRow | None:
    """The row of a code, or the nearest above it, that names a lead agency."""
    while code:
        row = rows.get(code)
        if row is not None and row.lead:
            return row
        code = tree.parent(code)
    return None


def _agencies(rows: Sequence[PublishedRow]) -> Mapping[str, str]:
    """Folded → as it is written first, so that one agency is one in the sums."""
    found: dict[str, str] = {}
    for row in rows:
        found.setdefault(fold_name(row.lead), row.lead)
    return found
