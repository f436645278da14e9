"""Dates as people write them beside a decision, read as ISO days.

``12/11/2025`` is the 12th of November, as dates are written in Viet Nam; where no other date of the file proves that, it is told.
A file in which other dates can only have the month first is read so, and told; where dates prove both orders, those that can
be read in two ways are refused.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from surveys.definitions.csv_tables import Row

#: The 12th of November as a message shows it.
WAYS = "12/11/2025, 12-11-2025, 12.11.2025, 2025-11-12"
_CLOCK = r"(?:[T ,]+\d{1,2}(?::|h)\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:AM|PM|SA|CH)?)?"
_YEAR_FIRST = re.compile(
    rf"(?P<y>\d{{4}})\s*[-/.]\s*(?P<m>\d{{1,2}})\s*[-/.]\s*(?P<d>\d{{1,2}}){_CLOCK}", re.I
)
_YEAR_LAST = re.compile(
    rf"(?P<a>\d{{1,2}})\s*([-/.])\s*(?P<b>\d{{1,2}})\s*\2\s*(?P<y>\d{{4}}|\d{{2}}){_CLOCK}", re.I
)
_IN_WORDS = re.compile(
    r"(?:ngày\s+)?(?P<d>\d{1,2})\s+tháng\s+(?P<m>\d{1,2}),?\s+(?:năm\s+)?(?P<y>\d{4})", re.I
)
_IN_ENGLISH = re.compile(
    r"(?:(?P<d>\d{1,2})\s+)?(?P<month>[a-z]{3,9})\.?\s+(?:(?P<e>\d{1,2}),?\s+)?(?P<y>\d{4})", re.I
)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
#: A cell of a workbook that holds a true date.
_TRUE_DATE = re.compile(r"\d{4}-\d\d-\d\d 00:00:00")


def readings(text: str) -> tuple[str, str]:
    """The ISO day that a text means with the day first, and with the month first; nothing where it means none.

    >>> readings("05/06/2023"), readings("20-11-25"), readings("2025-11-12 00:00:00")
    (('2023-06-05', '2023-05-06'), ('2025-11-20', ''), ('2025-11-12', '2025-11-12'))
    >>> readings("ngày 5 tháng 6 năm 2023"), readings("5 June 2023"), readings("hôm qua")
    (('2023-06-05', '2023-06-05'), ('2023-06-05', '2023-06-05'), ('', ''))
    """
    text = text.strip()
    if found := _YEAR_LAST.fullmatch(text):
        year, one, other = (int(found[name]) for name in ("y", "a", "b"))
        year += 2000 if year < 100 else 0
        return _iso(year, other, one), _iso(year, one, other)
    if found := _YEAR_FIRST.fullmatch(text) or _IN_WORDS.fullmatch(text):
        return (_iso(int(found["y"]), int(found["m"]), int(found["d"])),) * 2
    if found := _IN_ENGLISH.fullmatch(text):
        month, day = found["month"].lower(), found["d"] or found["e"] or "0"
        number = next((k for k, name in enumerate(_MONTHS, 1) if month in (name, name[:3])), 0)
        return (_iso(int(found["y"]), number, int(day)),) * 2
    return "", ""


def read_days(rows: Sequence[Row], column: str = "date") -> list[str]:
    """The ISO day of each row, nothing where its cell is empty or none; every fault and every doubt is noted."""
    written = [(row, *readings(row[column])) for row in rows]
    day_first = [row for row, day, month in written if day and not month]
    month_first = [row for row, day, month in written if month and not day]
    found, doubtful = [], []
    for row, day, month in written:
        found.append(month if month_first and not day_first and month else day or month)
        differ = bool(day and month and day != month)
        if row[column] and not (day or month):
            row.place.note("review.date", column, value=row[column], accepted=WAYS)
        elif differ and day_first and month_first:
            row.place.note(
                "review.date_both_orders", column, value=row[column], day_first=day, month_first=month
            )
        elif differ and not day_first:
            doubtful.append((row, found[-1]))
        elif day and day == month and day_first and (turned := _turned(row[column], day)):
            text, line = day_first[0][column], day_first[0].line
            row.place.note("review.date_turned", column, value=day, other=turned, text=text, line=line)
    if doubtful:
        row, read = doubtful[0]
        lines = ", ".join(str(one.line) for one, _ in doubtful)
        told = {"value": row[column], "read": read, "lines": lines}
        row.place.note("review.date_two_ways", column, severity="warning", **told)
    return found


def _turned(text: str, day: str) -> str:
    """What a true date would be if the program that made it had taken the day for the month; nothing where that cannot be.

    A workbook in which one date stayed a text, because its day is no month, was filled in under the American order.
    """
    year, month, number = day.split("-")
    could_be = _TRUE_DATE.fullmatch(text) and number <= "12" and number != month
    return f"{year}-{number}-{month}" if could_be else ""


def _iso(year: int, month: int, day: int) -> str:
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return ""
