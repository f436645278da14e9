"""What a report works out from printed numbers, worked out a second time: by plain loops over the rows of CSV files.

``derived(cells, key, column, quoted)`` gives the text that ``report-numbers.csv`` should have for a number that is worked out;
None for kinds that are not derived here.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from math import ceil

from tests.surveys.reports.analysis_report.printed_cells import Cells, Row, rounded, unguarded

#: Units from which a mean is told.
FEWEST = 3
#: Probability from which a unit is said to be of the best quarter.
SURE = Decimal("0.95")


def derived(cells: Cells, key: str, column: str, quoted: str) -> str | None:
    what, *of = key.split(" | ")
    digits = len(quoted.partition(".")[2])
    work = _OF.get(what)
    return None if work is None else work(cells, of, column, digits)


def select(cells: Cells, table: str, **equal: str) -> list[Row]:
    """The rows of a table with these values, in the order of the file."""
    return _selected(cells, table, tuple(equal.items()))


@cache
def _selected(cells: Cells, table: str, equal: tuple[tuple[str, str], ...]) -> list[Row]:
    return [row for row in cells.rows(table) if all(unguarded(row[name]) == value for name, value in equal)]


def number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def of_units(cells: Cells) -> str:
    """The table of the whole results of units: with the council's half where there is one."""
    return "index-units" if (cells.results / "index-units.csv").is_file() else "units"


@cache
def subtree(cells: Cells, node: str) -> set[str]:
    """A node and everything below it."""
    parents = {row["code"]: row["parent"] for row in cells.rows("tree")}
    found = {node}
    while more := {code for code, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def mean(cells: Cells, table: str, of: tuple[tuple[str, str], ...], node: str, column: str) -> Decimal | None:
    """The mean over the units of which this node and all below it are shown, and of no one or two more than above it.

    ``of``: columns and values of the rows of the block. None from fewer than three units. Units that are shown here but not above
    count where they are three or more.
    """
    by = by_unit(cells, table, of)
    units = counted(cells, table, of, node, column)
    values = [Decimal(by[unit][node][column]) for unit in by if unit in units]
    return sum(values, Decimal()) / len(values) if values else None


@cache
def counted(
    cells: Cells, table: str, of: tuple[tuple[str, str], ...], node: str, column: str
) -> frozenset[str]:
    """The units that count at a node."""
    by = by_unit(cells, table, of)
    parent = {row["code"]: row["parent"] for row in cells.rows("tree")}.get(node)
    below = subtree(cells, node)
    units = frozenset(
        unit
        for unit, of_unit in by.items()
        if node in of_unit and all(row[column] for at, row in of_unit.items() if at in below)
    )
    has_parent = any(parent in of_unit for of_unit in by.values())
    above = counted(cells, table, of, str(parent), column) if has_parent else frozenset()
    if len(units - above) < FEWEST:
        units &= above
    return units if len(units) >= FEWEST else frozenset()


@cache
def by_unit(cells: Cells, table: str, of: tuple[tuple[str, str], ...]) -> dict[str, dict[str, Row]]:
    """Unit → node → its row."""
    found: dict[str, dict[str, Row]] = {}
    for row in _selected(cells, table, of):
        if row.get("node_level") != "item":
            found.setdefault(row["unit_code"], {})[row["node_code"]] = row
    return found


def _mean(cells: Cells, of: list[str], column: str, digits: int) -> str | None:
    table, block, node, *group = of
    if table == "gap-sums":
        return None
    named = (("block", block), *((("group", group[0]),) if group else ()))
    found = mean(cells, table, named, node, column)
    return "" if found is None else rounded(found, digits)


def _sum(cells: Cells, of: list[str], column: str, digits: int) -> str | None:
    table, *rest = of
    if table == "funnel":
        keys = dict(zip(("block", "unit_code", "group"), rest, strict=False))
        return str(sum(int(row[column]) for row in select(cells, "funnel", **keys)))
    if table == "council-forms":
        return _sum_of_forms(cells, rest, column)
    if table == "answers":
        return None
    return _sum_of_days(cells, rest, column) if table == "days" else None


def _sum_of_forms(cells: Cells, of: list[str], column: str) -> str | None:
    counted = "forms"
    if of[0] == "evaluations":
        counted, of = "evaluations", of[1:]
    keys = {} if of == ["all"] else dict(zip(("block", "group", "unit_code"), of, strict=False))
    if len(keys) == 3:
        counted = "evaluations"
    rows = [row for row in select(cells, "council-forms", **keys) if row["counted"] == counted]
    if counted == "evaluations" and len(keys) == 2:
        rows = [row for row in rows if row["unit_code"]]
    if column == "issued" and any(row["issued"] in ("", "0") for row in rows):
        return ""
    return str(sum(int(row[column]) for row in rows))


def _sum_of_days(cells: Cells, of: list[str], column: str) -> str | None:
    if of[0] == "mode":
        return str(sum(int(row[column]) for row in select(cells, "days", mode=of[1])))
    return None


def _share(cells: Cells, of: list[str], column: str, digits: int) -> str | None:
    if of[0] == "pairs_apart":
        pairs, apart = (_count(cells, [what, of[1]], "", 0) for what in ("pairs", "pairs_apart"))
        return _percent(apart, pairs, digits)
    if of[0] == "rejected":
        rejected, returned = (_sum_of_forms(cells, ["all"], name) for name in ("rejected", "returned"))
        return _percent(rejected, returned, digits)
    if of[0] == "council-scores":
        _, block, unit, node = of
        parents = {row["parent"] for row in cells.rows("tree") if row["level"] != "item"}
        held = by_unit(cells, "council-scores", (("block", block),))[unit]
        lost = {
            at: _lost(cells, ["council-scores", block, unit, at], column, 0)
            for at in held
            if at not in parents
        }
        return _percent(lost[node], str(sum(Decimal(points or 0) for points in lost.values())), digits)
    if of[0] == "council-forms":
        part, whole, *rest = of[1:]
        if len(rest) == 5:  # one row: block, group, questionnaire, unit, counted
            row = cells.row("council-forms")[" | ".join(rest)]
            return _percent(row[part], "" if whole == "issued" and row[whole] == "0" else row[whole], digits)
        parts, wholes = (_sum_of_forms(cells, rest, name) for name in (part, whole))
        return _percent(parts, wholes, digits)
    return None


def _percent(part: str | None, whole: str | None, digits: int) -> str | None:
    if part is None or whole is None:
        return None
    return rounded(100 * Decimal(part) / Decimal(whole), digits) if part and whole and Decimal(whole) else ""


def _lost(cells: Cells, of: list[str], column: str, digits: int) -> str | None:
    table, block, unit, node = of
    row = cells.row(table)[" | ".join((block, unit, node))]
    most, points = number(row["max_points"]), number(row["points"])
    return "" if most is None or points is None else f"{most - points:f}"


def _difference(cells: Cells, of: list[str], column: str, digits: int) -> str | None:
    if of[0] == "max_points":
        _, _, block, node = of
        rows = [row for row in select(cells, "council-scores", block=block, node_code=node) if row["percent"]]
        found = mean(cells, "council-scores", (("block", block),), node, "points")
        most = {row["max_points"] for row in rows}
        if found is None or len(most) != 1:
            return ""
        return f"{Decimal(most.pop()) - Decimal(rounded(found, digits)):f}"
    if of[0] == "council-units":
        held = [Decimal(row[column]) for row in select(cells, "council-units", block=of[1]) if row["rank"]]
        return f"{max(held) - min(held):f}"
    if of[0] == "council-groups" and column == "percent":
        _, block, unit, node, first, second = of
        cell = [
            cells.row("council-groups")[" | ".join((block, unit, node, group))] for group in (first, second)
        ]
        return f"{Decimal(cell[0]['percent']) - Decimal(cell[1]['percent']):f}"
    if of[0] == "mean" and len(of) == 6:
        _, table, block, node, first, second = of
        means = [_mean(cells, [table, block, node, group], "percent", digits) for group in (first, second)]
        return f"{Decimal(means[0] or 0) - Decimal(means[1] or 0):f}"
    return None


def _count(cells: Cells, of: list[str], column: str, digits: int) -> str | None:
    what, *rest = of
    work = _COUNTED.get(what)
    found = None if work is None else work(cells, rest)
    return None if found is None else str(found)


def _sides(cells: Cells, of: list[str], side: str) -> int | None:
    """Units above or below the printed mean of a node, or with their whole interval."""
    block, node = of
    rows = [row for row in select(cells, "council-scores", block=block, node_code=node) if row["percent"]]
    most = {row.get("max_points", "") for row in rows}
    measure = "points" if len(most) == 1 and "" not in most else "percent"
    low, high = ("points_low", "points_high") if measure == "points" else ("ci_low", "ci_high")
    exact = mean(cells, "council-scores", (("block", block),), node, measure)
    if exact is None:
        return None
    printed = Decimal(rounded(exact, max(len(row[measure].partition(".")[2]) for row in rows)))
    column = {"above": measure, "below": measure, "surely_above": low, "surely_below": high}[side]
    values = [Decimal(row[column]) for row in rows if row[column]]
    return sum(value > printed if "above" in side else value < printed for value in values)


def _ranked(cells: Cells, block: str) -> list[Row]:
    return [row for row in select(cells, "council-units", block=block) if row["rank"]]


def _pairs_apart(cells: Cells, of: list[str]) -> int:
    """Pairs of ranked units that are told apart: each moves the best rank of one by one."""
    return sum(int(row["rank_low"]) - 1 for row in _ranked(cells, of[0]))


def _end_of_league(cells: Cells, block: str, end: str) -> int:
    """Units that may be first or last among those that have a rank."""
    rows = _ranked(cells, block)
    if end == "first":
        return sum(row["rank_low"] == "1" for row in rows)
    last = len(select(cells, "council-units", block=block))
    return sum(row["rank_high"] == str(last) for row in rows)


def _quarter(cells: Cells, block: str, low: Decimal, high: Decimal) -> int:
    probabilities = [
        Decimal(row["probability_top_quarter"])
        for row in select(cells, of_units(cells), block=block)
        if row["probability_top_quarter"]
    ]
    return sum(low <= probability < high for probability in probabilities)


def _units(cells: Cells, of: list[str]) -> int | None:
    if len(of) > 1:
        return None
    return len(select(cells, "council-units", **({"block": of[0]} if of else {})))


def _rejected(cells: Cells, of: list[str]) -> int | None:
    rows = cells.rows("council-rejected")
    if of == ["partly"]:
        return sum(row["evaluations"] != row["of_evaluations"] for row in rows)
    return None


_COUNTED: dict[str, Callable[[Cells, list[str]], int | None]] = {
    "above": lambda cells, of: _sides(cells, of, "above"),
    "below": lambda cells, of: _sides(cells, of, "below"),
    "surely_above": lambda cells, of: _sides(cells, of, "surely_above"),
    "surely_below": lambda cells, of: _sides(cells, of, "surely_below"),
    "with_result": lambda cells, of: sum(
        bool(row["percent"]) for row in select(cells, "council-scores", block=of[0], node_code=of[1])
    ),
    "units": _units,
    "blocks": lambda cells, of: len({row["block"] for row in cells.rows("council-units")}),
    "ranked": lambda cells, of: len(_ranked(cells, of[-1])),
    "unranked": lambda cells, of: sum(not row["rank"] for row in select(cells, "council-units", block=of[0])),
    "quarter": lambda cells, of: ceil(len(_ranked(cells, of[0])) / 4),
    "sure_of_quarter": lambda cells, of: _quarter(cells, of[0], SURE, Decimal(2)),
    "maybe_of_quarter": lambda cells, of: _quarter(cells, of[0], 1 - SURE, SURE),
    "pairs": lambda cells, of: (k := len(_ranked(cells, of[0]))) * (k - 1) // 2,
    "pairs_apart": _pairs_apart,
    "sure_ranks": lambda cells, of: sum(row["rank_low"] == row["rank_high"] for row in _ranked(cells, of[0])),
    "first_open": lambda cells, of: _end_of_league(cells, of[0], "first"),
    "last_open": lambda cells, of: _end_of_league(cells, of[0], "last"),
    "leading": lambda cells, of: _end_of_league(cells, of[0], "first"),
    "unit_group": lambda cells, of: len(select(cells, of_units(cells), block=of[0], unit_group=of[1])),
    "class": lambda cells, of: len(select(cells, of_units(cells), block=of[0], **{"class": of[1]})),
    "status": lambda cells, of: len(select(cells, "council-units", status=of[0])),
    "groups": lambda cells, of: len({row["group"] for row in cells.rows("council-forms") if row["counted"] == "forms"}),
    "questionnaires": lambda cells, of: len(
        {row["questionnaire"] for row in cells.rows("council-forms") if row["counted"] == "forms"}
    ),
    "rejected": _rejected,
}  # fmt: skip
_OF: dict[str, Callable[[Cells, list[str], str, int], str | None]] = {
    "mean": _mean, "sum": _sum, "share": _share, "lost": _lost, "difference": _difference, "count": _count,
}  # fmt: skip
