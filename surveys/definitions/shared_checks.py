"""Checks of references, doubles, ranges and dates, for records of every kind; each notes what is wrong and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from operator import attrgetter
from typing import Any

from surveys.definitions.draft import Draft
from surveys.definitions.field_types import MayBeEmpty
from surveys.definitions.record_building import columns_of, types_of
from surveys.problems import Place

#: A record, its column that holds codes, and the kind of records these name.
Reference = tuple[type, str, type]
#: A record, the column named when it stands twice, and the columns that tell its entries apart.
Key = tuple[type[Any], str, tuple[str, ...]]
#: A record, its column that holds a number, the lowest and the highest value it may have (None: any number from 0 on).
Range = tuple[type[Any], str, float, float | None]


def refer(place: Place, kind: str, column: str, values: Iterable[str], known: Sequence[str]) -> None:
    """Note every value that is not declared, under ``reference.<kind>``."""
    for value in values:
        if value not in known:
            place.not_accepted(f"reference.{kind}", column, value, known)


def check_references(
    draft: Draft, references: Iterable[Reference], known: Callable[[type], Sequence[str]]
) -> None:
    """Note every code in a column that no record of the kind declares; a column that may be empty then refers to nothing."""
    for record, column, kind in references:
        needed = columns_of(record).accepted[column] and types_of(record)[column] != MayBeEmpty
        accepted = known(kind)
        rows: Sequence[tuple[object, Place]] = draft.of(record)
        for made, place in rows:
            value = getattr(made, column)
            if value in accepted or not (needed or value):
                continue
            codes = [value] if isinstance(value, str) else [c if isinstance(c, str) else c[0] for c in value]
            refer(place, kind.__name__.lower(), column, codes, accepted)


def note_doubles(entries: Iterable[tuple[str, Place]], column: str = "code") -> None:
    """Note every entry whose key was given before."""
    first: dict[str, Place] = {}
    for key, place in entries:
        if key in first:
            where = first[key].row if first[key].row is not None else first[key].at
            place.note("record.duplicate", column, value=_shown(key), first=where)
        first.setdefault(key, place)


def _shown(key: str) -> str:
    """A key of several parts without those that are empty."""
    return "/".join(filter(None, key.split("/")))


def check_once(draft: Draft, once: Iterable[Key]) -> None:
    """Note every record whose key another record of its kind has already."""
    for record, column, key in once:
        rows, told_by = draft.of(record), attrgetter(*key)
        if len({told_by(made) for made, _ in rows}) < len(rows):
            keys = ("/".join(str(getattr(made, name)) for name in key).rstrip("/") for made, _ in rows)
            note_doubles(zip(keys, (place for _, place in rows), strict=True), column)


def within(place: Place, column: str, value: float, low: float, high: float | None) -> None:
    """Note a value outside [low, high], or below zero where there is no highest value."""
    if high is None and value < 0:
        place.note("record.negative", column, value=value)
    elif high is not None and not low <= value <= high:
        place.note("record.out_of_range", column, value=value, low=low, high=high)


def increasing(place: Place, column: str, low: float | None, high: float | None) -> None:
    """Note a range whose lower end, in ``column``, is not below its upper end."""
    if low is not None and high is not None and low >= high:
        place.note("record.order", column, low=low, high=high)


def check_ranges(draft: Draft, ranges: Iterable[Range]) -> None:
    """Note numbers outside their range; a number that is not given lies in every range."""
    for record, column, low, high in ranges:
        for made, place in draft.of(record):
            value = getattr(made, column)
            if value is not None:
                within(place, column, value, low, high)


def checked_date(place: Place, column: str, text: str) -> date | None:
    """The date that an ISO text is; one that is none is noted."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        place.note("record.not_date", column, value=text)
    return None


def check_period(place: Place, first: str, last: str, columns: tuple[str, str]) -> None:
    """Note dates that are none (ISO, YYYY-MM-DD) and a period that ends before it begins."""
    dates = [
        day
        for text, column in zip((first, last), columns, strict=True)
        if (day := checked_date(place, column, text))
    ]
    if len(dates) == 2 and dates[0] > dates[1]:
        place.note("record.order", columns[0], low=first, high=last)
