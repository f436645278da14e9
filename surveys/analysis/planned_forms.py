"""The forms that are planned for the next round, by block, unit and group."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from surveys.definitions.csv_tables import Row, TableColumns, read_table
from surveys.problems import Problems

COLUMNS = TableColumns(
    {"block": True, "unit": False, "group": True, "forms": True, "issued": False}, {"forms"}, {"forms"}
)
#: Block, unit and group of every cell of forms.
Cells = Collection[tuple[str, str, str]]


class PlannedForms(NamedTuple):
    """Valid forms expected of a group in one unit, or (``unit`` empty) in every unit of the block."""

    block: str
    unit: str
    group: str
    forms: float


def planned_forms(path: str | Path, cells: Cells) -> tuple[PlannedForms, ...]:
    """The plan in a CSV with the columns block, unit (may be missing or empty: every unit), group, forms.

    ``cells``: those of the present round. Raises :class:`surveys.problems.SurveyError` with every row that names none of them,
    plans no form, or plans a cell a second time.
    """
    problems, found = Problems(), dict[tuple[str, str, str], PlannedForms]()
    for row in read_table(Path(path), COLUMNS, problems) or ():
        key = (row["block"], row["unit"], row["group"])
        if not _is_known(row, cells):
            continue
        if key in found:
            row.place.note("reach.planned_twice", "group", block=key[0], unit=key[1], group=key[2])
        elif (forms := _forms(row)) is not None:
            found[key] = PlannedForms(*key, forms)
    problems.raise_errors()
    return tuple(found.values())


def _is_known(row: Row, cells: Cells) -> bool:
    """Whether the round has such cells; what it does not have is noted."""
    left = [*cells]
    for column, k in (("block", 0), ("unit", 1), ("group", 2)):
        if column == "unit" and not row["unit"]:
            continue
        known = list(dict.fromkeys(cell[k] for cell in left))
        if row[column] not in known:
            row.place.not_accepted(f"reference.{column}", column, row[column], known)
            return False
        left = [cell for cell in left if cell[k] == row[column]]
    return True


def _forms(row: Row) -> float | None:
    """The number of forms, a whole one from 1 on; another is noted."""
    if row["forms"].isdecimal() and int(row["forms"]) > 0:
        return float(row["forms"])
    row.place.note("reach.planned_none", "forms", value=row["forms"])
    return None
