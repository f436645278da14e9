"""Clock times as products write them, turned into the local time of the study."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

_EXCEL_START = dt.datetime(1899, 12, 30)
_EXCEL_DAYS = (20_000, 80_000)  # the day numbers that are taken for days: 1954 to 2119
_DATE = r"(?:(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})|(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<Y>\d{4}))"
_CLOCK = (
    r"(?P<hour>\d{1,2})(?::|h)(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>SA|CH|AM|PM)?\s*(?P<zone>Z|(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?|UTC|GMT)?"
)
_FORMS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (rf"{_DATE}(?:[T ,]+{_CLOCK})?", rf"{_CLOCK}[ ,]+{_DATE}")
]
#: How whole columns are most often written; the day stands before the month.
_COMMON = {
    re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"): "%Y-%m-%d %H:%M:%S",
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"): "%Y-%m-%dT%H:%M:%S",
    re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d"): "%d/%m/%Y %H:%M:%S",
    re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d"): "%d/%m/%Y %H:%M",
}
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_DURATION = re.compile(r"(\d+):(\d{2}):(\d{2})")


def read_times(
    values: Sequence[object], texts: Sequence[str], local: str, written_in: str = "", order: str = ""
) -> tuple[np.ndarray, str]:
    """Values of one column as datetime64[s] in the zone ``local``, NaT where not understood, and the order of day and month.

    Times without an offset are in ``written_in`` (empty: already local). ``order`` is ``dmy`` or ``mdy``; when empty, it is day
    first unless some date of the column can only be month first and every date can be.

    >>> times, order = read_times([], ["2023/10/05 9:12:33 CH GMT+7", "2023-10-05T02:00:00Z"], "Asia/Ho_Chi_Minh")
    >>> times.tolist() == [dt.datetime(2023, 10, 5, 21, 12, 33), dt.datetime(2023, 10, 5, 9, 0)], order
    (True, 'dmy')
    """
    values = values or texts
    if not written_in and order != "mdy" and (common := _written_alike(values)) is not None:
        return common, "dmy"

    def moments(order: str) -> list[dt.datetime | None]:
        return [_moment(v, t, local, written_in, order) for v, t in zip(values, texts, strict=True)]

    found = moments(order or "dmy")
    if not order and None in found and None not in (turned := moments("mdy")):
        return np.array(turned, dtype="datetime64[s]"), "mdy"
    return np.array(found, dtype="datetime64[s]"), order or "dmy"


def read_numbers(values: Sequence[object], texts: Sequence[str]) -> np.ndarray:
    """Values of one column as float64, NaN where not understood: decimal point or comma, and durations in seconds.

    >>> read_numbers([], ["12", "4,5", "00:05:12", "x"]).tolist()
    [12.0, 4.5, 312.0, nan]
    """
    return np.array([_number(v, t) for v, t in zip(values or texts, texts, strict=True)], dtype=float)


def _written_alike(values: Sequence[object]) -> np.ndarray | None:
    """Times of a column that are all written in one common way (``tests/benchmarks/test_score_speed.py``); None for any other."""
    if all(type(value) is dt.datetime and value.tzinfo is None for value in values):
        return pd.DatetimeIndex(list(values)).to_numpy().astype("datetime64[s]")
    first = values[0] if isinstance(values[0], str) else ""
    form = next((form for shape, form in _COMMON.items() if shape.fullmatch(first)), "")
    if not form or not all(isinstance(value, str) for value in values):
        return None
    written = list(map(str, values))
    if form.startswith("%d"):  # pandas reads the year first ten times as fast
        written = [f"{t[6:10]}-{t[3:5]}-{t[:2]}{t[10:]}" if t[2:6:3] == "//" else "" for t in written]
        form = form.replace("%d/%m/%Y", "%Y-%m-%d")
    times = pd.to_datetime(written, format=form, errors="coerce")
    return times.to_numpy().astype("datetime64[s]") if times.notna().all() else None


def _moment(value: object, text: str, local: str, written_in: str, order: str) -> dt.datetime | None:
    if isinstance(value, dt.datetime):
        return _to_local(value, local, written_in)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    if isinstance(value, float) and _EXCEL_DAYS[0] < value < _EXCEL_DAYS[1]:  # a cell without date format
        return (_EXCEL_START + dt.timedelta(days=value)).replace(microsecond=0)
    found = next((match for form in _FORMS if (match := form.fullmatch(text.strip()))), None)
    written = _assembled(found, order) if found else None
    return _to_local(written, local, written_in) if written else None


def _assembled(parts: re.Match[str], order: str) -> dt.datetime | None:
    day_part, month_part = ("a", "b") if order == "dmy" else ("b", "a")
    year = int(parts["y"] or parts["Y"])
    month, day = int(parts["m"] or parts[month_part]), int(parts["d"] or parts[day_part])
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if parts["half"] and 1 <= hour <= 12:
        hour = hour % 12 + (12 if parts["half"].upper() in ("CH", "PM") else 0)
    try:
        return dt.datetime(year, month, day, hour, minute, second, tzinfo=_zone(parts))
    except ValueError:
        return None


def _zone(parts: re.Match[str]) -> dt.timezone | None:
    if not parts["zone"]:
        return None
    hours, minutes = (int((parts["sign"] or "") + (parts[name] or "0")) for name in ("hours", "minutes"))
    return dt.timezone(dt.timedelta(hours=hours, minutes=minutes))


def _to_local(moment: dt.datetime, local: str, written_in: str) -> dt.datetime | None:
    known = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(written_in or local))
    try:
        return known.astimezone(ZoneInfo(local)).replace(tzinfo=None, microsecond=0)
    except OverflowError:  # the last day there is, in another zone
        return None


def _number(value: object, text: str) -> float:
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, dt.time):
        return float(value.hour * 3600 + value.minute * 60 + value.second)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if _NUMBER.fullmatch(text):
        return float(text.replace(",", "."))
    if clock := _DURATION.fullmatch(text):
        hours, minutes, seconds = map(int, clock.groups())
        return float(hours * 3600 + minutes * 60 + seconds)
    return np.nan
