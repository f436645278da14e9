"""Ages as people and products write them: years of age, a year of birth, a date of birth."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence

from surveys.vocabulary.folding import fold

_OLDEST = 120  # years; an age beyond it is none
_YEAR = re.compile(r"(?:19|20)\d\d(?:\.0)?")
_AGE = re.compile(r"(\d{1,3})(?:[.,]0+)?(?: ?(?:tuổi|years?(?: old)?|t))?")
_BIRTH = re.compile(r"sinh|birth|dob\b")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ t].*)?")
_DATE = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?: .*)?")
_MONTH = re.compile(r"(?:tháng )?(\d{1,2})[-/.](\d{4})")


def possible_ages(
    values: Sequence[object], texts: Sequence[str], day: dt.date, heading: str = ""
) -> list[frozenset[int]]:
    """The ages in whole years on ``day`` that each cell of a column can mean; none where it means no age, several where day and
    month can be taken for each other. Of a year of birth alone the age is the difference of the years.

    In a column of births (by its heading, or because most of its values are) a small number is no age: it may be a year with two
    digits. A year among ages is a year of birth.

    >>> day = dt.date(2025, 10, 1)
    >>> [sorted(ages) for ages in possible_ages([], ["1995", "02/10/1995", "01/10/1995", "khoảng 30", "95"], day)]
    [[30], [29, 30], [30], [], []]
    >>> [sorted(ages) for ages in possible_ages([], ["30", "41 tuổi", "1980"], day)]
    [[30], [41], [45]]
    """
    births = [
        frozenset(_from_birth(value, text, day)) for value, text in zip(values or texts, texts, strict=True)
    ]
    ages = [frozenset(_from_age(text)) for text in texts]
    if _BIRTH.search(fold(heading)) or sum(map(bool, births)) > sum(map(bool, ages)):
        return births
    return [age or birth for age, birth in zip(ages, births, strict=True)]


def _from_age(text: str) -> Iterator[int]:
    if (match := _AGE.fullmatch(fold(text))) and int(match[1]) <= _OLDEST:
        yield int(match[1])


def _from_birth(value: object, text: str, day: dt.date) -> Iterator[int]:
    folded = fold(text)
    if isinstance(value, dt.date):
        born = [value.date() if isinstance(value, dt.datetime) else value]
    elif _YEAR.fullmatch(folded):
        born = [dt.date(int(folded[:4]), 1, 1)]
    else:
        born = list(_dates(folded))
    for date in born:
        age = day.year - date.year - ((day.month, day.day) < (date.month, date.day))
        if 0 <= age <= _OLDEST:
            yield age


def _dates(text: str) -> Iterator[dt.date]:
    if match := _ISO.fullmatch(text):
        yield from _date(match[1], match[2], match[3])
    elif match := _DATE.fullmatch(text):
        yield from _date(match[3], match[2], match[1])
        yield from _date(match[3], match[1], match[2])
    elif match := _MONTH.fullmatch(text):
        yield from _date(match[2], match[1], "1")
        yield from _date(match[2], match[1], "28")


def _date(year: str, month: str, day: str) -> Iterator[dt.date]:
    try:
        yield dt.date(int(year), int(month), int(day))
    except ValueError:
        return
