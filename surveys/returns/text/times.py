"""Clock times as products write them, turned into the local time of the study."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

_EXCEL_START = dt.datetime(1899, 12, 30)
_DATE = r"(?:(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})|(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<Y>\d{4}))"
_CLOCK = (
    r"(?P<hour>\d{1,2})(?::|h)(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>SA|CH|AM|PM)?\s*(?P<zone>Z|(?:UTC|GMT)?(?P<offset>[+-]\d{1,2}(?::?\d{2})?)|UTC|GMT)?"
)
_FORMS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (rf"{_DATE}(?:[T ,]+{_CLOCK})?", rf"{_CLOCK}[ ,]+{_DATE}")
]
_ISO = "0000-00-00 00:00:00"
_ISO_FROM_DAY_FIRST = [6, 7, 8, 9, 2, 3, 4, 5, 0, 1]  # positions in 05/10/2023
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")


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
    if (
        values
        and all(type(value) is dt.datetime and value.tzinfo is None for value in values)
        and not written_in
    ):
        return pd.DatetimeIndex(list(values)).to_numpy().astype("datetime64[s]"), order or "dmy"
    if not written_in and (plain := _plain(values, texts, order)) is not None:
        return plain, order or "dmy"
    moments = [_moment(v, t, local, written_in, order or "dmy") for v, t in zip(values, texts, strict=True)]
    if not order and None in moments:
        turned = [_moment(v, t, local, written_in, "mdy") for v, t in zip(values, texts, strict=True)]
        if None not in turned:
            return np.array(turned, dtype="datetime64[s]"), "mdy"
    return np.array(moments, dtype="datetime64[s]"), order or "dmy"


def _plain(values: Sequence[object], texts: Sequence[str], order: str) -> np.ndarray | None:
    """Times of a column written throughout as ``2023-10-05 09:12:33`` or ``05/10/2023 09:12:33``, all with seconds, without, or
    without a clock; None for any other."""
    length = len(texts[0]) if texts else 0
    if length not in (10, 16, 19) or not all(isinstance(value, str) for value in values):
        return None
    if not all(len(text) == length for text in texts):
        return None
    letters = np.array(texts).view(np.uint32).reshape(-1, length)
    if order != "mdy" and (letters[:, [2, 5]] == ord("/")).all():
        letters = np.concatenate([letters[:, _ISO_FROM_DAY_FIRST], letters[:, 10:]], axis=1)
        letters[:, [4, 7]] = ord("-")
    return _from_letters(letters)


def _from_letters(letters: np.ndarray) -> np.ndarray | None:
    """Times from their letters, code points [n, length]; None when one of them is not written as ``2023-10-05 09:12:33``, or
    shorter, or is no time."""
    like = np.array([ord(letter) for letter in _ISO[: letters.shape[1]]], dtype=np.uint32)
    digit = like == ord("0")
    letters = np.where((letters == ord("T")) & (like == ord(" ")), ord(" "), letters).astype(np.uint32)
    digits = letters[:, digit]
    if (digits < ord("0")).any() or (digits > ord("9")).any() or (letters[:, ~digit] != like[~digit]).any():
        return None
    if (letters[:, :4] == ord("0")).all(axis=1).any():  # numpy knows a year 0, the calendar does not
        return None
    try:
        return np.ascontiguousarray(letters).view(f"U{letters.shape[1]}")[:, 0].astype("datetime64[s]")
    except ValueError:
        return None


def read_numbers(values: Sequence[object], texts: Sequence[str]) -> np.ndarray:
    """Values of one column as float64, NaN where not understood: decimal point or comma, and durations in seconds.

    >>> read_numbers([], ["12", "4,5", "00:05:12", "x"]).tolist()
    [12.0, 4.5, 312.0, nan]
    """
    return np.array([_number(v, t) for v, t in zip(values or texts, texts, strict=True)], dtype=float)


def _moment(value: object, text: str, local: str, written_in: str, order: str) -> dt.datetime | None:
    if isinstance(value, dt.datetime):
        return _to_local(value, local, written_in)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    if (
        isinstance(value, float) and 20_000 < value < 80_000
    ):  # a spreadsheet's day number in a cell without date format
        return (_EXCEL_START + dt.timedelta(days=value)).replace(microsecond=0)
    found = next((m for m in (form.fullmatch(text.strip()) for form in _FORMS) if m), None)
    return _to_local(_assemble(found.groupdict(), order), local, written_in) if found else None


def _assemble(parts: dict[str, str | None], order: str) -> dt.datetime | None:
    day, month = (parts["a"], parts["b"]) if order == "dmy" else (parts["b"], parts["a"])
    year = parts["y"] or parts["Y"]
    day, month = parts["d"] or day, parts["m"] or month
    hour = int(parts["hour"] or 0)
    half = (parts["half"] or "").upper()
    if half:
        if not 1 <= hour <= 12:
            half = ""
        hour = hour % 12 + (12 if half in ("CH", "PM") else 0) if half else hour
    clock = (hour, int(parts["minute"] or 0), int(parts["second"] or 0))
    try:
        return dt.datetime(int(year or 0), int(month or 0), int(day or 0), *clock, tzinfo=_offset(parts))
    except ValueError:
        return None


def _offset(parts: dict[str, str | None]) -> dt.timezone | None:
    if not parts["zone"]:
        return None
    offset = (parts["offset"] or "+0").replace(":", "")
    sign = -1 if offset[0] == "-" else 1
    digits = offset[1:]
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    return dt.timezone(sign * dt.timedelta(hours=hours, minutes=minutes))


def _to_local(moment: dt.datetime | None, local: str, written_in: str) -> dt.datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        if not written_in or written_in == local:
            return moment.replace(microsecond=0)
        moment = moment.replace(tzinfo=ZoneInfo(written_in))
    try:
        return moment.astimezone(ZoneInfo(local)).replace(tzinfo=None, microsecond=0)
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
    clock = re.fullmatch(r"(\d+):(\d{2}):(\d{2})", text)
    return (
        sum(int(part) * size for part, size in zip(clock.groups(), (3600, 60, 1), strict=True))
        if clock
        else np.nan
    )
