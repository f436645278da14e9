"""Points lost, as a table prints them and as it implies them.

A printed loss is the maximum less the value. A table that lists what was lost has every row below its maximum, and a total. What
no row tells of stands at its maximum there, so the losses of the rows are the loss of the total; where they are not, points were
lost in rows that are missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from surveys.published.amounts import Amount, short
from surveys.published.published_table import PublishedRow
from surveys.published.table_layout import LOST, POINTS
from surveys.published.table_tree import TableTree

#: A list of losses has at least as many rows.
_FEWEST = 10


def check_printed_losses(unit: str, rows: Mapping[str, PublishedRow], tree: TableTree) -> None:
    """Note at a row that its printed loss is not its maximum less its value, as far as rounding lets one say."""
    for code, row in rows.items():
        most = tree.maximum(code, row)
        if row.lost is None or row.points is None or most is None:
            continue
        printed = Amount(row.lost, tree.half_unit(unit, code, LOST), True)
        implied = Amount(most - row.points, tree.half_unit(unit, code, POINTS), True)
        if not implied.explains(printed):
            row.note(
                "audit.lost", LOST, node=code, name=_named(row, unit), lost=row.lost, maximum=most, value=row.points,
                expected=short(implied.value), difference=short(abs(printed.value - implied.value)),
            )  # fmt: skip


def _named(row: PublishedRow, unit: str) -> str:
    return " ".join(filter(None, (row.name, f"({unit})" if unit else "")))


def check_losses(unit: str, rows: Mapping[str, PublishedRow], tree: TableTree) -> None:
    """Note at a printed root that its loss is not that of the rows: an error where both halves of the index are among them, a
    remark where they may be one half of it only."""
    in_points = {code: row for code, row in rows.items() if row.points is not None}
    for root in tree.instrument.children.get("", ()):
        if root.code not in in_points or not tree.combination(root.code).points:
            continue
        most = tree.maximum(root.code, rows[root.code])
        lost = _lost(unit, [code for code in _leaves(in_points, tree) if code != root.code], in_points, tree)
        if most is None or lost is None or _lists_everything(root.code, in_points, tree):
            continue
        row = rows[root.code]
        whole = Amount(most - (row.points or 0), tree.half_unit(unit, root.code, POINTS), True)
        if not lost.explains(whole):
            row.note(
                "audit.losses", severity="error" if _of_both_halves(in_points, tree) else "warning", node=root.code,
                name=_named(row, unit), lost=short(whole.value), listed=short(lost.value),
                difference=short(abs(whole.value - lost.value)),
            )  # fmt: skip


def _leaves(rows: Mapping[str, PublishedRow], tree: TableTree) -> list[str]:
    """Codes below which no other is printed."""
    above: set[str] = set()
    for code in rows:
        while code := tree.parent(code):
            above.add(code)
    return [code for code in rows if code not in above]


def _lost(unit: str, leaves: list[str], rows: Mapping[str, PublishedRow], tree: TableTree) -> Amount | None:
    """What all rows lost together; None where one of them lost nothing or has no maximum, or where they are too few."""
    total, error = Decimal(0), Decimal(0)
    for code in leaves:
        most, points = tree.maximum(code, rows[code]), rows[code].points
        if most is None or points is None or points >= most:
            return None
        total, error = total + most - points, error + tree.half_unit(unit, code, POINTS)
    return Amount(total, error, True) if len(leaves) >= _FEWEST else None


def _lists_everything(code: str, rows: Mapping[str, PublishedRow], tree: TableTree) -> bool:
    """Whether every part below a node is printed, itself or by its parts."""
    children = tree.children(code)
    return all(
        child in rows or (bool(tree.children(child)) and _lists_everything(child, rows, tree))
        for child in children
    )


def _of_both_halves(rows: Mapping[str, PublishedRow], tree: TableTree) -> bool:
    """Whether the rows are measured in every way in which leaves of the index are."""
    nodes = tree.instrument.nodes
    ways = {node.measured_by for node in nodes if node.code not in tree.instrument.children}
    return ways == {n.measured_by for n in nodes if n.code in rows and n.code not in tree.instrument.children}
