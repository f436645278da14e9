"""The tables of an edition that states only its differences: rows that are new or changed, over those of its base.

A row stands in the place of the one of its code, all of it, unless ``[without]`` names that one: then it is new. A node that is
new, or has another parent, stands after the last of its siblings and of what is below them; a new item after the last of its
node, a new unit after the last of its block, where there is none at the end; a new item of no node before those that hang on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from surveys.definitions.csv_tables import CsvTable, Row, read_table
from surveys.definitions.instrument.inheritance import Inherited, check_taken
from surveys.definitions.instrument.layers import Layer
from surveys.definitions.instrument.parts import ITEMS_FILE, TABLES, TREE_FILE, UNITS_FILE
from surveys.definitions.record_building import columns_of, listed
from surveys.definitions.text_files import inside

#: Table → the key of ``[without]`` that takes away its rows, what a row is known by, and the column of what it stands below.
_ROWS: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    TREE_FILE: ("nodes", ("code",), "parent"),
    ITEMS_FILE: ("items", ("code",), "node"),
    UNITS_FILE: ("units", ("block", "code"), "block"),
}


@dataclass(frozen=True, slots=True)
class InheritedTable:
    """The rows of a table of an edition, each with its place. ``columns``: those that some edition of the chain has;
    ``is_there``: one of them has the table; ``is_whole``: it was read without a fault."""

    columns: tuple[str, ...]
    rows: Sequence[Row]
    is_there: bool
    is_whole: bool


def read_rows(edition: Inherited, name: str) -> InheritedTable:
    """The rows of ``tree.csv``, ``items.csv`` or ``units.csv`` of an edition, in this order, with every fault noted."""
    problems = edition.layers[0].top.problems
    before, is_there = len(problems.errors), False
    columns: tuple[str, ...] = ()
    rows: list[Row] = []
    for layer, gone in zip(edition.layers, edition.taken, strict=True):
        named = frozenset(gone[_ROWS[name][0]])  # before what goes with these
        left = _left(name, rows, gone, layer)
        path = inside(layer.folder, name, problems, layer.label + name)
        own = _read(layer, path, columns) if path is not None and path.exists() else None
        if own is not None:
            columns = tuple(dict.fromkeys((*columns, *own.columns)))
        given = own.rows if own else ()
        rows = _laid_over(name, left, given, named) if is_there else list(given)
        is_there = is_there or (path is not None and path.exists())
    return InheritedTable(columns, rows, is_there, len(problems.errors) == before)


def _read(layer: Layer, path: Path, columns: Collection[str]) -> CsvTable | None:
    """The table of one edition; one that lies over another has every column that it has."""
    wanted = columns_of(TABLES[path.name])
    needed = {column: must or column in columns for column, must in wanted.accepted.items()}
    file = layer.label + path.name
    return read_table(path, replace(wanted, accepted=needed), layer.top.problems, file)


def _left(
    name: str, rows: Sequence[Row], gone: Mapping[str, set[str]], layer: Layer
) -> list[tuple[Row, Row | None]]:
    """The rows of the base, each with what is left of it; None where it is taken away, or cannot be without what is."""
    key = _ROWS[name][0]
    check_taken(key, gone[key], {called for row in rows for called in _names(row, name)}, layer.top)
    found = []
    for row in rows:
        left = _LEFT[name](row, gone)
        found.append((row, left))
        if left is None and name == TREE_FILE:
            gone[key].add(row["code"])
    return found


def _node_left(row: Row, gone: Mapping[str, set[str]]) -> Row | None:
    """A node, unless it, the one above it or every block of it is gone; without blocks and groups that are gone."""
    if {row["code"], row["parent"]} & gone["nodes"]:
        return None
    left = _without(_without(row, "groups", gone["groups"]), "blocks", gone["blocks"])
    return None if row["blocks"] and not left["blocks"] else left


def _item_left(row: Row, gone: Mapping[str, set[str]]) -> Row | None:
    """An item, unless it, its node or every questionnaire that asks it is gone."""
    if row["code"] in gone["items"] or row["node"] in gone["nodes"]:
        return None
    left = _without(row, "questionnaires", gone["questionnaires"])
    return None if row["questionnaires"] and not left["questionnaires"] else left


def _unit_left(row: Row, gone: Mapping[str, set[str]]) -> Row | None:
    """A unit, unless it or its block is gone; it may be named with its block."""
    return None if _names(row, UNITS_FILE) & gone["units"] or row["block"] in gone["blocks"] else row


_LEFT: Mapping[str, Callable[[Row, Mapping[str, set[str]]], Row | None]] = {
    TREE_FILE: _node_left,
    ITEMS_FILE: _item_left,
    UNITS_FILE: _unit_left,
}


def _without(row: Row, column: str, codes: Collection[str]) -> Row:
    """A row whose list in a column lacks these codes, whatever weight stands behind them."""
    named = listed(row[column])
    left = [part for part in named if part.partition(":")[0].strip() not in codes]
    return row if left == named else Row(row.place, {**row.cells, column: ";".join(left)})


def _laid_over(
    name: str, base: Sequence[tuple[Row, Row | None]], own: Sequence[Row], named: Collection[str]
) -> list[Row]:
    """What is left of the base, the rows of an edition in the place of those whose codes they have, and its new ones."""
    _, known_by, above = _ROWS[name]
    given = {_key(row, known_by): row for row in reversed(own)}
    found, moved = [], []
    codes: set[str] = set()
    for before, left in base:
        row = None if _names(before, name) & set(named) else given.pop(_key(before, known_by), None)
        if row is not None and left is not None and row.cells == left.cells:
            row.place.note("edition.no_difference", severity="warning")
        row = row or left
        if row is None:
            continue
        if name == TREE_FILE and (row["parent"] != before["parent"] or row["parent"] in codes):
            codes.add(row["code"])
            moved.append(row)
        else:
            found.append(row)
    stand = {id(row) for row in (*found, *moved)}
    added = [row for row in own if id(row) not in stand]
    filters = [row for row in added if name == ITEMS_FILE and not row["node"]]
    others = [row for row in added if name != ITEMS_FILE or row["node"]]
    return _with_filters(_placed(name, found, [*moved, *others], above), filters)


def _with_filters(rows: list[Row], filters: Sequence[Row]) -> list[Row]:
    """Items with the new ones of no node, each before the first item that is asked of those who answered it so."""
    waiting = list(reversed(filters))
    while waiting:
        asked = [row["asked_when"].partition("=")[0].strip() for row in rows]
        known = set(asked)
        row = next((row for row in waiting if row["code"] in known), None)
        if row is None:
            return [*rows, *reversed(waiting)]
        rows.insert(asked.index(row["code"]), row)
        waiting.remove(row)
    return rows


def _names(row: Row, name: str) -> set[str]:
    """How ``[without]`` may name a row: by its code, a unit also with its block."""
    return {row["code"], f"{row['block']}/{row['code']}"} if name == UNITS_FILE else {row["code"]}


def _key(row: Row, columns: Iterable[str]) -> tuple[str, ...]:
    return tuple(row[column] for column in columns)


def _placed(name: str, rows: Sequence[Row], added: Sequence[Row], above: str) -> list[Row]:
    """Rows with the added ones, each after the last that stands below the same node or block; the others at the end."""
    last = (
        _last_below(rows)
        if name == TREE_FILE
        else {row[above]: k for k, row in enumerate(rows) if row[above]}
    )
    codes = {row["code"] for row in added}
    waiting: dict[str, list[Row]] = defaultdict(list)
    behind: dict[int, list[Row]] = defaultdict(list)
    for row in added:
        if row[above] in last:
            behind[last[row[above]]].append(row)
        elif name == TREE_FILE and row[above] in codes:
            waiting[row[above]].append(row)
        else:
            behind[len(rows)].append(row)
    found: list[Row] = []
    for k in range(len(rows) + 1):
        found += rows[k : k + 1]
        for row in behind.get(k, ()):
            found += _with_below(row, waiting)
    return [*found, *(row for left in waiting.values() for row in left)]


def _last_below(rows: Sequence[Row]) -> dict[str, int]:
    """Node → the position of the last row that is the node itself or stands below it."""
    parent = {row["code"]: row["parent"] for row in rows}
    last: dict[str, int] = {}
    for k, row in enumerate(rows):
        code, seen = row["code"], set[str]()
        while code in parent and code not in seen:
            last[code] = k
            seen.add(code)
            code = parent[code]
    return last


def _with_below(row: Row, waiting: dict[str, list[Row]]) -> list[Row]:
    """A new node and the new nodes below it, in the order of a walk; those are waiting no longer."""
    found, stack = [], [row]
    while stack:
        row = stack.pop()
        found.append(row)
        stack += reversed(waiting.pop(row["code"], []))
    return found
