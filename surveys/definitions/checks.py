"""Checks of references, doubles, ranges and dates, for records of every kind; each notes what is wrong and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from surveys.problems import Place


def refer(place: Place, kind: str, column: str, values: Iterable[str], known: Sequence[str]) -> None:
    """Note every value that is not declared, under ``reference.<kind>``."""
    for value in values:
        if value not in known:
            place.not_accepted(f"reference.{kind}", column, value, known)


def note_doubles(entries: Iterable[tuple[str, Place]], column: str = "code") -> None:
    """Note every entry whose key was given before."""
    first: dict[str, Place] = {}
    for key, place in entries:
        if key in first:
            where = first[key].row if first[key].row is not None else first[key].at
            place.note("record.duplicate", column, value=key, first=where)
        first.setdefault(key, place)


def within(place: Place, column: str, value: float, low: float, high: float) -> None:
    """Note a value outside [low, high]."""
    if not low <= value <= high:
        place.note("record.out_of_range", column, value=value, low=low, high=high)


def not_negative(place: Place, column: str, value: float | None) -> None:
    """Note a value below zero."""
    if value is not None and value < 0:
        place.note("record.negative", column, value=value)


def increasing(place: Place, column: str, low: float | None, high: float | None) -> None:
    """Note a range whose lower end, in ``column``, is not below its upper end."""
    if low is not None and high is not None and low >= high:
        place.note("record.order", column, low=low, high=high)


def check_period(place: Place, first: str, last: str, columns: tuple[str, str]) -> None:
    """Note dates that are none (ISO, YYYY-MM-DD) and a period that ends before it begins."""
    dates = []
    for text, column in zip((first, last), columns, strict=True):
        try:
            dates += [date.fromisoformat(text)] if text else []
        except ValueError:
            place.note("record.not_date", column, value=text)
    if len(dates) == 2 and dates[0] > dates[1]:
        place.note("record.order", columns[0], low=first, high=last)
