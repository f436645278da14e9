"""Numbers as people and programs write them: ``12.500``, ``12,5``, ``1 234``, ``12'500``.

Which mark divides decimals and which groups digits is the same in a whole file, and is told from all its numbers together. A
group mark stands before three digits, so that ``12.500`` alone says nothing, while ``1.234.567``, ``12.500,5`` or ``0,5`` do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

POINT, COMMA = ".", ","
MARKS = (POINT, COMMA)
#: Marks that group digits and never divide decimals: spaces of every width, apostrophes.
_SPACES = " \u00a0\u2007\u2009\u202f'’"
_PATTERNS = {
    decimal: re.compile(
        rf"([+\-−]?)(?:([1-9]\d{{0,2}}(?:[{re.escape(group)}{_SPACES}]\d{{3}})+)|(\d*))"
        rf"(?:[{re.escape(decimal)}](\d+))?((?:[eE][+-]?\d+)?)"
    )
    for decimal, group in ((POINT, COMMA), (COMMA, POINT))
}
_NO_DIGIT = re.compile(r"\D")


def read_as(text: str, decimal: str) -> str:
    """The number that a text is with this decimal mark, as a program writes it; empty where it is none.

    >>> [read_as("12.500", mark) for mark in MARKS], [read_as("1 234,5", mark) for mark in MARKS], read_as("0.500", COMMA)
    (['12.500', '12500'], ['', '1234.5'], '')
    """
    found = _PATTERNS[decimal].fullmatch(text)
    if found is None or not (found[2] or found[3] or found[4]):
        return ""
    sign = "-" if found[1] in ("-", "−") else ""
    whole = _NO_DIGIT.sub("", found[2] or found[3] or "0")
    return f"{sign}{whole}" + (f".{found[4]}" if found[4] else "") + found[5]


def _is_fraction(number: str) -> bool:
    return "." in number


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A number of a file. ``counts``: it stands in a column of counts, which seldom have decimals."""

    text: str
    column: str = ""
    counts: bool = False

    @property
    def readings(self) -> tuple[str, ...]:
        """The different numbers it may be, a whole one first; none where it is no number."""
        return tuple(sorted({*filter(None, (read_as(self.text, mark) for mark in MARKS))}, key=_is_fraction))


@dataclass(frozen=True, slots=True)
class DecimalMark:
    """What the numbers of a file say about their decimal mark. ``proof``: the first number that can be read with this mark alone;
    ``against``: the first that can be read with the other alone; without proof the mark is only what is usual in such a file.
    ``fractions``: columns of which some number is no whole one for certain."""

    mark: str
    proof: WrittenNumber | None = None
    against: WrittenNumber | None = None
    fractions: frozenset[str] = frozenset()

    def read(self, number: WrittenNumber) -> str:
        """The number that a text is; empty where it may be two numbers, or is none.

        A count is no fraction of three decimals unless its column shows other fractions.
        """
        readings = number.readings
        if len(readings) < 2:
            return readings[0] if readings else ""
        found = read_as(number.text, self.mark) if self.mark else ""
        if "." in found and number.counts:
            return found if number.column in self.fractions else ""
        return found if self.proof or ("." in found and not number.counts) else ""


def decimal_mark(numbers: Sequence[WrittenNumber], usual: str) -> DecimalMark:
    """The decimal mark of a file, told from those of its numbers that can be read in one way only; ``usual`` (or empty) where
    none tells.

    >>> frames = [WrittenNumber(text, "population", counts=True) for text in ("12.500", "1.234.567", "950")]
    >>> told = decimal_mark(frames, POINT)
    >>> told.mark, told.proof.text, [told.read(number) for number in frames]
    (',', '1.234.567', ['12500', '1234567', '950'])
    >>> decimal_mark(frames[:1], POINT).read(frames[0])
    ''
    """
    proofs: dict[str, WrittenNumber] = {}
    fractions = set()
    for number in numbers:
        fitting = [mark for mark in MARKS if read_as(number.text, mark)]
        if len(fitting) == 1:
            proofs.setdefault(fitting[0], number)
            if not float(read_as(number.text, fitting[0])).is_integer():
                fractions.add(number.column)
    mark = next(iter(proofs), usual)
    against = next((number for other, number in proofs.items() if other != mark), None)
    return DecimalMark(mark, proofs.get(mark), against, frozenset(fractions))
