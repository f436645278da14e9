"""The council's tables of an index: those columns that its kind can fill, so that no value column is empty.

The kind is made from instrument and study (:mod:`surveys.definitions.study.index_kind`), stands in ``run.json`` under ``index``,
and is read back from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from itertools import product
from typing import Any

from surveys.definitions.study.index_kind import kind_of as kind_of
from surveys.handover.official_columns import COUNCIL_TABLES, OfficialTable
from surveys.vocabulary.council_tables import IndexKind as IndexKind

#: The key of ``run.json`` under which the kind of index stands.
INDEX = "index"


@cache
def council_tables(kind: IndexKind) -> tuple[OfficialTable, ...]:
    """The council's tables of an index: scores, units, groups, forms, rejected.

    >>> [table.path for table in council_tables(IndexKind())]
    ['scores.csv', 'units.csv', 'groups.csv', 'forms.csv', 'rejected.csv']
    """
    return tuple(_of_kind(table, kind) for table in COUNCIL_TABLES)


def tables_of_every_kind() -> tuple[OfficialTable, ...]:
    """The council's tables of each kind of index there may be."""
    kinds = product((True, False), repeat=len(fields(IndexKind)))
    return tuple(table for flags in kinds for table in council_tables(IndexKind(*flags)))


def _of_kind(table: OfficialTable, kind: IndexKind) -> OfficialTable:
    """A table without the columns that an index of this kind cannot fill; one that scores nothing need not have any value."""
    kept = kind.columns(table.name.removeprefix("council-"))
    return replace(
        table,
        columns=tuple(column for column in table.columns if column.name in kept),
        values=table.values if kind.scored else (),
        withheld=tuple(name for name in table.withheld if name in kept),
        withheld_survey=tuple(name for name in table.withheld_survey if name in kept),
    )


def kind_of_run(run: Mapping[str, Any]) -> IndexKind | None:
    """The kind of index that a ``run.json`` records; None where it records none, as in packages of earlier versions.

    >>> kind_of_run({"index": {"points": True, "council": False, "classes": False, "scored": True}})
    IndexKind(points=True, council=False, classes=False, scored=True)
    """
    recorded = run.get(INDEX)
    names = [field.name for field in fields(IndexKind)]
    if not isinstance(recorded, Mapping) or sorted(recorded) != sorted(names):
        return None
    if not all(isinstance(recorded[name], bool) for name in names):
        return None
    return IndexKind(**recorded)
