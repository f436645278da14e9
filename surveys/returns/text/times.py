"""Clock times as products and people write them, turned into the local time of the study: one reading for each order of day and
month that a text allows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

#: The orders in which the numbers of a date may stand.
DAY_FIRST, MONTH_FIRST, YEAR_FIRST = ORDERS = ("dmy", "mdy", "ymd")
_EXCEL_START = dt.datetime(1899, 12, 30)
_EXCEL_DAYS = (20_000, 80_000)  # the day numbers that are taken for days: 1954 to 2119
_LONGEST = 100  # characters; no time is longer
_CENTURY = 2000  # of a year with two digits
_ENGLISH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_VIETNAMESE = {
    "một": 1, "giêng": 1, "hai": 2, "ba": 3, "tư": 4, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9,
    "mười": 10, "mười một": 11, "mười hai": 12, "chạp": 12,
}  # fmt: skip
_WEEKDAY = (
    r"(?:(?:thứ (?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật|t[2-7]|cn"
    r"|(?:mon|tue|tues|wed|wednes|thu|thurs|fri|sat|satur|sun)(?:day)?)\b[,.]? ?)?"
)
_GAP, _YEAR = r"[ ,./-]{0,2}", r"(?P<Y>\d{4}|\d{2})"
_DATES = (
    r"(?P<a>\d{1,2}|\d{4}) ?[-/.] ?(?P<b>\d{1,2}) ?[-/.] ?(?P<c>\d{4}|\d{1,2})",
    rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?{_GAP}(?:of )?(?P<name>{_ENGLISH}){_GAP}{_YEAR}",
    rf"(?P<name>{_ENGLISH}){_GAP}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ ,]{{1,2}}{_YEAR}",
    rf"(?P<d>\d{{1,2}}){_GAP}(?:tháng|thg\.?|th\.?) ?(?P<m>\d{{1,2}}|{'|'.join(sorted(_VIETNAMESE, key=len, reverse=True))})"
    rf"{_GAP}(?:năm )?{_YEAR}",
    r"(?P<Y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)",
)
_CLOCK = (
    r"(?=\d{1,2} ?(?::|h|giờ|SA\b|CH\b|[ap]\.?m\b|sáng|chiều|tối))(?P<hour>\d{1,2})"
    r"(?: ?(?::|h|giờ) ?(?:(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?(?: ?phút)?)?)?"
    r" ?(?P<half>SA|CH|[ap]\.?m\.?|sáng|chiều|tối)?"
    r" ?(?P<zone>Z|(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?|UTC|GMT)?(?: ?\([^()]*\))?"
)
_FORMS = [
    re.compile(pattern, re.IGNORECASE)
    for date in _DATES
    for pattern in (
        rf"{_WEEKDAY}(?:ngày )?{date}(?:(?:[T ,]+| ?,? ?(?:lúc|at|-) ?){_CLOCK})?",
        rf"{_CLOCK}[ ,]+(?:- )?{_WEEKDAY}(?:ngày )?{date}",
    )
]
_AFTERNOON = ("ch", "p", "chiều", "tối")
#: How whole columns are most often written, and whether day and month stand in the order d/m/Y.
_COMMON = {
    re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"): "%Y-%m-%d %H:%M:%S",
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"): "%Y-%m-%dT%H:%M:%S",
    re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d"): "%d/%m/%Y %H:%M:%S",
    re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d"): "%d/%m/%Y %H:%M",
}
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")


class Readings(NamedTuple):
    """What the n cells of a column say. ``by_order``: order → datetime64[s] [n], NaT where a cell is no time in that order.
    ``stored`` [n]: cells that hold a date of their own, or write the year before month and day: a program may have taken day for
    month before it stored them. ``guessed``: how a cell that does not say its whole date was read → cells."""

    by_order: Mapping[str, np.ndarray]
    stored: np.ndarray
    guessed: Mapping[str, np.ndarray]


def read_times(values: Sequence[object], texts: Sequence[str], local: str, written_in: str = "") -> Readings:
    """Values of one column under each order of day, month and year, in the zone ``local``.

    Times without an offset are in ``written_in`` (empty: already local).

    >>> said = read_times([], ["5 thg 10, 2023 9:12 CH", "05/10/2023", "25/10/2023"], "Asia/Ho_Chi_Minh")
    >>> for order in ("dmy", "mdy"):
    ...     print(order, *said.by_order[order].astype("datetime64[m]"))
    dmy 2023-10-05T21:12 2023-10-05T00:00 2023-10-25T00:00
    mdy 2023-10-05T21:12 2023-05-10T00:00 NaT
    """
    values = values or texts
    alike = None if written_in else _written_alike(values)
    if alike is not None:
        return alike
    found = [_read(value, text) for value, text in zip(values, texts, strict=True)]
    by_order = {
        order: np.array(
            [
                _to_local(moments[order], local, written_in) if order in moments else None
                for moments, _ in found
            ],
            dtype="datetime64[s]",
        )
        for order in ORDERS
    }
    how = np.array([how for _, how in found], dtype=object)
    guessed = {name: how == name for name in ("day number", "two-digit year") if (how == name).any()}
    return Readings(by_order, (how == "stored") | (how == "day number"), guessed)


def turned(times: np.ndarray) -> np.ndarray:
    """Times with day and month changed places; NaT where there is no such date.

    >>> turned(np.array(["2025-10-05T09:00", "2025-10-25T09:00"], "datetime64[s]")).astype(str).tolist()
    ['2025-05-10T09:00:00', 'NaT']
    """
    days = times.astype("datetime64[D]")
    months = times.astype("datetime64[M]")
    day, month = (days - months).astype(int), months.astype(int) % 12  # both from 0
    other = (times.astype("datetime64[Y]").astype("datetime64[M]") + day).astype("datetime64[D]") + month
    moved = other.astype("datetime64[s]") + (times - days)
    return np.where(np.isnat(times) | (day > 11), np.datetime64("NaT", "s"), moved)


def _written_alike(values: Sequence[object]) -> Readings | None:
    """Times of a column that are all written in one common way (``tests/benchmarks/test_score_speed.py``); None for any other."""
    if all(type(value) is dt.datetime and value.tzinfo is None for value in values):
        return _alike(pd.DatetimeIndex(list(values)).to_numpy().astype("datetime64[s]"))
    first = values[0] if isinstance(values[0], str) else ""
    form = next((form for shape, form in _COMMON.items() if shape.fullmatch(first)), "")
    if not form or not all(isinstance(value, str) for value in values):
        return None
    written, by_day = list(map(str, values)), form.startswith("%d")
    if by_day:  # pandas reads the year first ten times as fast
        written = [f"{t[6:10]}-{t[3:5]}-{t[:2]}{t[10:]}" if t[2:6:3] == "//" else "" for t in written]
        form = form.replace("%d/%m/%Y", "%Y-%m-%d")
    read = pd.to_datetime(written, format=form, errors="coerce")
    if not read.notna().all():
        return None
    times = read.to_numpy().astype("datetime64[s]")
    return (
        _alike(times, turned(times), np.full(len(times), np.datetime64("NaT", "s")))
        if by_day
        else _alike(times)
    )


def _alike(dmy: np.ndarray, mdy: np.ndarray | None = None, ymd: np.ndarray | None = None) -> Readings:
    """Times whose order is plain, unless readings in the others are given."""
    by_order = {
        DAY_FIRST: dmy,
        MONTH_FIRST: dmy if mdy is None else mdy,
        YEAR_FIRST: dmy if ymd is None else ymd,
    }
    return Readings(by_order, np.full(len(dmy), mdy is None), {})


def _read(value: object, text: str) -> tuple[Mapping[str, dt.datetime], str]:
    """The moments that a cell may mean by order, and how it says them: ``stored``, as a ``day number``, with a ``two-digit year``
    or in full (empty)."""
    if isinstance(value, dt.datetime):
        return dict.fromkeys(ORDERS, value), "stored" if value.tzinfo is None else ""
    if isinstance(value, dt.date):
        return dict.fromkeys(ORDERS, dt.datetime(value.year, value.month, value.day)), "stored"
    text = text.strip()
    if (days := _day_number(value, text)) is not None:
        moment = _EXCEL_START + dt.timedelta(seconds=round(days * 86_400))
        return dict.fromkeys(ORDERS, moment), "day number"
    forms = _FORMS if len(text) <= _LONGEST else ()
    found = next((match for form in forms if (match := form.fullmatch(text))), None)
    return _assembled(found.groupdict()) if found else ({}, "")


def _day_number(value: object, text: str) -> float | None:
    """The day number of a cell without date format, or of its text in a text file."""
    whole = text.partition(".")[0].partition(",")[0]
    if not (isinstance(value, float) or (len(whole) == 5 and _NUMBER.fullmatch(text))):
        return None
    days = value if isinstance(value, float) else float(text.replace(",", "."))
    return days if _EXCEL_DAYS[0] < days < _EXCEL_DAYS[1] else None


def _assembled(said: Mapping[str, str | None]) -> tuple[Mapping[str, dt.datetime], str]:
    hour, minute, second = (int(said[name] or 0) for name in ("hour", "minute", "second"))
    half = (said["half"] or "").casefold()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half.startswith(_AFTERNOON) else 0)
    found = {}
    for order, (year, month, day) in _dates(said).items():
        try:
            found[order] = dt.datetime(year, month, day, hour, minute, second, tzinfo=_zone(said))
        except ValueError:
            continue
    last = said.get("c") or said.get("Y") or ""
    if len(said.get("a") or "") == 4:
        return found, "" if said["zone"] else "stored"
    return found, "two-digit year" if len(last) < 4 and found else ""


def _dates(said: Mapping[str, str | None]) -> dict[str, tuple[int, int, int]]:
    """Year, month and day by order; the same under all of them where the text tells them apart."""
    if first := said.get("a"):
        second, last = said["b"] or "", said["c"] or ""
        if len(first) == 4:
            return dict.fromkeys(ORDERS, (int(first), int(second), int(last))) if len(last) < 3 else {}
        if len(last) < 2:
            return {}
        found = {
            DAY_FIRST: (_year(last), int(second), int(first)),
            MONTH_FIRST: (_year(last), int(first), int(second)),
        }
        both_short = len(first) == len(last) == 2
        return found | ({YEAR_FIRST: (_year(first), int(second), int(last))} if both_short else {})
    return dict.fromkeys(ORDERS, (_year(said["Y"] or ""), _month(said), int(said["d"] or 0)))


def _year(digits: str) -> int:
    return int(digits) + (_CENTURY if len(digits) < 4 else 0)


def _month(said: Mapping[str, str | None]) -> int:
    """The month of a date that names it: by number, or by its English or Vietnamese name; 0 for none."""
    if name := said.get("name"):
        return (
            _ENGLISH.split("|").index(next(m for m in _ENGLISH.split("|") if m[:3] == name[:3].casefold()))
            + 1
        )
    written = (said["m"] or "").casefold()
    return int(written) if written.isdecimal() else _VIETNAMESE[written]


def _zone(parts: Mapping[str, str | None]) -> dt.timezone | None:
    if not parts["zone"]:
        return None
    hours, minutes = (int((parts["sign"] or "") + (parts[name] or "0")) for name in ("hours", "minutes"))
    return dt.timezone(dt.timedelta(hours=hours, minutes=minutes))


def _to_local(moment: dt.datetime, local: str, written_in: str) -> dt.datetime | None:
    if moment.tzinfo is None and not written_in:
        return moment.replace(microsecond=0)
    known = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(written_in))
    try:
        return known.astimezone(ZoneInfo(local)).replace(tzinfo=None, microsecond=0)
    except OverflowError:  # the last day there is, in another zone
        return None
