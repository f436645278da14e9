"""What the columns of the council's tables are called in its own system (``[council.columns]``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from surveys.problems import Place, shortened
from surveys.vocabulary.council_tables import COUNCIL_COLUMNS, IndexKind
from surveys.vocabulary.formula_guard import guarded


@dataclass(frozen=True, slots=True)
class CouncilSystem:
    """The table ``[council]``. ``columns``: table → its columns that the council's system takes, in its order, each with the name
    it has there."""

    columns: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    def names(self) -> Mapping[str, Mapping[str, str]]:
        """Table → our column → their name.

        >>> CouncilSystem((("units", (("percent", "TyLe"),)),)).names()
        {'units': {'percent': 'TyLe'}}
        """
        return {table: dict(pairs) for table, pairs in self.columns}


#: A council that has no system of its own, or one that takes our names.
OUR_NAMES = CouncilSystem()


def check_council(system: CouncilSystem, kind: IndexKind | None, place: Place) -> None:
    """Note tables and columns that there are not, columns that such an index has not (``kind``; None: not known), and names that
    stand twice or are none."""
    for table, names in system.names().items():
        at = place.below("columns")
        if table not in COUNCIL_COLUMNS:
            at.not_accepted("record.not_accepted", table, table, COUNCIL_COLUMNS)
            continue
        at, known = at.below(table), COUNCIL_COLUMNS[table]
        own = known if kind is None else kind.columns(table)
        often = Counter(name.strip() for name in names.values())
        for column, name in names.items():
            if column not in known:
                at.not_accepted("record.not_accepted", column, column, own)
            elif column not in own:
                at.note("council.not_of_kind", column, value=column)
            if not name.strip() or not name.isprintable() or guarded(name) != name:
                at.note("council.name", column, value=shortened(name))
            elif often[name.strip()] > 1:
                at.note("council.name_twice", column, value=shortened(name))
