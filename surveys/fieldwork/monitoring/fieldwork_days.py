"""The days of fieldwork: which of them are gone at the day of which is told, and which are left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from surveys.definitions.study.records import Fieldwork

#: Days that the present pace is of, beside that since the beginning.
RECENT = 7


@dataclass(frozen=True)
class FieldworkDays:
    """``day`` (ISO, empty where no form tells one), first and last day of fieldwork (empty: not known). ``gone``: days of
    fieldwork up to that day, itself included; ``left``: days after it, None where the last day is not known."""

    day: str
    start: str
    end: str

    @property
    def gone(self) -> int:
        if not (self.day and self.start):
            return 0
        last = min(self.day, self.end) if self.end else self.day
        return max(_days(self.start, last) + 1, 0)

    @property
    def left(self) -> int | None:
        if not (self.day and self.end):
            return None
        return max(_days(max(self.day, _before(self.start)), self.end), 0)

    @property
    def recent(self) -> int:
        """Days of the present pace: the last week, or all where fewer are gone."""
        return min(self.gone, RECENT)

    @property
    def recent_from(self) -> str:
        """The first day (ISO) of the present pace."""
        last = date.fromisoformat(min(self.day, self.end) if self.end else self.day)
        return (last - timedelta(days=self.recent - 1)).isoformat()


def fieldwork_days(fieldwork: Fieldwork, submitted: Sequence[str], on: str) -> FieldworkDays:
    """The days at the day ``on``; where it is empty at the last day of fieldwork on which a form was ``submitted`` (ISO days), or
    the last one at all where all came outside it. Where the first day of fieldwork is not declared, it is that of the first form.

    >>> fieldwork_days(Fieldwork("2023-10-09", "2023-12-08"), ["2023-10-12", "2032-01-01"], "")
    FieldworkDays(day='2023-10-12', start='2023-10-09', end='2023-12-08')
    """
    within = [
        day for day in submitted if fieldwork.start <= day and (not fieldwork.end or day <= fieldwork.end)
    ]
    day = on or max(within or submitted, default="")
    return FieldworkDays(day, fieldwork.start or min(submitted, default=""), fieldwork.end)


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def _before(day: str) -> str:
    """The day before; the empty text where there is no day."""
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat() if day else ""
