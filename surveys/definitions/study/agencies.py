"""Which agencies lead and co-ordinate the work on a node on one day; and what a table of agencies owes the instrument."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from surveys.definitions.draft import StudyDraft
from surveys.definitions.instrument.records import Instrument, Item
from surveys.definitions.shared_checks import check_period, checked_date, refer
from surveys.definitions.study.publication import IssuedDocument, Period
from surveys.definitions.study.records import Agency, AgencyDate, Target
from surveys.problems import Place
from surveys.vocabulary.folding import fold


def in_charge(agencies: Iterable[Agency], on: str) -> tuple[Agency, ...]:
    """The rows that hold on a day (ISO); all of them where no day is told.

    >>> rows = [Agency("", "", "2.4", "", lead, (), since, until) for lead, since, until in (
    ...     ("Sở Tư pháp", "", "2023-12-31"), ("Sở Nội vụ", "2024-01-01", ""))]
    >>> [row.lead for row in in_charge(rows, "2024-01-05")]
    ['Sở Nội vụ']
    """
    return tuple(a for a in agencies if not on or (a.valid_from or on) <= on <= (a.valid_to or on))


class AgenciesInCharge:
    """Looks up who is in charge of a node in one unit. ``agencies``: the rows that hold at the same time."""

    def __init__(self, instrument: Instrument, agencies: Iterable[Agency]) -> None:
        self._line = instrument.line
        self._rows = {(a.block, a.unit, a.node, a.item): a for a in agencies}

    def of(self, block: str, unit: str, node: str, item: str = "") -> Agency | None:
        """The row of an item, else of its node, else of the nearest node above that has one; at each of them the row of the unit
        goes before that of the block, and that before the one of all blocks."""
        places = [(node, item)] * bool(item) + [(above.code, "") for above in self._line[node]]
        units = ((block, unit), (block, ""), ("", ""))
        rows = (self._rows.get((*of, *place)) for place in places for of in units)
        return next((row for row in rows if row is not None), None)


def check_agencies(draft: StudyDraft) -> None:
    """Dates are dates, rows of one place do not overlap in time, and with rows of a limited time it is known of which day the
    agencies are told. An agency that leads and is among those that take part is a warning."""
    declared = draft.one(AgencyDate)
    checked_date(draft.place.below("agencies"), "on", declared.on)
    on = declared.among(draft.one(IssuedDocument), draft.one(Period))
    rows: dict[tuple[str, ...], list[tuple[Agency, Place]]] = defaultdict(list)
    for made, place in draft.of(Agency):
        check_item(draft, made, place)
        check_period(place, made.valid_from, made.valid_to, ("valid_from", "valid_to"))
        rows[made.block, made.unit, made.node, made.item].append((made, place))
        if fold(made.lead) in map(fold, made.coordinating):
            place.note("agencies.lead_coordinates", "coordinating", severity="warning", agency=made.lead)
    for of_place in rows.values():
        _check_overlap(of_place)
    limited = [place for made, place in draft.of(Agency) if made.valid_from or made.valid_to]
    if limited and not on:
        limited[0].note("agencies.no_date", "valid_from")


def _check_overlap(rows: list[tuple[Agency, Place]]) -> None:
    """Note every row that begins before one that began earlier has ended."""
    ordered = sorted(rows, key=lambda row: row[0].valid_from)
    last, where = "", None
    for made, place in ordered:
        if where is not None and (not last or made.valid_from <= last):
            place.note("agencies.overlap", "valid_from", node=made.item or made.node, first=where.row)
        if where is None or (last and (not made.valid_to or made.valid_to > last)):
            last, where = made.valid_to, place


def check_item(draft: StudyDraft, made: Agency | Target, place: Place) -> None:
    """An item that is named is one of the node's."""
    assert draft.instrument is not None
    if made.item in draft.declared(Item) and Item not in draft.instrument.broken:
        items = draft.instrument.instrument.items_of_node.get(made.node, ())
        refer(place, "item_of_node", "item", [made.item], [item.code for item in items])
